// Opaque cursors. Each holds a `+`, a `/` and `=`: whoever does not encode them when sending them back loses them. What
// makes paging hard on real sites (cursors that repeat, expire, skip, or lead to empty answers) is decided here, once for
// all lists that have cursors.
import { createHash } from 'node:crypto'
import type { FrontEnd } from './front-end.ts'

/** `state` says where to go on; the rest is for the traps. */
type Carried<S> = { state: S | null; page: number; empties: number; madeAt: number }

export type Turn<S> = {
  /** Where this answer begins; undefined at the beginning of the list. */
  state: S | undefined
  /** How many rows to cut. */
  limit: number
  /** This answer holds no rows whatever there is. */
  isEmpty: boolean
  /** The cursor of `next`; `state` as for the rows that follow this answer. */
  next: (state: S | undefined) => string | undefined
}

/** Undefined when the cursor was not made here, was changed on the way or has expired. */
export function takeTurn<S>(front: FrontEnd, given: string | undefined, limit: number): Turn<S> | undefined {
  const { traps } = front
  const carried = given === undefined ? firstOf<S>() : parseCursor<S>(front, given)
  if (carried === undefined) return undefined
  const { state, page, empties } = carried
  const isEmpty = empties < traps.emptyLists
  const make = (next: S | null, more: Partial<Carried<S>>): string =>
    makeCursor(front, { state: next, page: page + 1, empties: 0, madeAt: front.site.now().getTime(), ...more })
  return {
    state: state ?? undefined,
    limit: Math.max(1, Math.floor(limit * traps.listFill)),
    isEmpty,
    next: (following) => {
      if (isEmpty) return make(state, { empties: empties + 1 })
      if (following === undefined) return undefined
      const turnsInCircle = traps.repeatCursorFrom > 0 && page + 1 >= traps.repeatCursorFrom && given !== undefined
      return turnsInCircle ? given : make(following, {})
    },
  }
}

function firstOf<S>(): Carried<S> {
  return { state: null, page: 0, empties: 0, madeAt: 0 }
}

function parseCursor<S>(front: FrontEnd, cursor: string): Carried<S> | undefined {
  const parts = /^([0-9a-f]{6})\+\/([\w-]+)==$/.exec(cursor)
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined
  const text = Buffer.from(parts[2], 'base64url').toString('utf8')
  if (parts[1] !== checksum(text, front.cursorGeneration)) return undefined
  const carried = JSON.parse(text) as Carried<S>
  const age = front.site.now().getTime() - carried.madeAt
  return front.traps.cursorTtlMs > 0 && age >= front.traps.cursorTtlMs ? undefined : carried
}

function makeCursor(front: FrontEnd, carried: Carried<unknown>): string {
  const text = JSON.stringify(carried)
  return `${checksum(text, front.cursorGeneration)}+/${Buffer.from(text).toString('base64url')}==`
}

function checksum(text: string, generation: number): string {
  return createHash('sha256').update(`${generation} ${text}`).digest('hex').slice(0, 6)
}
