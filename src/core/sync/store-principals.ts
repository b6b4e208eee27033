// Who the readers are: their accounts, and the members of their groups, as far as the site tells.
import type { Db } from '../../db/database.ts'
import {
  listActiveUsers,
  listStaleGroups,
  listUsersWithoutEmail,
  replaceGroupMembers,
  upsertPrincipals,
} from '../../db/queries/access.ts'
import type { ConfluenceSite, SitePrincipal, SiteUser } from '../confluence/site.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { principalOf, principalOfUser } from './principals.ts'

/** A group's members are asked for once in this time, however many spaces of the connection name it. */
const groupFreshnessMs = 10 * 60_000
/** Groups whose members are read side by side. */
const groupsAtATime = 8

export type PrincipalStore = {
  db: Db
  site: ConfluenceSite
  connectionId: number
  now: Date
  /** Something came from the site: a group of thousands takes Data Center a request for each of them. */
  onProgress: () => void
}

/** Writes the principals that readers name, with the members of their groups. Ids by `kind:confluenceId`. */
export async function storePrincipals(
  store: PrincipalStore,
  readers: SitePrincipal[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const { db, connectionId, now } = store
  const userIds = [...new Set(readers.flatMap((reader) => (reader.kind === 'user' ? [reader.userId] : [])))]
  const users = await fetchProfiles(store, userIds, signal)
  const principals = await upsertPrincipals(db, connectionId, [
    ...readers.flatMap((reader) => principalOf(reader) ?? []),
    ...users.map(principalOfUser),
  ])
  const licensedId = principals.get('licensed:licensed')
  const groupIds = [...principals].flatMap(([key, id]) => (key.startsWith('group:') || id === licensedId ? [id] : []))
  const stale = await listStaleGroups(db, connectionId, groupIds, new Date(now.getTime() - groupFreshnessMs))
  await eachAtATime(stale, groupsAtATime, signal, async (group, ending) => {
    if (group.id === licensedId) await refreshUsers(store, ending)
    const members = group.id === licensedId ? [] : await fetchMembers(store, group, ending)
    store.onProgress()
    const written = await upsertPrincipals(
      db,
      connectionId,
      members === 'unreadable' ? [] : members.map(principalOfUser),
    )
    await db.transaction((tx) =>
      replaceGroupMembers(tx, group.id, [...written.values()], members === 'unreadable' ? null : now),
    )
  })
  return principals
}

/** Accounts that are asked for at once; Data Center asks for each by itself. */
const profilesAtOnce = 250

async function fetchProfiles(
  { site, onProgress }: PrincipalStore,
  userIds: string[],
  signal: AbortSignal,
): Promise<SiteUser[]> {
  const users: SiteUser[] = []
  for (let start = 0; start < userIds.length; start += profilesAtOnce) {
    users.push(...(await site.fetchUsers(userIds.slice(start, start + profilesAtOnce), signal)))
    onProgress()
  }
  return users
}

async function fetchMembers(
  store: PrincipalStore,
  group: { confluenceId: string; name: string },
  signal: AbortSignal,
): Promise<SiteUser[] | 'unreadable'> {
  const members = await store.site.fetchGroupMembers({ groupId: group.confluenceId, name: group.name }, signal)
  store.onProgress()
  return members === 'unreadable' ? members : completeMembers(store, members, signal)
}

/**
 * "Everyone licensed" is whoever has an active account, and an account that no group and no restriction names any more is
 * met nowhere else. Whom the site does not know any more is deactivated.
 */
async function refreshUsers(store: PrincipalStore, signal: AbortSignal): Promise<void> {
  const { db, connectionId } = store
  const userIds = await listActiveUsers(db, connectionId)
  const users = await fetchProfiles(store, userIds, signal)
  const gone = new Set(userIds).difference(new Set(users.map(({ userId }) => userId)))
  // `isMentionedOnly` leaves that as it is: being asked for proves nothing.
  await upsertPrincipals(db, connectionId, [
    ...users.map((user) => ({ ...principalOfUser(user), isMentionedOnly: true })),
    ...[...gone].map((id) => ({ kind: 'user' as const, confluenceId: id, isActive: false, isMentionedOnly: true })),
  ])
}

/** Members that are asked for at once where a list says too little. */
const profileBatch = 50

/**
 * Data Center's lists carry no e-mail addresses, without which nobody is recognised, and may not say who is deactivated:
 * members whose address is not known yet, or whose state is not told, are asked for one by one. A whole batch of which
 * nothing is learnt ends that.
 */
async function completeMembers(
  { db, site, connectionId, onProgress }: PrincipalStore,
  members: SiteUser[],
  signal: AbortSignal,
): Promise<SiteUser[]> {
  const silent = members.filter(({ email }) => email === undefined).map(({ userId }) => userId)
  const nameless = new Set(silent.length === 0 ? [] : await listUsersWithoutEmail(db, connectionId, silent))
  const wanted = members.filter(({ userId, isActive }) => isActive === undefined || nameless.has(userId))
  const profiles = new Map<string, SiteUser>()
  for (let start = 0; start < wanted.length; start += profileBatch) {
    const batch = wanted.slice(start, start + profileBatch)
    const users = await site.fetchUsers(
      batch.map(({ userId }) => userId),
      signal,
    )
    onProgress()
    // Whom the site does not know any more is nobody.
    for (const member of batch) profiles.set(member.userId, { ...member, isActive: false })
    for (const user of users) profiles.set(user.userId, user)
    const isTold = batch.every(({ isActive }) => isActive !== undefined)
    if (isTold && users.every(({ email }) => email === undefined)) break
  }
  return members.map((member) => profiles.get(member.userId) ?? member)
}
