// One run for one space: census → compare → permissions → index what changed → sweep. The run's counts are its proof.
// Knows no HTTP and no SQL; a run that did not see the complete census hides and deletes nothing. A run that is taken up
// again lists anew and finds what is stored already: only batches that were in flight are fetched twice.
import type { Database } from '../../db/database.ts'
import { purgeUnusedLayers } from '../../db/queries/access.ts'
import {
  dropChunks,
  listHeldPages,
  listLivingPages,
  listStoredPages,
  type PageRow,
  upsertPages,
} from '../../db/queries/pages.ts'
import { countParts } from '../../db/queries/page-parts.ts'
import { countStoredPages, type Space, updateSpace } from '../../db/queries/spaces.ts'
import { type SyncRun, updateRunCounts } from '../../db/queries/sync-runs.ts'
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import type { RunCounts } from '../../db/schema/sync-runs.ts'
import type { ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import { compareCensus, type Comparison, type ListedPage } from './compare.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { findExclusion, isArchivedAway, isInScope, isSpaceArchivedAway } from './exclusions.ts'
import { findMatches, missesMost } from './find-matches.ts'
import { type IndexJob, indexPages } from './index-pages.ts'
import { indexParts } from './index-parts.ts'
import { listSpace, type SpaceListing } from './list-space.ts'
import { createPathFinder } from './page-path.ts'
import type { PartJob } from './part-job.ts'
import { readersOf, storeLayers } from './permission-census.ts'
import { retirePages } from './retire-pages.ts'
import { type StallGuard, stallMs, startStallGuard } from './stall-guard.ts'
import { storePrincipals } from './store-principals.ts'

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
  /** Nothing moved for so long: the run is ended. */
  stallLimitMs?: number
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
  using stall = startStallGuard(job.stallLimitMs ?? stallMs, signal)
  const startedAt = job.now()
  const siteSpace = toSiteSpace(space)
  const counts = { ...noCounts }
  const saveCounts = async (): Promise<void> => {
    stall.touch()
    await updateRunCounts(db, run, counts)
  }

  const known = await listLivingPages(db, space.id)
  const listing = await listSpace(
    {
      site,
      space: siteSpace,
      known,
      isLeftOut: (page) =>
        isSpaceArchivedAway(space, job.scope, job.exclusions) || isArchivedAway(page, job.exclusions),
      onListed: async (pages) => {
        counts.listed = pages
        await saveCounts()
      },
      onProgress: stall.touch,
    },
    stall.signal,
  )
  const covered = await describeCovered(job, siteSpace, listing, known, stall)
  counts.listed = covered.pages.size
  await saveCounts()
  const principals = await storePrincipals(
    { db, site, connectionId: space.connectionId, now: startedAt, onProgress: stall.touch },
    readersOf(listing.permissions),
    stall.signal,
  )
  const { listed, comparison, rowIds } = await storeListing(job, listing, covered, principals, startedAt, counts)
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
    watermarkAt: newestChange(covered.pages, space.watermarkAt),
    error: limitOf(listing.permissions.spaceReaders === 'unreadable', space.key),
  })
  return counts
}

/** A page of the census with everything that decides whether and how it is stored, but its readers. */
export type CoveredPage = Omit<ListedPage, 'accessSetId'>
type Coverage = {
  pages: Map<string, CoveredPage>
  /** Most of what is stored is missing only because a search did not find it: that deletes nothing. */
  isDoubtful: boolean
}

/** The pages that the connection covers; those beside them are as if they were not there. */
async function describeCovered(
  { site, scope, exclusions }: SpaceRun,
  space: SiteSpace,
  { census, permissions }: SpaceListing,
  known: { pageId: string }[],
  stall: StallGuard,
): Promise<Coverage> {
  const stored = known.map(({ pageId }) => pageId).filter((pageId) => census.has(pageId))
  const matches =
    scope.kind === 'cql'
      ? await findMatches(site, space, scope.query, stored, stall.touch, stall.signal)
      : new Set<string>()
  const isWholeSpaceLeftOut = isSpaceArchivedAway(space, scope, exclusions)
  const pathOf = createPathFinder(permissions.places)
  const pages = new Map<string, CoveredPage>()
  for (const page of census.values()) {
    const described = { ...page, ...pathOf(page.pageId), labels: permissions.labels.get(page.pageId) ?? [] }
    if (isInScope(described, scope, matches))
      pages.set(page.pageId, {
        ...described,
        exclusion: isWholeSpaceLeftOut ? 'archived' : findExclusion(described, exclusions),
      })
  }
  return { pages, isDoubtful: scope.kind === 'cql' && missesMost(stored, matches) }
}

