// `/confluence status` → pieces. Pure.
import type { ConnectionStatus, SpaceStatus } from '../commands/command.ts'
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
import { type Inline, type Piece, bold, code, link, singleLine, text } from './blocks.ts'

const barCells = 10

export function statusPieces(connections: ConnectionStatus[]): Piece[] {
  if (connections.length === 0) {
    return [paragraph(text('No Confluence site is connected yet. An admin starts with '), code('/confluence connect'))]
  }
  return connections.flatMap((connection, position) => [
    ...(position === 0 ? [] : [{ kind: 'divider' } as const]),
    ...connectionPieces(connection),
  ])
}

function connectionPieces(connection: ConnectionStatus): Piece[] {
  const consent = describeConsent(connection)
  return [
    paragraph(
      bold(singleLine(connection.name)),
      text(` · ${describeState(connection)} · `),
      link(connection.url, connection.url),
    ),
    ...noticesOf(connection).map((sentence): Piece => paragraph(text(`⚠ ${singleLine(sentence)}`))),
    paragraph(text(describeAccess(connection))),
    paragraph(text('Covers '), text(singleLine(describeCoverage(connection)))),
    paragraph(text('Test: '), bold(describeTest(connection)), text(` · ${describeCredential(connection)}`)),
    paragraph(text(`Last sync: ${describeLastSync(connection)} · next sync: ${describeNextSync(connection)}`)),
    ...(consent === undefined ? [] : [{ kind: 'small', text: `Accepted ${consent}` } as const]),
    ...(connection.spaces.length === 0
      ? [paragraph(text('No space yet.'))]
      : connection.spaces.flatMap((space) => spacePieces(space, connection.timezone))),
  ]
}

function spacePieces(space: SpaceStatus, timezone: string): Piece[] {
  const line: Inline[] = [
    code(space.state),
    text(' '),
    bold(singleLine(space.key)),
    text(` ${singleLine(space.name)}: ${describeCounts(space)} · ${describeLastRun(space, timezone)}`),
  ]
  const parts = describePartCounts(space.parts)
  if (parts.length > 0) line.push(text(`\n${parts.join(' · ')}`))
  if (space.progress !== undefined) line.push(text('\n'), code(describeWait(space) ?? progressBar(space.progress)))
  for (const sentence of problemsOf(space)) line.push(text(`\n⚠ ${singleLine(sentence)}`))
  const more = describeMoreFailures(space, space.failures.length)
  return [
    { kind: 'item', content: line },
    ...space.failures.map(failurePiece),
    ...(more === undefined ? [] : [{ kind: 'item', content: [text(more)] } satisfies Piece]),
  ]
}

function failurePiece(failure: SpaceStatus['failures'][number]): Piece {
  return {
    kind: 'item',
    content: [text(`Page ${failure.pageId} “${singleLine(failure.title)}”: ${singleLine(failure.reason)}`)],
  }
}

/** `[████░░░░░░] 40 % (40 of 100)`; an empty listing shows an empty bar. */
export function progressBar({ done, listed }: { done: number; listed: number }): string {
  const share = listed > 0 ? Math.min(done / listed, 1) : 0
  const full = Math.floor(share * barCells)
  return `[${'█'.repeat(full)}${'░'.repeat(barCells - full)}] ${Math.floor(share * 100)} % (${done} of ${listed})`
}

function paragraph(...content: Inline[]): Piece {
  return { kind: 'paragraph', content }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `3 Nov 2026`, in UTC: every reader of a message sees the same date. */
export function dayOf(instant: Date): string {
  return `${instant.getUTCDate()} ${months[instant.getUTCMonth()] ?? ''} ${instant.getUTCFullYear()}`
}
