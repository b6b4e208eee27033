// Our domain → Teams' messages and cards. Pure. Everything that came from a page or a person is escaped here.
import type { Answer, Citation } from '../../core/answer/answer.ts'
import { sourceName } from '../../core/answer/source-name.ts'
import { describeNoPages, pageStateWords } from '../../core/connections/list-pages.ts'
import type { AuditLine, CommandResult, PageListing } from '../commands/command.ts'
import type { ReplyContent } from '../question.ts'
import type { OutboundMessage, Place } from './activity.ts'
import { renderConfirmation, renderFormOffer, renderHelpCard, renderStatusCard } from './cards.ts'
import { escapeMarkdown, renderBlocks, renderLink, shorten, toHref } from './markdown.ts'

/** Teams refuses messages over 100 KB (UTF-16, everything included) and advises to stay under 80. */
const maxMessageBytes = 80 * 1024
const maxMessageCharacters = maxMessageBytes / 2
const maxEntityCharacters = 20_000
const maxBlockCharacters = 8_000
/** Teams' limits on citations: ai-content-labels in MicrosoftDocs/msteams-docs, September 2026. */
const maxCitations = 20
const maxNameLength = 80
const maxAbstractLength = 160
const maxKeywordLength = 28

/** The messages that show `content`: one, except for an answer too long for a message. The first is the reply itself. */
export function renderReply(content: ReplyContent): OutboundMessage[] {
  if (content.kind === 'working') return [markdown('Looking in Confluence…')]
  return content.kind === 'answer' ? renderAnswer(content.answer) : renderText([content.text])
}

function renderAnswer(answer: Answer): OutboundMessage[] {
  const numbers = new Set(answer.citations.map((citation) => citation.n))
  const blocks = renderBlocks(answer.text, numbers, maxBlockCharacters)
  if (answer.note !== undefined) blocks.push(`_${escapeMarkdown(answer.note)}_`)
  blocks.push(...renderSources(answer))
  const texts = split(blocks, maxMessageCharacters - maxEntityCharacters - 1_000)
  return texts.map((text, index) => {
    const entity = renderEntity(answer, text)
    return {
      ...markdown(text),
      ...(entity === undefined ? {} : { entities: [entity] }),
      // One pair of rating buttons an answer.
      ...(index === texts.length - 1 ? { channelData: { feedbackLoop: { type: 'default' } } } : {}),
    }
  })
}

/** Links as text too: citation entities vanish in exports, notifications and old clients. */
function renderSources(answer: Answer): string[] {
  if (answer.citations.length > 0) {
    return ['**Sources**', ...answer.citations.map((citation) => `[${citation.n}] ${renderSource(citation)}`)]
  }
  if (answer.nearest.length === 0) return []
  return ['**Pages that may help**', ...answer.nearest.map((page) => `- ${renderLink(page.title, page.url)}`)]
}

function renderSource(citation: Citation): string {
  return `${renderLink(sourceName(citation), citation.url)} · ${escapeMarkdown(citation.spaceName || citation.spaceKey)}`
}

/** The one root entity of a message: the AI label when a model wrote it, and the citations whose marks the text holds. */
function renderEntity(answer: Answer, text: string): Record<string, unknown> | undefined {
  const citations = fit(
    answer.citations
      .filter((citation, index, all) => all.findIndex((other) => other.n === citation.n) === index)
      .filter((citation) => text.includes(`[${citation.n}]`))
      .slice(0, maxCitations)
      .map(renderClaim),
  )
  const isGenerated = answer.kind === 'answer' && answer.by === 'claude'
  if (citations.length === 0 && !isGenerated) return undefined
  return {
    type: 'https://schema.org/Message',
    '@type': 'Message',
    '@context': 'https://schema.org',
    '@id': '',
    ...(isGenerated ? { additionalType: ['AIGeneratedContent'] } : {}),
    ...(citations.length > 0 ? { citation: citations } : {}),
  }
}

