// What a connection has to tell its admins by itself, each thing once: its credential was refused, its token ends soon. Any
// replica that runs the bots may do it; the database lets one of them take each. How people are reached is handed in.
import {
  type Connection,
  claimExpiries,
  claimLosses,
  forgetExpiryTold,
  forgetLossTold,
} from '../../db/queries/notices.ts'
import type { Core } from '../core.ts'
import { type Messenger, listAdmins, tellEach } from './notice-people.ts'
import { warnBeforeMs, warnOfExpiry } from './token-expiry.ts'

const everyMs = 60_000
/** Somebody who did nothing after the first warning is told once more when so much is left. */
const againBeforeMs = 2 * 24 * 3_600_000
/** Where nobody could be reached, people are looked for again after this time: somebody may have written to the bot. */
const lookAgainMs = 10 * 60_000

/** What this process knows of a notice that did not reach everybody yet. */
type Pending = { reached: Set<string>; notBefore: Date }
export type PendingNotices = Map<string, Pending>

/** Looks at once and then every minute, until `stop`. */
export function startNotices(core: Core, messengers: Messenger[], signal: AbortSignal): { stop: () => Promise<void> } {
  const stopping = new AbortController()
  const ending = AbortSignal.any([signal, stopping.signal])
  const pending: PendingNotices = new Map()
  let telling = Promise.resolve()
  const look = (): void => {
    telling = telling
      .then(() => tellAdmins(core, messengers, ending, pending))
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

/** One look: everything that is due is told, or left for a later look when nobody was reached or a platform is away. */
export async function tellAdmins(
  core: Core,
  messengers: Messenger[],
  signal: AbortSignal,
  pending: PendingNotices = new Map(),
): Promise<void> {
  const { db } = core.database
  const now = core.now()
  const tell = (connection: Connection, key: string, sentence: string, forget: () => Promise<void>): Promise<void> =>
    tellOne({ core, connection, key: `${key} ${connection.id}`, sentence, forget, pending }, messengers, signal)
  for (const connection of await claimLosses(db, now))
    await tell(connection, `loss of ${String(connection.testedAt?.getTime())}`, sentenceOfLoss(connection), () =>
      forgetLossTold(db, connection.id),
    )
  const dueBefore = (ms: number): Date => new Date(now.getTime() + ms)
  for (const connection of await claimExpiries(db, now, dueBefore(warnBeforeMs), dueBefore(againBeforeMs))) {
    const { name, credentialKind, tokenExpiresAt } = connection
    const sentence = tokenExpiresAt === null ? undefined : warnOfExpiry({ name, credentialKind, tokenExpiresAt }, now)
    if (sentence !== undefined) await tell(connection, 'end', sentence, () => forgetExpiryTold(db, connection.id))
  }
}

function sentenceOfLoss({ name, testRemedy }: Connection): string {
  const reason = testRemedy === null ? '' : `${testRemedy} `
  return `Connection lost: ${name} no longer reads Confluence. ${reason}Reconnect it with reconnect ${name}; until then what is stored is still answered from.`
}

type Notice = {
  core: Core
  connection: Connection
  key: string
  sentence: string
  forget: () => Promise<void>
  pending: PendingNotices
}

/** Told is what reached somebody, and everybody whom it could reach; else it stays due. */
async function tellOne(
  { core, connection, key, sentence, forget, pending }: Notice,
  messengers: Messenger[],
  signal: AbortSignal,
): Promise<void> {
  const { log } = core
  const before = pending.get(key)
  if (before !== undefined && core.now() < before.notBefore) return forget()
  const reached = before?.reached ?? new Set<string>()
  if (before === undefined) log.warn({ connection: connection.name }, sentence)
  try {
    const admins = await listAdmins(core, connection, messengers, signal)
    const isAway = (await tellEach(core, admins.people, sentence, reached, signal)) || admins.isAway
    if (reached.size > 0 && !isAway) {
      pending.delete(key)
      return
    }
    if (reached.size === 0 && !isAway && before === undefined)
      log.warn({ connection: connection.name }, 'nobody was reached in a chat; name admins with FOOTNOTE_ADMINS')
    const waitMs = isAway ? 0 : lookAgainMs
    pending.set(key, { reached, notBefore: new Date(core.now().getTime() + waitMs) })
    await forget()
  } catch (error) {
    await forget()
    throw error
  }
}
