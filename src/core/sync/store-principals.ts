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

/** Writes the principals that readers name, with the members of their groups. Ids by `kind:confluenceId`. */
export async function storePrincipals(
  db: Db,
  site: ConfluenceSite,
  connectionId: number,
  readers: SitePrincipal[],
  now: Date,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const userIds = [...new Set(readers.flatMap((reader) => (reader.kind === 'user' ? [reader.userId] : [])))]
  const users = userIds.length === 0 ? [] : await site.fetchUsers(userIds, signal)
  const principals = await upsertPrincipals(db, connectionId, [
    ...readers.flatMap((reader) => principalOf(reader) ?? []),
    ...users.map(principalOfUser),
  ])
  const licensedId = principals.get('licensed:licensed')
  const groupIds = [...principals].flatMap(([key, id]) => (key.startsWith('group:') || id === licensedId ? [id] : []))
  const stale = await listStaleGroups(db, connectionId, groupIds, new Date(now.getTime() - groupFreshnessMs))
  await eachAtATime(stale, groupsAtATime, signal, async (group, ending) => {
    if (group.id === licensedId) await refreshUsers(db, site, connectionId, ending)
    const members = group.id === licensedId ? [] : await fetchMembers(db, site, connectionId, group, ending)
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

async function fetchMembers(
  db: Db,
  site: ConfluenceSite,
  connectionId: number,
  group: { confluenceId: string; name: string },
  signal: AbortSignal,
): Promise<SiteUser[] | 'unreadable'> {
  const members = await site.fetchGroupMembers({ groupId: group.confluenceId, name: group.name }, signal)
  return members === 'unreadable' ? members : completeMembers(db, site, connectionId, members, signal)
}

/**
 * "Everyone licensed" is whoever has an active account, and an account that no group and no restriction names any more is
 * met nowhere else. Whom the site does not know any more is deactivated.
 */
async function refreshUsers(db: Db, site: ConfluenceSite, connectionId: number, signal: AbortSignal): Promise<void> {
  const userIds = await listActiveUsers(db, connectionId)
  const users = userIds.length === 0 ? [] : await site.fetchUsers(userIds, signal)
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
  db: Db,
  site: ConfluenceSite,
  connectionId: number,
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
    // Whom the site does not know any more is nobody.
    for (const member of batch) profiles.set(member.userId, { ...member, isActive: false })
    for (const user of users) profiles.set(user.userId, user)
    const isTold = batch.every(({ isActive }) => isActive !== undefined)
    if (isTold && users.every(({ email }) => email === undefined)) break
  }
  return members.map((member) => profiles.get(member.userId) ?? member)
}