type Stored = { listed: Map<string, ListedPage>; comparison: Comparison; rowIds: Map<string, number> }

/**
 * Makes the store say what the site says, in one transaction: who may read what, the rows of the pages, the access sets of
 * their chunks; and stops serving what is no longer listed or a rule leaves out. From here on the filter is the new one.
 */
async function storeListing(
  { database: { db }, run, space, requireLease }: SpaceRun,
  { permissions }: SpaceListing,
  { pages, isDoubtful }: Coverage,
  principals: ReadonlyMap<string, number>,
  startedAt: Date,
  counts: RunCounts,
): Promise<Stored> {
  await requireLease()
  const stored = await listStoredPages(db, space.id)
  const rowIds = new Map(stored.map((page) => [page.pageId, page.id]))
  return db.transaction(async (tx) => {
    const { accessSets, spaceLayerId } = await storeLayers(tx, {
      connectionId: space.connectionId,
      space: toSiteSpace(space),
      permissions,
      principals,
      pageIds: [...pages.keys()].filter((pageId) => permissions.tree.has(pageId)),
      readAt: startedAt,
    })
    await updateSpace(tx, space.id, { layerId: spaceLayerId })
    const listed = new Map([...pages].map(([id, page]) => [id, withAccess(page, accessSets.get(id))]))
    const comparison = compareCensus(listed, stored, { id: run.id, isFull: run.kind === 'full' })
    const { changed, toIndex, alreadyIndexed, staleIds, gone, dropped } = comparison
    const rows = changed.map((page) => toRow(page, staleIds.has(page.pageId)))
    for (const [pageId, id] of await upsertPages(tx, space.id, rows)) rowIds.set(pageId, id)
    await dropChunks(
      tx,
      dropped.map(({ id }) => id),
    )
    const { deleted } = await retirePages(tx, stored, gone, startedAt, isDoubtful)
    const held = await listHeldPages(tx, space.id)
    counts.deleted = deleted
    if (held.length > 0) counts.held = held.length
    countExclusions(listed, counts)
    counts.updated = alreadyIndexed
    counts.unchanged = listed.size - counts.excluded - alreadyIndexed - toIndex.length
    return { listed, comparison, rowIds }
  })
}

export function withAccess(page: CoveredPage, accessSetId: number | undefined): ListedPage {
  if (accessSetId === undefined && page.exclusion === undefined)
    throw new Error(`page ${page.pageId} has no access set`)
  return { ...page, accessSetId: accessSetId ?? null }
}

export function countExclusions(listed: ReadonlyMap<string, ListedPage>, counts: RunCounts): void {
  const byRule: Record<string, number> = {}
  for (const { exclusion } of listed.values())
    if (exclusion !== undefined) {
      byRule[exclusion] = (byRule[exclusion] ?? 0) + 1
      counts.excluded += 1
    }
  if (counts.excluded > 0) counts.excludedBy = byRule
}

export function toSiteSpace(space: Space): SiteSpace {
  return {
    spaceId: space.spaceId,
    key: space.key,
    name: space.name,
    type: space.type,
    status: space.status,
    homepageId: space.homepageId ?? undefined,
  }
}

export function toRow(page: ListedPage, isStale: boolean): PageRow {
  return {
    pageId: page.pageId,
    kind: page.kind,
    title: page.title,
    status: page.status,
    parentId: page.parentId ?? null,
    parentType: page.parentType ?? null,
    ancestorIds: page.ancestorIds,
    ancestorTitles: page.ancestorTitles,
    position: page.position ?? null,
    versionNumber: page.versionNumber,
    versionAt: page.versionAt.toISOString(),
    sourceCreatedAt: page.createdAt?.toISOString() ?? null,
    authorId: page.authorId ?? null,
    lastEditorId: page.lastEditorId ?? null,
    labels: page.labels,
    webPath: page.webPath,
    accessSetId: page.accessSetId,
    exclusion: page.exclusion ?? null,
    isStale,
  }
}

function newestChange(census: ReadonlyMap<string, { versionAt: Date }>, before: Date | null): Date | null {
  let newest = before
  for (const page of census.values()) if (newest === null || page.versionAt > newest) newest = page.versionAt
  return newest
}

function limitOf(isUnreadable: boolean, key: string): string | null {
  return isUnreadable
    ? `This credential may not read who can see space ${key}, so nobody is shown its pages. Give its account the right to view the space's permissions, or use shared access.`
    : null
}
