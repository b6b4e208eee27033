// `/confluence status` → pieces. Pure.
import type { ConnectionStatus, SpaceStatus } from '../commands/command.ts'
import { describePartCounts } from '../commands/part-counts.ts'
import { describeHeld, noticesOf } from '../commands/status-notices.ts'
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
  const kind = connection.deployment === 'cloud' ? 'Cloud' : 'Data Center'
  const readers = connection.access === 'mirrored' ? 'readers as in Confluence' : 'shared with everyone it serves'
  const next = connection.nextSyncAt === undefined ? 'no sync planned' : `next sync ${momentOf(connection.nextSyncAt)}`
  return [
    paragraph(
      bold(singleLine(connection.name)),
      text(connection.state === 'paused' ? ' · paused · ' : ' · '),
      link(connection.url, connection.url),
    ),
    paragraph(
      text(
        `${kind} · ${readers} · ${singleLine(connection.schedule)}${connection.autoSync ? '' : ' (switched off)'} · ${next}`,
      ),
    ),
    paragraph(
      text(
        `Covers ${singleLine([connection.covers, ...connection.leavesOut.map((rule) => `without ${rule}`)].join(', '))}`,
      ),
    ),
    ...(connection.consent === undefined
      ? []
      : [{ kind: 'small', text: `Accepted by ${connection.consent.by}, ${momentOf(connection.consent.at)}` } as const]),
    ...testPieces(connection),
    ...noticesOf(connection).map((sentence): Piece => ({ kind: 'paragraph', content: [text(`⚠ ${sentence}`)] })),
    ...(connection.spaces.length === 0 ? [paragraph(text('No space yet.'))] : connection.spaces.flatMap(spacePieces)),
  ]
}

function testPieces({ test }: ConnectionStatus): Piece[] {
  if (test === undefined) return [paragraph(text('Not tested yet.'))]
  const remedy = test.remedy === undefined ? '' : ` ${test.remedy}`
  return [paragraph(text('Test: '), bold(test.result), text(` (${momentOf(test.testedAt)}).${remedy}`))]
}

function spacePieces(space: SpaceStatus): Piece[] {
  const counts = [
    `${space.stored} of ${space.listed} pages stored`,
    `${space.failed} failed`,
    `${space.excluded} excluded`,
    space.lastSyncedAt === undefined ? 'never synced' : `last sync ${momentOf(space.lastSyncedAt)}`,
  ]
  const line: Inline[] = [
    code(space.state),
    text(' '),
    bold(singleLine(space.key)),
    text(` ${singleLine(space.name)}: ${counts.join(' · ')}`),
  ]
  const parts = describePartCounts(space.parts)
  if (parts.length > 0) line.push(text(`\n${parts.join(' · ')}`))
  if (space.progress !== undefined) line.push(text('\n'), code(progressBar(space.progress)))
  if (space.error !== undefined) line.push(text(`\n${singleLine(space.error)}`))
  if (space.held > 0) line.push(text(`\n⚠ ${singleLine(describeHeld(space))}`))
  return [{ kind: 'item', content: line }, ...space.failures.map(failurePiece)]
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

/** `3 Nov 2026 10:22 UTC`; what is no instant is shown as it came. */
export function momentOf(value: string): string {
  const instant = new Date(value)
  if (Number.isNaN(instant.getTime())) return value
  return `${dayOf(instant)} ${instant.toISOString().slice(11, 16)} UTC`
}

function paragraph(...content: Inline[]): Piece {
  return { kind: 'paragraph', content }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `3 Nov 2026`, in UTC: every reader of a message sees the same date. */
export function dayOf(instant: Date): string {
  return `${instant.getUTCDate()} ${months[instant.getUTCMonth()] ?? ''} ${instant.getUTCFullYear()}`
}
