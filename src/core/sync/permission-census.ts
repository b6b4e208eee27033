// Who may read a space, read apart from its content: restrictions, moves and group changes bump no page version.
import type { Db } from '../../db/database.ts'
import { type LayerRow, ensureAccessSets, replaceLayers } from '../../db/queries/access.ts'
import { AccessDeniedError } from '../../errors.ts'
import { type ContentNode, resolveCarriers } from '../access/layers.ts'
import type {
  Ancestor,
  CensusPage,
  ConfluenceSite,
  PagePermissions,
  SitePrincipal,
  SiteSpace,
} from '../confluence/site.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { readerKey } from './principals.ts'
import { storePrincipals } from './store-principals.ts'

export type SpacePermissions = {
  /** Readers of the space; `unreadable` when the credential may not list them. */
  spaceReaders: SitePrincipal[] | 'unreadable'
  tree: Map<string, ContentNode>
  /** Restrictions that were read, by content id. */
  readers: Map<string, SitePrincipal[]>
  labels: Map<string, string[]>
}

/** Ancestors above a page that are no listed pages (folders, archived or hidden pages), at most this many levels. */
const maxForeignAncestors = 50

/** Pages that are asked for at a time where the listing left them out; the site's pacer decides how many it really gets. */
const askedAtATime = 16

/**
 * Who may read each listed page, from what the listing of permissions `found`: the rest, and the ancestors above the pages,
 * are read one by one. What cannot be read stays marked unknown.
 */
export async function completePermissions(
  site: ConfluenceSite,
  spaceReaders: SpacePermissions['spaceReaders'],
  listed: ReadonlyMap<string, CensusPage>,
  found: ReadonlyMap<string, PagePermissions>,
  onProgress: () => void,
  signal: AbortSignal,
): Promise<SpacePermissions> {
  const permissions: SpacePermissions = {
    spaceReaders,
    tree: new Map(),
    readers: new Map(),
    labels: new Map(),
  }
  // The listing comes from a search index that may lag behind.
  await eachAtATime(listed.values(), askedAtATime, signal, async (page, ending) => {
    const own = found.get(page.pageId) ?? (await fetchOwn(site, page, ending))
    note(permissions, page.pageId, page.parentId, own)
    onProgress()
  })
  const above = new Map<string, CensusPage['parentType']>()
  for (const { parentId, parentType } of listed.values())
    if (parentId !== undefined && !listed.has(parentId)) above.set(parentId, parentType)
  await eachAtATime(above, askedAtATime, signal, async ([id, type], ending) => {
    await fetchForeignAncestors(site, id, type, permissions, ending)
    onProgress()
  })
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
    const [ancestor, readers]: [Ancestor | 'unreadable', PagePermissions['readers']] = await Promise.all([
      site.fetchAncestor(id, type, signal),
      site.fetchContentReaders(id, signal),
    ])
    if (ancestor === 'unreadable') {
      permissions.tree.set(id, { parentId: undefined, restriction: 'unknown' })
      return
    }
    note(permissions, id, ancestor.parentId, { readers, labels: [] })
    id = ancestor.parentId
    type = ancestor.parentType
  }
}

async function fetchOwn(site: ConfluenceSite, page: CensusPage, signal: AbortSignal): Promise<OwnPermissions> {
  try {
    return await site.fetchPagePermissions(page.kind, page.pageId, signal)
  } catch (error) {
    if (error instanceof AccessDeniedError) return { readers: 'unreadable', labels: [] }
    throw error
  }
}

type OwnPermissions = Pick<PagePermissions, 'readers' | 'labels'>

function note(permissions: SpacePermissions, id: string, parentId: string | undefined, own: OwnPermissions): void {
  permissions.labels.set(id, own.labels)
  if (own.readers === 'unreadable') permissions.tree.set(id, { parentId, restriction: 'unknown' })
  else if (own.readers === undefined) permissions.tree.set(id, { parentId, restriction: 'none' })
  else {
    permissions.tree.set(id, { parentId, restriction: 'known' })
    permissions.readers.set(id, own.readers)
  }
}

type PermissionStore = {
  db: Db
  site: ConfluenceSite
  connectionId: number
  space: SiteSpace
  readAt: Date
}

/**
 * Stores the layers and says which access set each listed page has. The group members behind them are read too.
 * Returns the access set by page id and the id of the space's own layer.
 */
export async function storeSpacePermissions(
  { db, site, connectionId, space, readAt }: PermissionStore,
  permissions: SpacePermissions,
  pageIds: string[],
  signal: AbortSignal,
): Promise<{ accessSets: Map<string, number>; spaceLayerId: number }> {
  const carriers = pageIds.map((pageId) => resolveCarriers(pageId, permissions.tree))
  const everyReader = [
    ...(permissions.spaceReaders === 'unreadable' ? [] : permissions.spaceReaders),
    ...[...permissions.readers.values()].flat(),
  ]
  const principals = await storePrincipals(db, site, connectionId, everyReader, readAt, signal)
  const layerOf = (carrierKind: LayerRow['carrierKind'], carrierId: string, readers: SitePrincipal[] | undefined) => ({
    carrierKind,
    carrierId,
    isKnown: readers !== undefined,
    principalIds: (readers ?? []).flatMap((reader) => principals.get(readerKey(reader) ?? '') ?? []),
  })
  const unknownIds = new Set(carriers.flatMap(({ unknown }) => unknown))
  const spaceReaders = permissions.spaceReaders === 'unreadable' ? undefined : permissions.spaceReaders
  const spaceLayers = await replaceLayers(db, connectionId, [layerOf('space', space.spaceId, spaceReaders)], readAt)
  const contentLayers = await replaceLayers(
    db,
    connectionId,
    [
      ...[...permissions.readers].flatMap(([id, readers]) =>
        unknownIds.has(id) ? [] : [layerOf('content', id, readers)],
      ),
      ...[...unknownIds].map((id) => layerOf('content', id, undefined)),
    ],
    readAt,
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
