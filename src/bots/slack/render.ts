// What is shown in Slack: a question's reply and a command's result → messages. Pure. Links come only from citations and
// from pages of the index, never from the text of an answer.
import type { Answer, Citation } from '../../core/answer/answer.ts'
import { sourceName } from '../../core/answer/source-name.ts'
import type { CommandResult, SearchHit } from '../commands/command.ts'
import type { ReplyContent } from '../question.ts'
import {
  type Inline,
  type Piece,
  type SlackMessage,
  bold,
  code,
  layOut,
  link,
  shorten,
  singleLine,
  text,
  webAddress,
  withoutControls,
} from './blocks.ts'
import { auditPieces, pagePieces } from './render-lists.ts'
import { dayOf, statusPieces } from './render-status.ts'

/** The first message replaces the placeholder, the others follow it in the thread. Never empty. */
export function renderReply(content: ReplyContent): SlackMessage[] {
  if (content.kind === 'working') return renderText('Looking in Confluence…')
  if (content.kind === 'notice') return renderText(content.text)
  const { answer } = content
  return layOut(answer.kind === 'answer' ? answerPieces(answer) : abstentionPieces(answer), answer.text)
}

/** The answer to a command, shown to the person who typed it. Never empty; `connectForm` and `question` have no look. */
export function renderResult(result: CommandResult): SlackMessage[] {
  switch (result.kind) {
    case 'help':
      return layOut(helpPieces(result.commands), 'What /confluence can do')
    case 'status':
      return layOut(statusPieces(result.connections), 'Connections to Confluence')
    case 'searchHits':
      return layOut(hitPieces(result.words, result.hits), `Pages for “${singleLine(result.words)}”`)
    case 'notice':
      return layOut(noticePieces(result), result.text)
    case 'confirmation':
      return layOut(noticePieces({ ...result, tone: 'error' }), result.text)
    case 'connectForm':
      return renderText('Fill in the form to connect a Confluence site.')
    case 'form':
      return renderText(`Fill in the form to change ${result.form.connection}.`)
    case 'pages':
      return layOut(pagePieces(result.listing), 'Pages')
    case 'audit':
      return layOut(auditPieces(result.entries), 'Who did what')
    case 'question':
      return renderText(result.question)
  }
}

/** A response_url takes five messages: what does not fit is said, with the way to see it. */
export function fitResponses(messages: SlackMessage[], most = 5): SlackMessage[] {
  if (messages.length <= most) return messages
  const left = messages.length - most + 1
  const rest = `There is more: ${left} further messages do not fit here. Name one connection or space to see less at once.`
  return [...messages.slice(0, most - 1), ...renderText(rest)]
}

export function renderText(sentence: string): SlackMessage[] {
  const pieces = textPieces(sentence, [])
  return layOut(pieces.length > 0 ? pieces : [{ kind: 'paragraph', content: [text('…')] }], sentence || '…')
}

/** Opens the thread in which a question from `/confluence ask` is answered privately. */
export function renderAsked(question: string): SlackMessage {
  const pieces: Piece[] = [
    { kind: 'paragraph', content: [bold('You asked with /confluence')] },
    { kind: 'paragraph', content: [text(shorten(withoutControls(question), 2500))] },
  ]
  return layOut(pieces, `You asked: ${question}`)[0] ?? { text: 'You asked', blocks: [] }
}

/** Prompts of the empty conversation; `message` is sent as if the person had typed it. At most four. */
export const suggestedPrompts = {
  title: 'What would you like to know?',
  prompts: [
    { title: 'New here?', message: 'What should I read in my first week?' },
    { title: 'Get something done', message: 'Which steps does ordering new hardware take?' },
    { title: 'Find the right team', message: 'Which team looks after the office network?' },
  ],
}

function answerPieces(answer: Answer): Piece[] {
  return [
    ...textPieces(answer.text, answer.citations),
    { kind: 'paragraph', content: [bold('Source: Confluence')] },
    ...answer.citations.map((citation): Piece => ({ kind: 'item', content: sourceLine(citation) })),
    ...notePieces(answer),
    { kind: 'small', text: origin(answer) },
  ]
}

