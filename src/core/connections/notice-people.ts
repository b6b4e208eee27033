// Whom a connection's notices go to: whoever connected it and the admins whom FOOTNOTE_ADMINS names; where none of them is
// to be found in a chat, admins who did something in one before.
import { listActors } from '../../db/queries/audit.ts'
import type { Connection } from '../../db/queries/connections.ts'
import { TransientError } from '../../errors.ts'
import { type Person, isAdmin } from '../access/roles.ts'
import type { Core } from '../core.ts'

/** How a platform reaches people who asked nothing just now. Both reject with `TransientError` when it may work later. */
export type Messenger = {
  /**
   * Whom a name means: an actor of the audit log (`slack:T1:U1`), a platform's id, an e-mail address. Undefined where the
   * platform knows nobody of that name, or has no way to them.
   */
  find(name: string, signal: AbortSignal): Promise<(Person & { tenantId: string }) | undefined>
  /** Sends a sentence to an actor; false where they cannot be reached. */
  tell(actor: string, sentence: string, signal: AbortSignal): Promise<boolean>
}

type Reachable = { actor: string; email: string | undefined; messenger: Messenger }

/** `isAway`: somebody may be missing because a platform did not answer. */
export async function listAdmins(
  core: Core,
  { createdBy }: Pick<Connection, 'createdBy'>,
  messengers: Messenger[],
  signal: AbortSignal,
): Promise<{ people: Reachable[]; isAway: boolean }> {
  const named = await findPeople(core, [createdBy, ...core.config.FOOTNOTE_ADMINS], messengers, () => true, signal)
  if (named.people.length > 0 || named.isAway) return named
  const actors = await listActors(core.database.db)
  return findPeople(core, actors, messengers, (person) => isAdmin(core.config, person), signal)
}

async function findPeople(
  core: Core,
  names: string[],
  messengers: Messenger[],
  isWanted: (person: Person) => boolean,
  signal: AbortSignal,
): Promise<{ people: Reachable[]; isAway: boolean }> {
  const people: Reachable[] = []
  let isAway = false
  for (const name of names)
    for (const messenger of messengers)
      try {
        const person = await messenger.find(name, signal)
        if (person === undefined || person.kind !== 'member' || !isWanted(person)) continue
        const { platform, tenantId, userId, email } = person
        people.push({ actor: `${platform}:${tenantId}:${userId}`, email, messenger })
      } catch (error) {
        isAway ||= handle(core, error, signal)
      }
  return { people, isAway }
}

/** Tells each person once, however they are named and on whichever platform; adds them to `reached`. True: some later. */
export async function tellEach(
  core: Core,
  people: Reachable[],
  sentence: string,
  reached: Set<string>,
  signal: AbortSignal,
): Promise<boolean> {
  let isAway = false
  for (const { actor, email, messenger } of people) {
    const names = [actor, ...(email === undefined ? [] : [email])]
    if (names.some((name) => reached.has(name))) continue
    try {
      if (await messenger.tell(actor, sentence, signal)) for (const name of names) reached.add(name)
    } catch (error) {
      isAway ||= handle(core, error, signal)
    }
  }
  return isAway
}

/** True when it may work later; what is a bug of ours is logged, and the others are told. */
function handle(core: Core, error: unknown, signal: AbortSignal): boolean {
  signal.throwIfAborted()
  if (error instanceof TransientError) return true
  core.log.error({ err: error }, 'an admin could not be told')
  return false
}
