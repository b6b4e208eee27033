// A run for some pages of a space: those that somebody asked for, or that the site says have changed. They are read from the
// store by id, with everything above them, so that no listing and no search index can be behind. Moves neither the watermark
// nor the time of the last sync, and touches no other page but those below one whose readers became fewer.
import { findSpaceByConfluenceId, listChildren, tightenBelow } from '../../db/queries/page-trees.ts'
import { dropHints, listHints, upsertHints } from '../../db/queries/page-hints.ts'
import {
  type StoredPage,
  dropChunks,
  holdPages,
  listLivingPages,
  listStoredPages,
  tombstonePages,
  upsertPages,
} from '../../db/queries/pages.ts'
import { askForRerun, updateRunCounts } from '../../db/queries/sync-runs.ts'
import type { RunCounts } from '../../db/schema/sync-runs.ts'
import type { CensusPage, CensusRow } from '../confluence/site.ts'
import { type ListedPage, compareCensus } from './compare.ts'
import { isArchivedAway, isSpaceArchivedAway } from './exclusions.ts'
import { type PagesRun, type PagesState, describeCovered, lookUpHints } from './hinted-pages.ts'
import { indexPages } from './index-pages.ts'
import { indexParts } from './index-parts.ts'
import { describeExcluded, describeGone, describeIndexed, describeMoved, describeOutside } from './page-outcome.ts'
import { type SpacePermissions, completePermissions, readersOf, storeLayers } from './permission-census.ts'
import { isSuspicious } from './retire-pages.ts'
import { type CoveredPage, countExclusions, noCounts, toRow, toSiteSpace, withAccess } from './run-space.ts'
import { stallMs, startStallGuard } from './stall-guard.ts'
import { storePrincipals } from './store-principals.ts'

/** Pages that one run works; the rest follows. */
const maxPages = 250
const maxOutcomes = 50

/** Rejects with one of the four errors of `src/errors.ts` when the pages could not be looked at; the hints stay then. */
export async function runPages(job: PagesRun, signal: AbortSignal): Promise<RunCounts> {
  const { db } = job.database
  const counts = { ...noCounts }
  // Who may read the space is not known yet: a whole sync has to come first, and finds these pages too.
  if (job.space.layerId === null) {
    await askForRerun(db, job.run)
    return counts
  }
  using stall = startStallGuard(job.stallLimitMs ?? stallMs, signal)
  const hints = await listHints(db, job.space.id, maxPages)
  const state: PagesState = { job, stall, startedAt: job.now(), hints, stored: new Map(), counts, outcomes: [] }
  await workHints(state, job.space.layerId)
  await job.requireLease()
  await dropHints(db, job.space.id, hints)
  counts.stored = counts.updated + counts.unchanged
  counts.pages = state.outcomes.slice(0, maxOutcomes)
  await updateRunCounts(db, job.run, counts)
  return counts
}

async function workHints(state: PagesState, spaceLayerId: number): Promise<void> {
  const { job, stall } = state
  const { rows, goneIds } = await lookUpHints(state)
  const here = new Map<string, CensusPage>()
  const elsewhere: CensusRow[] = []
  for (const row of rows)
    if (row.spaceId === job.space.spaceId) here.set(row.pageId, row)
    else elsewhere.push(row)
  const isLeftOut = isSpaceArchivedAway(job.space, job.scope, job.exclusions)
  const permissions = await completePermissions(
    {
      site: job.site,
      spaceReaders: 'unreadable',
      listed: here,
      found: new Map(),
      isLeftOut: (page) => isLeftOut || isArchivedAway(page, job.exclusions),
      onProgress: stall.touch,
    },
    stall.signal,
  )
  const { covered, outside } = await describeCovered(state, here, permissions, isLeftOut)
  await passOn(state, elsewhere)
  await retire(state, [...goneIds, ...elsewhere.map(({ pageId }) => pageId), ...outside.map(({ pageId }) => pageId)])
  for (const pageId of goneIds) state.outcomes.push(describeGone(pageId, state.stored.get(pageId), false))
  for (const page of outside) state.outcomes.push(describeOutside(page, job.connectionName))
  if (covered.size > 0) await index(state, covered, permissions, spaceLayerId)
}

/** The space where a page is now looks at it next. */
async function passOn({ job, outcomes }: PagesState, elsewhere: CensusRow[]): Promise<void> {
  const { db } = job.database
  for (const row of elsewhere) {
    const space = await findSpaceByConfluenceId(db, job.space.connectionId, row.spaceId)
    outcomes.push(describeMoved(row, space?.key, job.connectionName))
    if (space === undefined) continue
    await upsertHints(db, [{ spaceId: space.id, pageId: row.pageId }], job.now())
    await job.requestPages(space)
  }
}

/** Takes pages out of the answers at once. Where very many vanish they are only hidden, as after a census. */
async function retire(state: PagesState, pageIds: string[]): Promise<void> {
  const { job, stored, counts } = state
  const { db } = job.database
  const gone = pageIds.flatMap((pageId) => stored.get(pageId) ?? []).filter(({ tombstonedAt }) => tombstonedAt === null)
  if (gone.length === 0) return
  await job.requireLease()
  await askForRerunBelow(state, gone)
  const ids = gone.map(({ id }) => id)
  // Few are never suspicious, and then nobody needs to count the rest.
  const isHeld =
    isSuspicious(gone.length, 0) && isSuspicious(gone.length, (await listLivingPages(db, job.space.id)).length)
  if (isHeld) {
    await holdPages(db, ids, state.startedAt)
    counts.held = ids.length
  } else {
    await tombstonePages(db, ids, state.startedAt)
    counts.deleted = ids.length
  }
}

