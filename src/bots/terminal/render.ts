// Results → text for a terminal. Pure; colours come and go with the terminal. Whatever comes from a site passes plain.ts.
import { styleText } from 'node:util'
import type { Answer } from '../../core/answer/answer.ts'
import { sourceName } from '../../core/answer/source-name.ts'
import { describeNoPages, pageStateWords } from '../../core/connections/list-pages.ts'
import type {
  AuditLine,
  CommandResult,
  ConnectionStatus,
  PageListing,
  SearchHit,
  SpaceStatus,
} from '../commands/command.ts'
import { describePartCounts } from '../commands/part-counts.ts'
import {
  describeAccess,
  describeConsent,
  describeCounts,
  describeCoverage,
  describeCredential,
  describeLastRun,
  describeLastSync,
  describeMoreFailures,
  describeNextSync,
  describeState,
  describeTest,
  describeWait,
  noticesOf,
  problemsOf,
} from '../commands/status-words.ts'
import { plain, plainLine } from './plain.ts'
import { wrap } from './wrap.ts'

/** `width`: cells of the terminal; undefined: none, nothing is wrapped. */
export function renderAnswer(answer: Answer, width?: number): string {
  const body = wrap(plain(answer.text), width)
  const sources = answer.citations.map(
    (citation) =>
      `  [${citation.n}] ${styleText('bold', plainLine(sourceName(citation)))} · ${plainLine(citation.spaceName)} · changed ${renderDay(citation.changedAt)}\n      ${styleText('underline', plainLine(citation.url))}`,
  )
  const nearest = answer.nearest.map(
    (page) =>
      `  · ${plainLine(page.title)} (${plainLine(page.spaceKey)})\n      ${styleText('underline', plainLine(page.url))}`,
  )
  return [
    answer.kind === 'answer' ? body : styleText('yellow', body),
    ...(sources.length > 0 ? [`${styleText('dim', 'Sources: Confluence')}\n${sources.join('\n')}`] : []),
    ...(nearest.length > 0 ? [`${styleText('dim', 'Nearest pages')}\n${nearest.join('\n')}`] : []),
    ...(answer.note === undefined ? [] : [styleText('dim', wrap(plain(answer.note), width))]),
  ].join('\n\n')
}

export function renderHits(hits: SearchHit[]): string {
  if (hits.length === 0) return 'No page that you may read fits these words.'
  return hits
    .map((hit, i) => {
      const passage = plainLine(hit.passage)
      const shown = passage.length > 240 ? `${passage.slice(0, 240)}…` : passage
      return `${i + 1}. ${styleText('bold', plainLine(sourceName(hit)))} (${plainLine(hit.spaceKey)})\n   ${styleText('underline', plainLine(hit.url))}\n   ${shown}`
    })
    .join('\n\n')
}

export function renderResult(result: Exclude<CommandResult, { kind: 'question' | 'connectForm' | 'form' }>): string {
  switch (result.kind) {
    case 'help':
      return renderHelp(result.commands)
    case 'status':
      return renderStatus(result.connections)
    case 'searchHits':
      return renderHits(result.hits)
    case 'pages':
      return renderPages(result.listing)
    case 'audit':
      return renderAudit(result.entries)
    case 'confirmation':
    case 'notice':
      return [plain(result.text), ...result.details.map((detail) => `  ${plain(detail)}`)].join('\n')
  }
}

/** A usage that is too long for its column has a line of its own. */
function renderHelp(commands: { usage: string; description: string }[]): string {
  const width = 30
  return commands
    .map(({ usage, description }) =>
      usage.length > width
        ? `  ${usage}\n  ${' '.repeat(width)} ${description}`
        : `  ${usage.padEnd(width)} ${description}`,
    )
    .join('\n')
}

export function renderStatus(connections: ConnectionStatus[]): string {
  if (connections.length === 0) return 'No Confluence site is connected yet. Begin with: footnote connect --help'
  return connections.map(renderConnection).join('\n\n')
}

