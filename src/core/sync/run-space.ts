// One run for one space: census → compare → permissions → index what changed → sweep. The run's counts are its proof.
// Knows no HTTP and no SQL; a run that did not see the complete census hides and deletes nothing. A run that is taken up
// again lists anew and finds what is stored already: only batches that were in flight are fetched twice.
import type { Database } from '../../db/database.ts'
import { purgeUnusedLayers } from '../../db/queries/access.ts'
import { dropChunks, listHeldPages, listStoredPages, type PageRow, upsertPages } from '../../db/queries/pages.ts'
import { countParts } from '../../db/queries/page-parts.ts'
import { countStoredPages, type Space, updateSpace } from '../../db/queries/spaces.ts'
import { type SyncRun, updateRunCounts } from '../../db/queries/sync-runs.ts'
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import type { RunCounts } from '../../db/schema/sync-runs.ts'
import type { CensusPage, ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import { compareCensus, type Comparison, type ListedPage } from './compare.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { findExclusion, isInScope } from './exclusions.ts'
import { type IndexJob, indexPages } from './index-pages.ts'
import { indexParts } from './index-parts.ts'
import { listSpace, type SpaceListing } from './list-space.ts'
import type { PartJob } from './part-job.ts'
import { storeSpacePermissions } from './permission-census.ts'
import { retirePages } from './retire-pages.ts'
import { stallMs, startStallGuard } from './stall-guard.ts'

export type SpaceRun = {
  /** Rejects when the run is not this worker's any more; asked before each write, so that older permissions never overwrite newer ones. */
  requireLease: () => Promise<void>
  database: Database
  site: ConfluenceSite
  run: SyncRun
  space: Space
  scope: Scope
  exclusions: Exclusions
  attachments: PartJob['attachments']
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
export async function runSpace(job: SpaceRun, signal: AbortSignal): Promise<RunCounts> {
  const { database, site, run, space } = job
  const { db } = database
  using stall = startStallGuard(stallMs, signal)
  const startedAt = job.now()
  const siteSpace = toSiteSpace(space)
  const counts = { ...noCounts }
  const saveCounts = async (): Promise<void> => {
    stall.touch()
    await updateRunCounts(db, run, counts)
  }

  const onListed = async (pages: number): Promise<void> => {
    counts.listed = pages
    await saveCounts()
  }
  const listing = await listSpace(site, siteSpace, onListed, stall.touch, stall.signal)
  const census = await keepScope(job, siteSpace, listing.census, stall.signal)
  counts.listed = census.size
  await saveCounts()
  const listed = await storePermissions(job, siteSpace, census, listing, startedAt, stall.signal)
  const { comparison, rowIds } = await storeListing(job, listed, startedAt, counts)
  await saveCounts()
  const { connectionId } = space
  const shared = { database, site, connectionId, space: siteSpace, listed, rowIds, beforeBatch: job.requireLease }
  const pageJob: IndexJob = {
    ...shared,
    fingerprints: run.kind === 'full' ? new Map() : comparison.fingerprints,
    runId: run.id,
    onBatch: async ({ updated, failed }) => {
      counts.updated += updated
      counts.failed += failed
      await saveCounts()
    },
  }
  const partJob: PartJob = {
    ...shared,
    spaceRowId: space.id,
    attachments: job.attachments,
    runId: run.id,
    isFull: run.kind === 'full',
    now: job.now,
    onProgress: stall.touch,
  }
  const indexing = [
    (ending: AbortSignal) => indexPages(pageJob, comparison.toIndex, ending),
    (ending: AbortSignal) => indexParts(partJob, ending),
  ]
  await eachAtATime(indexing, indexing.length, stall.signal, (index, ending) => index(ending))
  await purgeUnusedLayers(db, space.connectionId, space.id)
  const parts = await countParts(db, space.id, run.id)
  if (parts.listed > 0) counts.parts = parts
  counts.stored = (await countStoredPages(db, [space.id])).get(space.id) ?? 0
  await updateSpace(db, space.id, {
    permissionsReadAt: startedAt,
    watermarkAt: newestChange(census, space.watermarkAt),
    error: limitOf(listing.permissions.spaceReaders === 'unreadable', space.key),
  })
  return counts
}

/** The pages that the connection covers; those beside them are as if they were not there. */
async function keepScope(
  { site, scope }: SpaceRun,
  space: SiteSpace,
  census: Map<string, CensusPage>,
  signal: AbortSignal,
): Promise<Map<string, CensusPage>> {
  if (scope.kind === 'all' || scope.kind === 'spaces') return census
  const matches = new Set<string>()
  if (scope.kind === 'cql')
    for await (const ids of site.iterateMatches(space, scope.query, signal)) for (const id of ids) matches.add(id)
  return new Map([...census].filter(([pageId]) => isInScope(pageId, scope, census, matches)))
}

/** Writes who may read what, and gives each listed page its access set, its labels and the rule that leaves it out. */
async function storePermissions(
  { database, site, space, exclusions, requireLease }: SpaceRun,
  siteSpace: SiteSpace,
  census: ReadonlyMap<string, CensusPage>,
  { permissions }: SpaceListing,
  readAt: Date,
  signal: AbortSignal,
): Promise<Map<string, ListedPage>> {
  await requireLease()
  const { db } = database
  const { connectionId } = space
  const pageIds = [...census.keys()]
  const { accessSets, spaceLayerId } = await storeSpacePermissions(
    { db, site, connectionId, space: siteSpace, readAt },
    permissions,
    pageIds,
    signal,
  )
  await updateSpace(db, space.id, { layerId: spaceLayerId })
  return new Map(
    [...census].map(([pageId, page]) => {
      const accessSetId = accessSets.get(pageId)
      if (accessSetId === undefined) throw new Error(`page ${pageId} has no access set`)
      const labelled = { ...page, labels: permissions.labels.get(pageId) ?? [] }
      return [pageId, { ...labelled, accessSetId, exclusion: findExclusion(labelled, exclusions) }]
    }),
  )
}

/** Makes the rows of the store say what the census says, and stops serving what it no longer lists or a rule leaves out. */
async function storeListing(
  { database: { db }, run, space, requireLease }: SpaceRun,
  listed: ReadonlyMap<string, ListedPage>,
  startedAt: Date,
  counts: RunCounts,
): Promise<{ comparison: Comparison; rowIds: Map<string, number> }> {
  await requireLease()
  const stored = await listStoredPages(db, space.id)
  const comparison = compareCensus(listed, stored, { id: run.id, isFull: run.kind === 'full' })
  const { changed, toIndex, alreadyIndexed, staleIds, gone, dropped } = comparison
  const rowIds = new Map(stored.map((page) => [page.pageId, page.id]))
  const rows = changed.map((page) => toRow(page, staleIds.has(page.pageId)))
  for (const [pageId, id] of await upsertPages(db, space.id, rows)) rowIds.set(pageId, id)
  await dropChunks(
    db,
    dropped.map(({ id }) => id),
  )
  const { deleted } = await retirePages(db, stored, gone, startedAt)
  const held = await listHeldPages(db, space.id)
  counts.deleted = deleted
  if (held.length > 0) counts.held = held.length
  countExclusions(listed, counts)
  counts.updated = alreadyIndexed
  counts.unchanged = listed.size - counts.excluded - alreadyIndexed - toIndex.length
  return { comparison, rowIds }
}

function countExclusions(listed: ReadonlyMap<string, ListedPage>, counts: RunCounts): void {
  const byRule: Record<string, number> = {}
  for (const { exclusion } of listed.values())
    if (exclusion !== undefined) {
      byRule[exclusion] = (byRule[exclusion] ?? 0) + 1
      counts.excluded += 1
    }
  if (counts.excluded > 0) counts.excludedBy = byRule
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

function toRow(page: ListedPage, isStale: boolean): PageRow {
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
    accessSetId: page.accessSetId,
    exclusion: page.exclusion ?? null,
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
