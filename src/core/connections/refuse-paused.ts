import type { Connection } from '../../db/queries/connections.ts'
import { InvalidInputError } from '../../errors.ts'

/** Throws for a paused connection, with the way on. */
export function refusePaused({ name, state, pauseReason }: Connection): void {
  if (state !== 'paused') return
  throw new InvalidInputError(
    'connection_paused',
    pauseReason === 'asked'
      ? `${name} is paused by an admin. Go on with resume ${name}.`
      : `${name} is paused because its credential was refused. Test it with test ${name}, or give it a new one with reconnect ${name}.`,
  )
}