function renderClaim(citation: Citation): Record<string, unknown> {
  const href = toHref(citation.url)
  const abstract = shorten(citation.quote, maxAbstractLength)
  const keyword = shorten(citation.spaceName || citation.spaceKey, maxKeywordLength)
  return {
    '@type': 'Claim',
    position: citation.n,
    appearance: {
      '@type': 'DigitalDocument',
      name: shorten(sourceName(citation), maxNameLength) || 'Untitled',
      ...(href === undefined ? {} : { url: href }),
      ...(abstract === '' ? {} : { abstract }),
      ...(keyword === '' ? {} : { keywords: [keyword] }),
      image: { '@type': 'ImageObject', name: 'Text' },
    },
  }
}

function fit(claims: Record<string, unknown>[]): Record<string, unknown>[] {
  let length = 0
  return claims.filter((claim) => (length += JSON.stringify(claim).length) <= maxEntityCharacters)
}

/** The messages that show a command's result. A `question` has none: it goes the way of questions. */
export function renderCommandResult(result: CommandResult, place: Place, appId: string | undefined): OutboundMessage[] {
  switch (result.kind) {
    case 'help':
      return [renderHelpCard(result.commands)]
    case 'connectForm':
      return [renderFormOffer(undefined, place.audience, appId)]
    case 'form':
      return [renderFormOffer(result.form, place.audience, appId)]
    case 'pages':
      return renderText(pageLines(result.listing))
    case 'audit':
      return renderText(auditLines(result.entries))
    case 'confirmation':
      return [renderConfirmation(result)]
    case 'status':
      return [renderStatusCard(result.connections)]
    case 'searchHits':
      return renderHits(result)
    case 'notice':
      return renderText([result.text, ...result.details.map((detail) => `- ${detail}`)])
    default:
      return []
  }
}

function pageLines({ filter, pages, total }: PageListing): string[] {
  if (total === 0) return [describeNoPages(filter)]
  return [
    filter === '' ? `${total} pages` : `${total} pages for “${filter}”`,
    ...pages.map(({ title, spaceKey, state, reason, note }) => {
      const more = reason ?? note
      const why = more === undefined ? '' : `: ${more}`
      return `- ${shorten(title, 120)} (${spaceKey}), ${pageStateWords[state]}${why}`
    }),
    ...(total > pages.length
      ? [`… and ${total - pages.length} more. Say a space, a state or a title to see less.`]
      : []),
  ]
}

function auditLines(entries: AuditLine[]): string[] {
  if (entries.length === 0) return ['Nothing is written down yet.']
  return entries.map(({ at, actor, action, subject, details }) => {
    const more = Object.entries(details).map(([name, value]) => `${name} ${value}`)
    return `- ${at.slice(0, 16).replace('T', ' ')} ${actor}: ${action} ${subject}${more.length === 0 ? '' : ` (${more.join(', ')})`}`
  })
}

function renderText(texts: string[]): OutboundMessage[] {
  const blocks = texts.flatMap((text) => renderBlocks(text, new Set(), maxBlockCharacters))
  return split(blocks, maxMessageCharacters - 1_000).map(markdown)
}

function renderHits(result: Extract<CommandResult, { kind: 'searchHits' }>): OutboundMessage[] {
  if (result.hits.length === 0) return [markdown(`No page found for “${escapeMarkdown(shorten(result.words, 200))}”.`)]
  const blocks = [
    `Pages for “${escapeMarkdown(shorten(result.words, 200))}”`,
    ...result.hits.flatMap((hit) => [
      `**${renderLink(sourceName(hit), hit.url)}** · ${escapeMarkdown(hit.spaceKey)}`,
      escapeMarkdown(shorten(hit.passage, 240)),
    ]),
  ].filter((block) => block !== '')
  return split(blocks, maxMessageCharacters - 1_000).map(markdown)
}

/** Blocks → texts of at most `maxCharacters` as JSON counts them, cut between blocks. */
function split(blocks: string[], maxCharacters: number): string[] {
  const texts: string[] = []
  let current: string[] = []
  let length = 0
  for (const block of blocks) {
    const blockLength = JSON.stringify(block).length + 4
    if (current.length > 0 && length + blockLength > maxCharacters) {
      texts.push(current.join('\n\n'))
      current = []
      length = 0
    }
    current.push(block)
    length += blockLength
  }
  return [...texts, current.join('\n\n')]
}

function markdown(text: string): OutboundMessage {
  return { text, textFormat: 'markdown' }
}