function sourceLine(citation: Citation): Inline[] {
  const space = singleLine(citation.spaceName || citation.spaceKey)
  return [
    text(`[${citation.n}] `),
    link(citation.url, sourceName(citation)),
    text(` · ${space} · changed ${dayOf(citation.changedAt)}`),
  ]
}

function origin(answer: Answer): string {
  return answer.by === 'claude'
    ? 'Written by AI from the pages above. Open the page before you rely on it.'
    : 'Sentences quoted from the pages above.'
}

function abstentionPieces(answer: Answer): Piece[] {
  const pieces = textPieces(answer.text, answer.citations)
  if (answer.nearest.length > 0) {
    pieces.push({ kind: 'paragraph', content: [bold('Pages that may be near')] })
    for (const page of answer.nearest) {
      pieces.push({ kind: 'item', content: [link(page.url, page.title), text(` · ${singleLine(page.spaceKey)}`)] })
    }
  }
  if (answer.searchedSpaces.length > 0) {
    pieces.push({ kind: 'small', text: `Searched: ${answer.searchedSpaces.map(singleLine).join(', ')}` })
  }
  return [...pieces, ...notePieces(answer)]
}

function notePieces(answer: Answer): Piece[] {
  return answer.note === undefined ? [] : [{ kind: 'small', text: withoutControls(answer.note) }]
}

/** Plain text with `- ` lists and fenced code → pieces; each `[n]` outside code that names a citation links to it. */
function textPieces(value: string, citations: Citation[]): Piece[] {
  const pieces: Piece[] = []
  let paragraph: string[] = []
  let fenced: string[] | undefined
  const finish = () => {
    if (paragraph.length > 0) pieces.push({ kind: 'paragraph', content: withMarks(paragraph.join('\n'), citations) })
    paragraph = []
  }
  for (const line of withoutControls(value).split('\n')) {
    if (/^\s*```/.test(line)) {
      finish()
      if (fenced !== undefined) pieces.push({ kind: 'code', text: fenced.join('\n') })
      fenced = fenced === undefined ? [] : undefined
    } else if (fenced !== undefined) fenced.push(line)
    else if (/^\s*[-*] +\S/.test(line)) {
      finish()
      pieces.push({ kind: 'item', content: withMarks(line.replace(/^\s*[-*] +/, ''), citations) })
    } else if (line.trim() === '') finish()
    else paragraph.push(line)
  }
  finish()
  if (fenced !== undefined) pieces.push({ kind: 'code', text: fenced.join('\n') })
  return pieces
}

function withMarks(value: string, citations: Citation[]): Inline[] {
  return value.split(/(\[\d{1,4}\])/).flatMap((part) => {
    if (part === '') return []
    const citation = citations.find(({ n }) => part === `[${n}]`)
    return [citation !== undefined && webAddress(citation.url) !== undefined ? link(citation.url, part) : text(part)]
  })
}

function helpPieces(commands: { usage: string; description: string; adminOnly: boolean }[]): Piece[] {
  return [
    { kind: 'paragraph', content: [text('Ask me by mentioning me in a channel, in a direct message, or here:')] },
    ...commands.map(({ usage, description, adminOnly }): Piece => ({
      kind: 'item',
      content: [
        code(usage.startsWith('/') ? usage : `/confluence ${usage}`),
        text(` ${description}${adminOnly ? ' (admins)' : ''}`),
      ],
    })),
  ]
}

function hitPieces(words: string, hits: SearchHit[]): Piece[] {
  const heading = hits.length === 0 ? 'No page that you may read has' : 'Pages for'
  return [
    { kind: 'paragraph', content: [text(`${heading} “${singleLine(words)}”${hits.length === 0 ? '.' : ''}`)] },
    ...hits.flatMap((hit): Piece[] => [
      { kind: 'item', content: [link(hit.url, sourceName(hit)), text(` · ${singleLine(hit.spaceKey)}`)] },
      { kind: 'small', text: shorten(singleLine(hit.passage), 300) },
    ]),
  ]
}

const toneMarks = { success: '✓', refusal: '✕', error: '⚠' }

function noticePieces(notice: { tone: 'success' | 'refusal' | 'error'; text: string; details: string[] }): Piece[] {
  return [
    ...textPieces(`${toneMarks[notice.tone]} ${notice.text}`, []),
    ...notice.details.map((detail): Piece => ({ kind: 'item', content: [text(withoutControls(detail))] })),
  ]
}
