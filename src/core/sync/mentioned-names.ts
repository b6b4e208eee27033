// Display names of people whom texts mention or who wrote them; the site is asked only for those not known yet.
import type { Database } from '../../db/database.ts'
import { listUserNames, upsertPrincipals } from '../../db/queries/access.ts'
import { AccessDeniedError, TransientError } from '../../errors.ts'
import type { ConfluenceSite } from '../confluence/site.ts'
import { principalOfUser } from './principals.ts'

type Asking = { database: Database; site: ConfluenceSite; connectionId: number }

const mention = /ri:(?:account-id|userkey)=(?:"([^"]{1,200})"|'([^']{1,200})')/g

/** Those whom these bodies mention. */
export function findMentionedNames(
  asking: Asking,
  bodies: { storage: string }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  return findUserNames(asking, bodies.flatMap(mentionedIn), signal)
}

/** User ids as the markup has them. */
export function mentionedIn({ storage }: { storage: string }): string[] {
  return [...storage.matchAll(mention)].map((match) => match[1] ?? match[2] ?? '')
}

/** Whom nobody knows is absent. */
export async function findUserNames(
  { database: { db }, site, connectionId }: Asking,
  userIds: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(userIds)]
  if (wanted.length === 0) return new Map()
  const known = await listUserNames(db, connectionId, wanted)
  const missing = wanted.filter((userId) => !known.has(userId))
  if (missing.length === 0) return known
  const users = await fetchUsersIfPossible(site, missing, signal)
  const mentioned = users.map((user) => ({ ...principalOfUser(user), isMentionedOnly: true }))
  await upsertPrincipals(db, connectionId, mentioned)
  return new Map([...known, ...users.map((user) => [user.userId, user.displayName] as const)])
}

/** Nobody when the site cannot say who they are just now: texts matter more than the names in them. */
async function fetchUsersIfPossible(site: ConfluenceSite, userIds: string[], signal: AbortSignal) {
  try {
    return await site.fetchUsers(userIds, signal)
  } catch (error) {
    if (error instanceof TransientError || error instanceof AccessDeniedError) return []
    throw error
  }
}
