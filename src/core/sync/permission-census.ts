// Who may read a space, read apart from its content: restrictions, moves and group changes bump no page version.
import type { Db } from '../../db/database.ts'
import {
  type LayerRow,
  ensureAccessSets,
  listStaleGroups,
  listUsersWithoutEmail,
  replaceGroupMembers,
  replaceLayers,
  upsertPrincipals,
} from '../../db/queries/access.ts'
import { AccessDeniedError } from '../../errors.ts'
import { type ContentNode, resolveCarriers } from '../access/layers.ts'
import type {
  CensusPage,
  ConfluenceSite,
  PagePermissions,
  SitePrincipal,
  SiteSpace,
  SiteUser,
} from '../confluence/site.ts'
import { principalOf, principalOfUser, readerKey } from './principals.ts'

export type SpacePermissions = {
  /** Readers of the space; `unreadable` when the credential may not list them. */
  spaceReaders: SitePrincipal[] | 'unreadable'
  tree: Map<string, ContentNode>
  /** Restrictions that were read, by content id. */
  readers: Map<string, SitePrincipal[]>
  labels: Map<string, string[]>
}

/** A group's members are asked for once in this time, however many spaces of the connection name it. */
const groupFreshnessMs = 10 * 60_000

/** Ancestors above a page that are no listed pages (folders, archived or hidden pages), at most this many levels. */
const maxForeignAncestors = 50

/** Reads every restriction of the listed pages and of the ancestors above them. Unreadable ones stay marked unknown. */
export async function fetchSpacePermissions(
  site: ConfluenceSite,
  space: SiteSpace,
  listed: ReadonlyMap<string, CensusPage>,
  signal: AbortSignal,
): Promise<SpacePermissions> {
  const permissions: SpacePermissions = {
    spaceReaders: await site.fetchSpaceReaders(space, signal),
    tree: new Map(),
    readers: new Map(),
    labels: new Map(),
  }
  const found = new Map<string, PagePermissions>()
  for await (const batch of site.iteratePermissions(space, signal))
    for (const page of batch) found.set(page.pageId, page)
  for (const page of listed.values()) {
    // The listing comes from a search index that may lag behind; what it does not hold is asked for one by one.
    const own = found.get(page.pageId) ?? (await fetchOwn(site, page.pageId, signal))
    note(permissions, page.pageId, page.parentId, own)
  }
  for (const page of listed.values())
    if (page.parentId !== undefined)
      await fetchForeignAncestors(site, page.parentId, page.parentType, permissions, signal)
  return permissions
}

async function fetchForeignAncestors(
  site: ConfluenceSite,
  startId: string,
  startType: CensusPage['parentType'],
  permissions: SpacePermissions,
  signal: AbortSignal,
): Promise<void> {
  let id: string | undefined = startId
  let type = startType
  for (let level = 0; id !== undefined && !permissions.tree.has(id) && level < maxForeignAncestors; level++) {
    const ancestor = await site.fetchAncestor(id, type, signal)
    if (ancestor === 'unreadable') {
      permissions.tree.set(id, { parentId: undefined, restriction: 'unknown' })
      return
    }
    note(permissions, id, ancestor.parentId, await fetchOwn(site, id, signal))
    id = ancestor.parentId
    type = ancestor.parentType
  }
}

async function fetchOwn(site: ConfluenceSite, contentId: string, signal: AbortSignal): Promise<PagePermissions> {
  try {
    return await site.fetchPagePermissions(contentId, signal)
  } catch (error) {
    if (error instanceof AccessDeniedError) return { pageId: contentId, readers: 'unreadable', labels: [] }
    throw error
  }
}

function note(permissions: SpacePermissions, id: string, parentId: string | undefined, own: PagePermissions): void {
  permissions.labels.set(id, own.labels)
  if (own.readers === 'unreadable') permissions.tree.set(id, { parentId, restriction: 'unknown' })
  else if (own.readers === undefined) permissions.tree.set(id, { parentId, restriction: 'none' })
  else {
    permissions.tree.set(id, { parentId, restriction: 'known' })
    permissions.readers.set(id, own.readers)
  }
}

/**
 * Stores the layers and says which access set each listed page has. The group members behind them are read too.
 * Returns the access set by page id and the id of the space's own layer.
 */
