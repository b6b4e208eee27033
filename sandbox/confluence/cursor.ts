// Opaque cursors. Each holds a `+`, a `/` and `=`: whoever does not encode them when sending them back loses them.
import { createHash } from 'node:crypto'

/** Null when the cursor was not made here, was changed on the way, or belongs to an older `generation`. */
export function parseCursor(cursor: string, generation: number): unknown {
  const parts = /^([0-9a-f]{6})\+\/([\w-]+)==$/.exec(cursor)
  if (parts?.[1] === undefined || parts[2] === undefined) return null
  const text = Buffer.from(parts[2], 'base64url').toString('utf8')
  return parts[1] === checksum(text, generation) ? (JSON.parse(text) as unknown) : null
}

export function makeCursor(state: unknown, generation: number): string {
  const text = JSON.stringify(state)
  return `${checksum(text, generation)}+/${Buffer.from(text).toString('base64url')}==`
}

function checksum(text: string, generation: number): string {
  return createHash('sha256').update(`${generation} ${text}`).digest('hex').slice(0, 6)
}