/** What is below a page that is gone, moved or renamed has another place or another path: a census finds out. */
async function askForRerunBelow({ job }: PagesState, changed: { pageId: string }[]): Promise<void> {
  const { db } = job.database
  const ids = changed.map(({ pageId }) => pageId)
  if (ids.length > 0 && (await listChildren(db, job.space.id, ids)).length > 0) await askForRerun(db, job.run)
}

async function index(
  state: PagesState,
  covered: ReadonlyMap<string, CoveredPage>,
  permissions: SpacePermissions,
  spaceLayerId: number,
): Promise<void> {
  const { job, stall, counts, outcomes } = state
  const { database, site, space, run } = job
  const { listed, rowIds, toIndex, fingerprints } = await store(state, covered, permissions, spaceLayerId)
  counts.listed = listed.size
  countExclusions(listed, counts)
  await indexPages(
    {
      database,
      site,
      space: toSiteSpace(space),
      connectionId: space.connectionId,
      listed,
      rowIds,
      fingerprints,
      runId: run.id,
      beforeBatch: job.requireLease,
      onBatch: async ({ failed }) => {
        counts.failed += failed
        stall.touch()
      },
    },
    toIndex,
    stall.signal,
  )
  await indexPartsOf(state, listed, rowIds, toIndex)
  const after = new Map(
    (await listStoredPages(database.db, space.id, [...listed.keys()])).map((page) => [page.pageId, page]),
  )
  for (const page of listed.values()) {
    const now = after.get(page.pageId)
    if (page.exclusion !== undefined) outcomes.push(describeExcluded(page, page.exclusion))
    else if (now !== undefined) {
      const outcome = describeIndexed(state.stored.get(page.pageId), now)
      if (outcome.what !== 'failed') counts[outcome.what === 'unchanged' ? 'unchanged' : 'updated'] += 1
      outcomes.push(outcome)
    }
  }
}

/** Attachments and comments of the pages, where the site lists them page by page; elsewhere they wait for the next census. */
async function indexPartsOf(
  { job, stall }: PagesState,
  listed: ReadonlyMap<string, ListedPage>,
  rowIds: ReadonlyMap<string, number>,
  served: ListedPage[],
): Promise<void> {
  const ids = served.map(({ pageId }) => pageId)
  const parts = ids.length === 0 ? undefined : job.site.iteratePageParts(ids, stall.signal)
  if (parts === undefined) return
  const { database, site, space, run, attachments, now } = job
  await indexParts(
    {
      database,
      site,
      connectionId: space.connectionId,
      space: toSiteSpace(space),
      spaceRowId: space.id,
      listed,
      rowIds,
      parts,
      attachments,
      runId: run.id,
      isFull: false,
      now,
      beforeBatch: job.requireLease,
      onProgress: stall.touch,
    },
    stall.signal,
  )
}

/** As after a census, for these pages: layers, rows, access sets of chunks, in one transaction. */
async function store(
  state: PagesState,
  covered: ReadonlyMap<string, CoveredPage>,
  permissions: SpacePermissions,
  spaceLayerId: number,
) {
  const { job, stall, startedAt, stored } = state
  const { database, site, space, run } = job
  const { connectionId } = space
  const principals = await storePrincipals(
    { db: database.db, site, connectionId, now: startedAt, onProgress: stall.touch },
    readersOf(permissions),
    stall.signal,
  )
  await job.requireLease()
  const before = [...covered.keys()].flatMap((pageId) => stored.get(pageId) ?? [])
  const written = await database.db.transaction(async (tx) => {
    const { accessSets } = await storeLayers(tx, {
      connectionId,
      space: toSiteSpace(space),
      permissions,
      principals,
      spaceLayerId,
      pageIds: [...covered.keys()].filter((pageId) => permissions.tree.has(pageId)),
      readAt: startedAt,
    })
    const listed = new Map([...covered].map(([id, page]) => [id, withAccess(page, accessSets.get(id))]))
    const comparison = compareCensus(listed, before, { id: run.id, isFull: true })
    const rows = [...listed.values()].map((page) => toRow(page, comparison.staleIds.has(page.pageId)))
    const rowIds = await upsertPages(tx, space.id, rows)
    await dropChunks(
      tx,
      comparison.dropped.map(({ id }) => id),
    )
    for (const page of listed.values())
      if (hasOtherReaders(page, stored.get(page.pageId))) await tightenBelow(tx, connectionId, space.id, page.pageId)
    return { listed, rowIds, fingerprints: comparison.fingerprints }
  })
  const moved = [...written.listed.values()].filter((page) => hasOtherPlace(page, stored.get(page.pageId)))
  await askForRerunBelow(state, moved)
  return { ...written, toIndex: [...written.listed.values()].filter(({ exclusion }) => exclusion === undefined) }
}

function hasOtherReaders({ accessSetId }: ListedPage, before: StoredPage | undefined): boolean {
  return accessSetId !== null && before !== undefined && before.accessSetId !== accessSetId
}

function hasOtherPlace(page: ListedPage, before: StoredPage | undefined): boolean {
  return (
    before === undefined ||
    before.tombstonedAt !== null ||
    before.title !== page.title ||
    before.accessSetId !== page.accessSetId ||
    before.ancestorIds.join('\n') !== page.ancestorIds.join('\n')
  )
}
