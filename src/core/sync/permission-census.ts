// Who may read a space, read apart from its content: restrictions, moves and group changes bump no page version.
import type { Db } from '../../db/database.ts'
import { type LayerRow, ensureAccessSets, replaceLayers } from '../../db/queries/access.ts'
import { AccessDeniedError } from '../../errors.ts'
import { type ContentNode, resolveCarriers } from '../access/layers.ts'
import type { CensusPage, ConfluenceSite, PagePermissions, SitePrincipal, SiteSpace } from '../confluence/site.ts'
import { eachAtATime } from './each-at-a-time.ts'
import type { Placed } from './page-path.ts'
import { readerKey } from './principals.ts'

export type SpacePermissions = {
  /** Readers of the space; `unreadable` when the credential may not list them. */
  spaceReaders: SitePrincipal[] | 'unreadable'
  tree: Map<string, ContentNode>
  /** Restrictions that were read, by content id. */
  readers: Map<string, SitePrincipal[]>
  labels: Map<string, string[]>
  /** Where the listed pages and everything above them hang. */
  places: Map<string, Placed>
}

/** Ancestors above a page that are no listed pages (folders, archived or hidden pages), at most this many levels. */
const maxForeignAncestors = 50

/** Pages that are asked for at a time where the listing left them out; the site's pacer decides how many it really gets. */
const askedAtATime = 16

export type PermissionListing = {
  site: ConfluenceSite
  spaceReaders: SpacePermissions['spaceReaders']
  listed: ReadonlyMap<string, CensusPage>
  /** What the listing of permissions said; it comes from a search index that may lag behind. */
  found: ReadonlyMap<string, PagePermissions>
  /** Whether nobody will be served the page, so that its readers matter only to the pages below it. */
  isLeftOut: (page: CensusPage) => boolean
  onProgress: () => void
}

/**
 * Who may read each listed page: what the listing of permissions did not say, and the ancestors above the pages, are read
 * one by one. What cannot be read stays marked unknown.
 */
export async function completePermissions(
  { site, spaceReaders, listed, found, isLeftOut, onProgress }: PermissionListing,
  signal: AbortSignal,
): Promise<SpacePermissions> {
  const permissions: SpacePermissions = {
    spaceReaders,
    tree: new Map(),
    readers: new Map(),
    labels: new Map(),
    places: new Map([...listed].map(([id, { parentId, title }]) => [id, { parentId, title }])),
  }
  const wanted = withAncestors(listed, isLeftOut)
  await eachAtATime(wanted, askedAtATime, signal, async (page, ending) => {
    const own = found.get(page.pageId) ?? (await fetchOwn(site, page, ending))
    note(permissions, page.pageId, page.parentId, own)
    onProgress()
  })
  const above = new Map<string, CensusPage['parentType']>()
  for (const { parentId, parentType } of wanted)
    if (parentId !== undefined && !listed.has(parentId)) above.set(parentId, parentType)
  await eachAtATime(above, askedAtATime, signal, async ([id, type], ending) => {
    await fetchForeignAncestors(site, id, type, permissions, ending)
    onProgress()
  })
  return permissions
}

/** The pages that are not left out, and those above them. */
function withAncestors(
  listed: ReadonlyMap<string, CensusPage>,
  isLeftOut: (page: CensusPage) => boolean,
): Set<CensusPage> {
  const wanted = new Set<CensusPage>()
  for (const page of listed.values()) {
    if (isLeftOut(page)) continue
    for (let each: CensusPage | undefined = page; each !== undefined && !wanted.has(each);) {
      wanted.add(each)
      each = each.parentId === undefined ? undefined : listed.get(each.parentId)
    }
  }
  return wanted
}

type Ancestor = Awaited<ReturnType<ConfluenceSite['fetchAncestor']>>

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
    const [ancestor, readers]: [Ancestor, PagePermissions['readers']] = await Promise.all([
      site.fetchAncestor(id, type, signal),
      site.fetchContentReaders(id, signal),
    ])
    if (ancestor === 'unreadable') {
      permissions.tree.set(id, { parentId: undefined, restriction: 'unknown' })
      permissions.places.set(id, { title: '' })
      return
    }
    note(permissions, id, ancestor.parentId, { readers, labels: [] })
    permissions.places.set(id, { parentId: ancestor.parentId, title: ancestor.title })
    id = ancestor.parentId
    type = ancestor.parentType
  }
}

type OwnPermissions = Pick<PagePermissions, 'readers' | 'labels'>

async function fetchOwn(
  site: ConfluenceSite,
  { kind, pageId }: CensusPage,
  signal: AbortSignal,
): Promise<OwnPermissions> {
  try {
    return await site.fetchPagePermissions(kind, pageId, signal)
  } catch (error) {
    if (error instanceof AccessDeniedError) return { readers: 'unreadable', labels: [] }
    throw error
  }
}

function note(permissions: SpacePermissions, id: string, parentId: string | undefined, own: OwnPermissions): void {
  permissions.labels.set(id, own.labels)
  if (own.readers === 'unreadable') permissions.tree.set(id, { parentId, restriction: 'unknown' })
  else if (own.readers === undefined) permissions.tree.set(id, { parentId, restriction: 'none' })
  else {
    permissions.tree.set(id, { parentId, restriction: 'known' })
    permissions.readers.set(id, own.readers)
  }
}

export type SpaceLayers = {
  connectionId: number
  space: SiteSpace
  permissions: SpacePermissions
  /** The readers' rows by `kind:confluenceId` (`storePrincipals`). */
  principals: ReadonlyMap<string, number>
  /** The space's layer as it is stored, where its readers were not read again. */
  spaceLayerId?: number
  /** Pages that need an access set. */
  pageIds: string[]
  readAt: Date
}

/** Everybody whom the space or a restriction within it names. */
export function readersOf({ spaceReaders, readers }: SpacePermissions): SitePrincipal[] {
  return [...(spaceReaders === 'unreadable' ? [] : spaceReaders), ...[...readers.values()].flat()]
}

/**
 * Stores the layers and says which access set each page has, by page id, and the id of the space's own layer. In one
 * transaction with the pages that carry the sets: a page that moved under a restriction whose own one was widened would else
 * be readable by too many meanwhile.
 */
export async function storeLayers(
  tx: Db,
  { connectionId, space, permissions, principals, pageIds, readAt, ...stored }: SpaceLayers,
): Promise<{ accessSets: Map<string, number>; spaceLayerId: number }> {
  const carriers = pageIds.map((pageId) => resolveCarriers(pageId, permissions.tree))
  const layerOf = (carrierKind: LayerRow['carrierKind'], carrierId: string, readers: SitePrincipal[] | undefined) => ({
    carrierKind,
    carrierId,
    isKnown: readers !== undefined,
    principalIds: (readers ?? []).flatMap((reader) => principals.get(readerKey(reader) ?? '') ?? []),
  })
  const unknownIds = new Set(carriers.flatMap(({ unknown }) => unknown))
  const spaceReaders = permissions.spaceReaders === 'unreadable' ? undefined : permissions.spaceReaders
  const spaceLayers =
    stored.spaceLayerId === undefined
      ? await replaceLayers(tx, connectionId, [layerOf('space', space.spaceId, spaceReaders)], readAt)
      : new Map([[space.spaceId, stored.spaceLayerId]])
  const contentLayers = await replaceLayers(
    tx,
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
    tx,
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
