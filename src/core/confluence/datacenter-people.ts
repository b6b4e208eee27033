// Users and groups of Data Center.
import { AccessDeniedError, InvalidInputError } from '../../errors.ts'
import { v1Group, v1User, type V1User } from './answers.ts'
import { path, type HttpClient } from './http.ts'
import { collect, iterateByOffset } from './paging.ts'
import type { SiteUser } from './site.ts'
import { orUnreadable } from './unreadable.ts'

/** Members of the group and of every group within it; groups may contain each other. */
export async function fetchGroupMembers(
  http: HttpClient,
  groupName: string,
  signal: AbortSignal,
): Promise<SiteUser[] | 'unreadable'> {
  const names = new Set([groupName])
  const members = new Map<string, SiteUser>()
  for (const name of names) {
    // The name stands in the path, and the server refuses an encoded slash there.
    if (/[/\\]/.test(name)) return 'unreadable'
    for (const user of await collect(iterateByOffset(http, groupListing(name, 'member', v1User), signal))) {
      if (user.userKey !== undefined) members.set(user.userKey, toMember(user))
    }
    // A set that grows while it is walked: each nested group is visited once.
    for (const nested of await fetchNestedGroups(http, name, signal)) names.add(nested)
  }
  return [...members.values()]
}

/** Empty when they cannot be listed: members of nested groups are missing then, which only locks people out. */
async function fetchNestedGroups(http: HttpClient, name: string, signal: AbortSignal): Promise<string[]> {
  try {
    const groups = await collect(iterateByOffset(http, groupListing(name, 'groupmember', v1Group), signal))
    return groups.map((group) => group.name)
  } catch (error) {
    if (error instanceof AccessDeniedError || error instanceof InvalidInputError) return []
    throw error
  }
}

function groupListing<Row extends typeof v1User | typeof v1Group>(
  name: string,
  kind: 'member' | 'groupmember',
  row: Row,
) {
  const query = kind === 'member' ? { expand: 'status' } : {}
  return { path: path`/rest/api/group/${name}/${kind}`, query, row, limit: 200, subject: `group ${name}` }
}

/** There is no lookup of many users by key: one request each. */
export async function fetchUsers(http: HttpClient, userKeys: string[], signal: AbortSignal): Promise<SiteUser[]> {
  const users: SiteUser[] = []
  for (const key of new Set(userKeys)) {
    const user = await findUser(http, { key }, signal)
    if (user !== undefined) users.push(user)
  }
  return users
}

/** The same by the names that people sign in with, which old pages mention them by. */
export async function fetchUsersByName(
  http: HttpClient,
  usernames: string[],
  signal: AbortSignal,
): Promise<Map<string, SiteUser>> {
  const users = new Map<string, SiteUser>()
  for (const username of new Set(usernames)) {
    const user = await findUser(http, { username }, signal)
    if (user !== undefined) users.set(username, user)
  }
  return users
}

async function findUser(
  http: HttpClient,
  by: { key: string } | { username: string },
  signal: AbortSignal,
): Promise<SiteUser | undefined> {
  const query = { ...by, expand: 'status' }
  const user = await orUnreadable(http.send({ path: '/rest/api/user', query, schema: v1User }, signal))
  return user === undefined || user === 'unreadable' || user.userKey === undefined ? undefined : toUser(user)
}

/** Versions differ in whether a list of members heeds `expand=status`. */
function toMember(row: V1User): SiteUser {
  return row.status === undefined ? { ...toUser(row), isActive: undefined } : toUser(row)
}

export function toUser(row: V1User): SiteUser {
  const { userKey = '', displayName, username, email, status, type } = row
  return {
    userId: userKey,
    displayName: displayName ?? username ?? userKey,
    email: email === null || email === undefined || email === '' ? undefined : email,
    isActive: type !== 'unknown' && status !== 'deactivated',
    isGuest: false,
  }
}
