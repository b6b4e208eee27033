// One run for one space: census → compare → permissions → index what changed → sweep. The run's counts are its proof.
// Knows no HTTP and no SQL; a run that did not see the complete census hides and deletes nothing.
import type { Database } from '../../db/database.ts'
import { purgeUnusedLayers } from '../../db/queries/access.ts'
import { countStoredPages, type Space, updateSpace } from '../../db/queries/spaces.ts'
import { listStoredPages, tombstonePages, upsertPages, type PageRow } from '../../db/queries/pages.ts'
import { type SyncRun, updateRunCounts } from '../../db/queries/sync-runs.ts'
import type { RunCounts } from '../../db/schema/sync-runs.ts'
import { TransientError } from '../../errors.ts'
import type { CensusPage, ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import { type ListedPage, compareCensus } from './compare.ts'
import { indexPages } from './index-pages.ts'
import { fetchSpacePermissions, storeSpacePermissions } from './permission-census.ts'

export type SpaceRun = {
  /** Rejects when the run is not this worker's any more; asked before each write, so that older permissions never overwrite newer ones. */
  requireLease: () => Promise<void>
  database: Database
  site: ConfluenceSite
  run: SyncRun
  space: Space
  now: () => Date
}

export const noCounts: RunCounts = {
  listed: 0,
  stored: 0,
  unchanged: 0,
  updated: 0,
  failed: 0,
  excluded: 0,
  deleted: 0,
}

/** Rejects with one of the four errors of `src/errors.ts` when the space could not be synced to its end. */
export async function runSpace(
  { database, site, run, space, now, requireLease }: SpaceRun,
  signal: AbortSignal,
): Promise<RunCounts> {
  const { db } = database
  const startedAt = now()
  const siteSpace = toSiteSpace(space)
  const counts = { ...noCounts }

  const census = await fetchCensus(site, siteSpace, signal)
  counts.listed = census.size
  await updateRunCounts(db, run, counts)

  const permissions = await fetchSpacePermissions(site, siteSpace, census, signal)
  const listed = new Map(
    [...census].map(([id, page]): [string, ListedPage] => [id, { ...page, labels: permissions.labels.get(id) ?? [] }]),
  )
  await requireLease()
  const { accessSets, spaceLayerId } = await storeSpacePermissions(
    db,
    site,
    space.connectionId,
    siteSpace,
    permissions,
    [...listed.keys()],
    startedAt,
    signal,
  )
  await updateSpace(db, space.id, { layerId: spaceLayerId })

  await requireLease()
  const stored = await listStoredPages(db, space.id)
  const { toIndex, staleIds, gone } = compareCensus(listed, stored, run.kind === 'full')
  const rowIds = await upsertPages(
    db,
    space.id,
    [...listed.values()].map((page) => toRow(page, accessSets.get(page.pageId), staleIds.has(page.pageId))),
  )
  await tombstonePages(
    db,
    gone.map((page) => page.id),
    startedAt,
  )
  counts.deleted = gone.length
  counts.unchanged = listed.size - toIndex.length
  await updateRunCounts(db, run, counts)

  const fingerprints =
    run.kind === 'full'
      ? []
      : stored.flatMap((page) =>
          page.tombstonedAt === null && page.fingerprint !== null ? [[page.pageId, page.fingerprint] as const] : [],
        )
  await indexPages(
    {
      database,
      site,
      connectionId: space.connectionId,
      space: siteSpace,
      listed,
      rowIds,
      fingerprints: new Map(fingerprints),
      beforeBatch: requireLease,
      onBatch: async ({ updated, failed }) => {
        counts.updated += updated
        counts.failed += failed
        await updateRunCounts(db, run, counts)
      },
    },
    toIndex,
    signal,
  )
  await purgeUnusedLayers(db, space.connectionId, space.id)
  counts.stored = (await countStoredPages(db, [space.id])).get(space.id) ?? 0
  await updateSpace(db, space.id, {
    permissionsReadAt: startedAt,
    watermarkAt: newestChange(census, space.watermarkAt),
    error: limitOf(permissions.spaceReaders === 'unreadable', space.key),
  })
  return counts
}

async function fetchCensus(
  site: ConfluenceSite,
  space: SiteSpace,
  signal: AbortSignal,
): Promise<Map<string, CensusPage>> {
  const census = new Map<string, CensusPage>()
  for await (const batch of site.iterateCensus(space, signal)) for (const page of batch) census.set(page.pageId, page)
  // A space that was just there and now lists nothing at all is a broken answer far more often than an emptied space.
  if (census.size === 0 && space.homepageId !== undefined)
    throw new TransientError(
      'census_empty',
      `The site listed no page of space ${space.key}, not even its home page. Check that the account may still read the space, then sync again.`,
    )
  return census
}

function toSiteSpace(space: Space): SiteSpace {
  return {
    spaceId: space.spaceId,
    key: space.key,
    name: space.name,
    type: space.type,
    status: space.status,
    homepageId: space.homepageId ?? undefined,
  }
}

function toRow(page: ListedPage, accessSetId: number | undefined, isStale: boolean): PageRow {
  if (accessSetId === undefined) throw new Error(`page ${page.pageId} has no access set`)
  return {
    pageId: page.pageId,
    title: page.title,
    status: page.status,
    parentId: page.parentId ?? null,
    parentType: page.parentType ?? null,
    position: page.position ?? null,
    versionNumber: page.versionNumber,
    versionAt: page.versionAt.toISOString(),
    authorId: page.authorId ?? null,
    lastEditorId: page.lastEditorId ?? null,
    labels: page.labels,
    webPath: page.webPath,
    accessSetId,
    isStale,
  }
}

function newestChange(census: ReadonlyMap<string, CensusPage>, before: Date | null): Date | null {
  let newest = before
  for (const page of census.values()) if (newest === null || page.versionAt > newest) newest = page.versionAt
  return newest
}

function limitOf(isUnreadable: boolean, key: string): string | null {
  return isUnreadable
    ? `This credential may not read who can see space ${key}, so nobody is shown its pages. Give its account the right to view the space's permissions, or use shared access.`
    : null
}