export async function storeSpacePermissions(
  db: Db,
  site: ConfluenceSite,
  connectionId: number,
  space: SiteSpace,
  permissions: SpacePermissions,
  pageIds: string[],
  now: Date,
  signal: AbortSignal,
): Promise<{ accessSets: Map<string, number>; spaceLayerId: number }> {
  const carriers = pageIds.map((pageId) => resolveCarriers(pageId, permissions.tree))
  const everyReader = [
    ...(permissions.spaceReaders === 'unreadable' ? [] : permissions.spaceReaders),
    ...[...permissions.readers.values()].flat(),
  ]
  const principals = await storePrincipals(db, site, connectionId, everyReader, now, signal)
  const layerOf = (carrierKind: LayerRow['carrierKind'], carrierId: string, readers: SitePrincipal[] | undefined) => ({
    carrierKind,
    carrierId,
    isKnown: readers !== undefined,
    principalIds: (readers ?? []).flatMap((reader) => principals.get(readerKey(reader) ?? '') ?? []),
  })
  const unknownIds = new Set(carriers.flatMap(({ unknown }) => unknown))
  const spaceReaders = permissions.spaceReaders === 'unreadable' ? undefined : permissions.spaceReaders
  const spaceLayers = await replaceLayers(db, connectionId, [layerOf('space', space.spaceId, spaceReaders)], now)
  const contentLayers = await replaceLayers(
    db,
    connectionId,
    [
      ...[...permissions.readers].flatMap(([id, readers]) =>
        unknownIds.has(id) ? [] : [layerOf('content', id, readers)],
      ),
      ...[...unknownIds].map((id) => layerOf('content', id, undefined)),
    ],
    now,
  )
  const spaceLayerId = layerIdIn(spaceLayers, space.spaceId)
  const sets = await ensureAccessSets(
    db,
    connectionId,
    carriers.map(({ restricted, unknown }) => [
      spaceLayerId,
      ...[...restricted, ...unknown].map((id) => layerIdIn(contentLayers, id)),
    ]),
  )
  return { accessSets: new Map(pageIds.map((pageId, i) => [pageId, sets[i] ?? 0])), spaceLayerId }
}

function layerIdIn(layers: ReadonlyMap<string, number>, carrierId: string): number {
  const id = layers.get(carrierId)
  if (id === undefined) throw new Error(`layer of ${carrierId} was not written`)
  return id
}

/** Writes the principals that readers name, with the members of their groups. Ids by `kind:confluenceId`. */
async function storePrincipals(
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
  const groupIds = [...principals].flatMap(([key, id]) => (key.startsWith('group:') ? [id] : []))
  for (const group of await listStaleGroups(db, connectionId, groupIds, new Date(now.getTime() - groupFreshnessMs))) {
    const members = await site.fetchGroupMembers({ groupId: group.confluenceId, name: group.name }, signal)
    const known = members === 'unreadable' ? [] : await completeMembers(db, site, connectionId, members, signal)
    const written = await upsertPrincipals(db, connectionId, known.map(principalOfUser))
    await db.transaction((tx) =>
      replaceGroupMembers(tx, group.id, [...written.values()], members === 'unreadable' ? null : now),
    )
  }
  return principals
}

/** Members that are asked for at once when a list came without e-mail addresses. */
const profileBatch = 50

/**
 * Data Center's lists carry no e-mail addresses, and without one nobody is recognised: members whose address is not known
 * yet are asked for. A whole batch without any address means that the site hides them, and then nobody else is asked for.
 */
async function completeMembers(
  db: Db,
  site: ConfluenceSite,
  connectionId: number,
  members: SiteUser[],
  signal: AbortSignal,
): Promise<SiteUser[]> {
  const silent = members.filter(({ email }) => email === undefined).map(({ userId }) => userId)
  const wanted = silent.length === 0 ? [] : await listUsersWithoutEmail(db, connectionId, silent)
  const profiles = new Map<string, SiteUser>()
  for (let start = 0; start < wanted.length; start += profileBatch) {
    const users = await site.fetchUsers(wanted.slice(start, start + profileBatch), signal)
    for (const user of users) profiles.set(user.userId, user)
    if (users.every(({ email }) => email === undefined)) break
  }
  return members.map((member) => profiles.get(member.userId) ?? member)
}