function renderConnection(connection: ConnectionStatus): string {
  const { name, url, test, state } = connection
  const colour = state === 'active' ? 'green' : 'yellow'
  const consent = describeConsent(connection)
  const facts = {
    readers: describeAccess(connection),
    covers: describeCoverage(connection),
    test: styleText(test?.result === 'Works' ? 'green' : 'red', describeTest(connection)),
    credential: describeCredential(connection),
    'last sync': describeLastSync(connection),
    'next sync': describeNextSync(connection),
    ...(consent === undefined ? {} : { accepted: consent }),
  }
  const width = Math.max(3, ...connection.spaces.map((space) => space.key.length))
  return [
    `${styleText('bold', plainLine(name))}  ${styleText(colour, describeState(connection))}  ${plainLine(url)}`,
    ...noticesOf(connection).map((sentence) => styleText('yellow', `  ! ${plainLine(sentence)}`)),
    ...Object.entries(facts).map(
      ([label, value]) => `  ${styleText('dim', label.padEnd(10))}  ${label === 'test' ? value : plainLine(value)}`,
    ),
    ...connection.spaces.flatMap((space) => renderSpace(space, width, connection.timezone)),
  ].join('\n')
}

const stateColours = { PENDING: 'dim', IN_PROGRESS: 'cyan', INGESTED: 'green', ERROR: 'red' } as const

function renderSpace(space: SpaceStatus, width: number, timezone: string): string[] {
  const { key, state, progress, failures } = space
  const bar = progress === undefined ? undefined : renderBar(progress.done, progress.listed, 16)
  const run = describeWait(space) ?? bar
  const parts = describePartCounts(space.parts).join(', ')
  const more = describeMoreFailures(space, failures.length)
  const below = [
    ...problemsOf(space).map((sentence) => styleText('yellow', `! ${plainLine(sentence)}`)),
    ...(parts === '' ? [] : [parts]),
    ...failures.map(renderFailure),
    ...space.partFailures.map(renderPartFailure),
    ...(more === undefined ? [] : [more]),
  ]
  return [
    `  ${plainLine(key).padEnd(width)}  ${styleText(stateColours[state], state.padEnd(11))}  ${plainLine(describeCounts(space))}${run === undefined ? '' : `  ${run}`}${styleText('dim', `  ${describeLastRun(space, timezone)}`)}`,
    ...below.map((line) => `  ${' '.repeat(width)}  ${line}`),
  ]
}

export function renderPages({ filter, pages, total }: PageListing): string {
  if (total === 0) return plainLine(describeNoPages(filter))
  const lines = pages.map(({ title, spaceKey, state, reason, note, url }) => {
    const more = reason ?? note
    const why = more === undefined ? '' : `: ${plainLine(more)}`
    return `${styleText('bold', plainLine(title))} (${plainLine(spaceKey)})  ${pageStateWords[state]}${why}\n   ${styleText('underline', plainLine(url))}`
  })
  const rest =
    total > pages.length
      ? [`… and ${count(total - pages.length)} more. Say a space, a state or a title to see less.`]
      : []
  return [...lines, ...rest].join('\n')
}

export function renderAudit(entries: AuditLine[]): string {
  if (entries.length === 0) return 'Nothing is written down yet.'
  return entries
    .map(({ at, actor, action, subject, details }) => {
      const more = Object.entries(details).map(([name, value]) => `${name} ${value}`)
      const line = [
        renderTime(at),
        actor,
        `${action} ${subject}`,
        ...(more.length === 0 ? [] : [`(${more.join(', ')})`]),
      ]
      return line.map(plainLine).join('  ')
    })
    .join('\n')
}

/** `× Title: why it is not stored`. */
export function renderFailure({ title, reason }: { title: string; reason: string }): string {
  return `${styleText('red', '×')} ${plainLine(title)}: ${plainLine(reason)}`
}

/** `× plan.pdf (Page): why it is not stored`. */
export function renderPartFailure({ name, page, reason }: SpaceStatus['partFailures'][number]): string {
  return renderFailure({ title: `${name} (${page})`, reason })
}

/** `[████████░░░░░░░░]  1,204 / 2,848`. */
export function renderBar(done: number, total: number, width: number): string {
  const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * width)
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}]  ${count(done)} / ${count(total)}`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function renderTime(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`
}

function renderDay(instant: Date): string {
  return instant.toISOString().slice(0, 10)
}
