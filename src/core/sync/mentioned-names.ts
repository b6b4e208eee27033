// Display names of people whom texts mention or who wrote them; the site is asked only for those not known yet.
import type { Database } from '../../db/database.ts'
import { listUserNames, upsertPrincipals } from '../../db/queries/access.ts'
import { AccessDeniedError, TransientError } from '../../errors.ts'
import type { ConfluenceSite, SiteUser } from '../confluence/site.ts'
import { principalOfUser } from './principals.ts'

type Asking = { database: Database; site: ConfluenceSite; connectionId: number }

const mention = /ri:(account-id|userkey|username)\s*=\s*(?:"([^"]{1,200})"|'([^']{1,200})')/g

/** Those whom these bodies mention, and the `others` by their ids. */
export async function findMentionedNames(
  asking: Asking,
  bodies: { storage: string }[],
  signal: AbortSignal,
  others: string[] = [],
): Promise<ReadonlyMap<string, string>> {
  const mentioned = bodies.flatMap(mentionedIn)
  const userIds = mentioned.flatMap(({ by, value }) => (by === 'username' ? [] : [value]))
  const usernames = mentioned.flatMap(({ by, value }) => (by === 'username' ? [value] : []))
  const known = await findUserNames(asking, [...others, ...userIds], signal)
  return usernames.length === 0 ? known : new Map([...(await findByUsername(asking.site, usernames, signal)), ...known])
}

function mentionedIn({ storage }: { storage: string }): { by: string; value: string }[] {
  return [...storage.matchAll(mention)].map(([, by = '', quoted, quotedOnce]) => ({
    by,
    value: quoted ?? quotedOnce ?? '',
  }))
}

/** Names by user name that a site has told; of a run, since its site is opened for it. Undefined: it knows no such user. */
const told = new WeakMap<ConfluenceSite, Map<string, string | undefined>>()

/** Pages that are older than user keys name people by what they sign in with. */
async function findByUsername(
  site: ConfluenceSite,
  usernames: string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const names = told.get(site) ?? new Map<string, string | undefined>()
  told.set(site, names)
  const missing = [...new Set(usernames)].filter((username) => !names.has(username))
  const users = await askIfPossible(() => site.fetchUsersByName(missing, signal), new Map<string, SiteUser>())
  for (const username of missing) names.set(username, users.get(username)?.displayName)
  return new Map(
    usernames.flatMap((username) => {
      const name = names.get(username)
      return name === undefined ? [] : [[username, name] as const]
    }),
  )
}

/** Whom nobody knows is absent. */
async function findUserNames(
  { database: { db }, site, connectionId }: Asking,
  userIds: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(userIds)]
  if (wanted.length === 0) return new Map()
  const known = await listUserNames(db, connectionId, wanted)
  const missing = wanted.filter((userId) => !known.has(userId))
  if (missing.length === 0) return known
  const users = await askIfPossible(() => site.fetchUsers(missing, signal), [])
  const mentioned = users.map((user) => ({ ...principalOfUser(user), isMentionedOnly: true }))
  await upsertPrincipals(db, connectionId, mentioned)
  return new Map([...known, ...users.map((user) => [user.userId, user.displayName] as const)])
}

/** Nobody when the site cannot say who they are just now: texts matter more than the names in them. */
async function askIfPossible<Users>(ask: () => Promise<Users>, nobody: Users): Promise<Users> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TransientError || error instanceof AccessDeniedError) return nobody
    throw error
  }
}
