// What a connection has to tell its admin by itself, each thing once: its credential was refused, its token ends soon. Any
// replica that runs the bots may do it; the database lets one of them take each. How a person is reached is handed in.
import {
  type Connection,
  claimExpiries,
  claimLosses,
  forgetExpiryTold,
  forgetLossTold,
} from '../../db/queries/notices.ts'
import { TransientError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { warnBeforeMs, warnOfExpiry } from './token-expiry.ts'

/**
 * Sends a sentence to a person, named as in the audit log (`slack:T1:U1`); false where this platform cannot reach them.
 * Rejects with `TransientError` when it may work later.
 */
export type Tell = (actor: string, sentence: string, signal: AbortSignal) => Promise<boolean>

const everyMs = 60_000
/** Somebody who did nothing after the first warning is told once more when so much is left. */
const againBeforeMs = 2 * 24 * 3_600_000

/** Looks at once and then every minute, until `stop`. */
export function startNotices(core: Core, tell: Tell, signal: AbortSignal): { stop: () => Promise<void> } {
  const stopping = new AbortController()
  const ending = AbortSignal.any([signal, stopping.signal])
  let telling = Promise.resolve()
  const look = (): void => {
    telling = telling
      .then(() => tellAdmins(core, tell, ending))
      .catch((error: unknown) => {
        if (!ending.aborted) core.log.error({ err: error }, 'notices')
      })
  }
  look()
  const timer = setInterval(look, everyMs)
  return {
    stop: async () => {
      clearInterval(timer)
      stopping.abort()
      await telling
    },
  }
}

/** One look: everything that is due is told, or left for the next look when the platform is away. */
export async function tellAdmins(core: Core, tell: Tell, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  const now = core.now()
  for (const connection of await claimLosses(db, now))
    await tellOne(core, connection, sentenceOfLoss(connection), tell, () => forgetLossTold(db, connection.id), signal)
  const dueBefore = (ms: number): Date => new Date(now.getTime() + ms)
  for (const connection of await claimExpiries(db, now, dueBefore(warnBeforeMs), dueBefore(againBeforeMs))) {
    const sentence =
      connection.tokenExpiresAt === null ? undefined : warnOfExpiry(connection.name, connection.tokenExpiresAt, now)
    if (sentence !== undefined)
      await tellOne(core, connection, sentence, tell, () => forgetExpiryTold(db, connection.id), signal)
  }
}

function sentenceOfLoss({ name, testRemedy }: Connection): string {
  return `Connection lost: ${name} no longer reads Confluence. ${testRemedy ?? ''} Reconnect it with reconnect ${name}; until then what is stored is still answered from.`.replaceAll(
    '  ',
    ' ',
  )
}

async function tellOne(
  core: Core,
  { name, createdBy }: Connection,
  sentence: string,
  tell: Tell,
  forget: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  core.log.warn({ connection: name }, sentence)
  try {
    const isTold = await tell(createdBy, sentence, signal)
    if (!isTold) core.log.warn({ connection: name }, 'nobody was reached in a chat; status says it')
  } catch (error) {
    if (signal.aborted || error instanceof TransientError) await forget()
    else core.log.error({ err: error, connection: name }, 'an admin could not be told')
  }
}
