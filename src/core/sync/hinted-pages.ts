// The pages of a run for some of them: what the site says of each by its id, and whether the connection covers it.
import type { WaitingHint } from '../../db/queries/page-hints.ts'
import { type StoredPage, listStoredPages } from '../../db/queries/pages.ts'
import type { Space } from '../../db/queries/spaces.ts'
import type { PageOutcome, RunCounts } from '../../db/schema/sync-runs.ts'
import type { CensusPage, CensusRow } from '../confluence/site.ts'
import { findExclusion, isInScope } from './exclusions.ts'
import { findMatches } from './find-matches.ts'
import { createPathFinder } from './page-path.ts'
import type { SpacePermissions } from './permission-census.ts'
import { type CoveredPage, type SpaceRun, toSiteSpace } from './run-space.ts'
import type { StallGuard } from './stall-guard.ts'

export type PagesRun = SpaceRun & {
  connectionName: string
  /** A page has moved to another synced space, which has the hint now. */
  requestPages: (space: Space) => Promise<void>
}

export type PagesState = {
  job: PagesRun
  stall: StallGuard
  startedAt: Date
  hints: WaitingHint[]
  /** What is stored in this space of the pages that were found. */
  stored: Map<string, StoredPage>
  counts: RunCounts
  outcomes: PageOutcome[]
}

/** The rows of what was hinted at. What is no page may hang on one: Data Center names a comment without its page. */
export async function lookUpHints(state: PagesState): Promise<{ rows: CensusRow[]; goneIds: string[] }> {
  const { job, stall } = state
  const { site, database, space } = job
  const load = async (pageIds: string[]): Promise<void> => {
    for (const page of await listStoredPages(database.db, space.id, pageIds)) state.stored.set(page.pageId, page)
  }
  const hinted = state.hints.map(({ pageId }) => pageId)
  await load(hinted)
  const rows = new Map<string, CensusRow>()
  const ask = async (pageIds: string[], kindOf: (pageId: string) => CensusPage['kind']): Promise<string[]> => {
    const wanted = pageIds.map((pageId) => ({ pageId, kind: kindOf(pageId) }))
    if (wanted.length > 0) for (const row of await site.fetchCensusRows(wanted, stall.signal)) rows.set(row.pageId, row)
    stall.touch()
    return pageIds.filter((pageId) => !rows.has(pageId))
  }
  const missing = await ask(hinted, (pageId) => state.stored.get(pageId)?.kind ?? 'page')
  const unknown = missing.filter((pageId) => !state.stored.has(pageId))
  const noPages = await ask(unknown, () => 'blogpost')
  const holders = new Map<string, string>()
  for (const contentId of noPages) {
    const holder = await site.findContainer(contentId, stall.signal)
    if (holder !== undefined) holders.set(contentId, holder)
  }
  const held = [...new Set(holders.values())].filter((pageId) => !rows.has(pageId))
  await load(held)
  const heldGone = await ask(held, (pageId) => state.stored.get(pageId)?.kind ?? 'page')
  const goneIds = [...missing, ...heldGone].filter((pageId) => !rows.has(pageId) && !holders.has(pageId))
  return { rows: [...rows.values()], goneIds: [...new Set(goneIds)] }
}

export async function describeCovered(
  { job, stall, stored }: PagesState,
  here: ReadonlyMap<string, CensusPage>,
  permissions: SpacePermissions,
  isLeftOut: boolean,
): Promise<{ covered: Map<string, CoveredPage>; outside: CensusPage[] }> {
  const { scope, exclusions } = job
  const matches = new Set<string>()
  if (scope.kind === 'cql') {
    // Search may be behind: what it found once stays until a census, which asks it for all, says otherwise.
    for (const { pageId, tombstonedAt } of stored.values()) if (tombstonedAt === null) matches.add(pageId)
    const fresh = [...here.keys()].filter((pageId) => !matches.has(pageId) && /^\d+$/.test(pageId))
    const query = `(${scope.query}) and id in (${fresh.join(',')})`
    if (fresh.length > 0)
      for (const id of await findMatches(job.site, toSiteSpace(job.space), query, [], stall.touch, stall.signal))
        matches.add(id)
  }
  const pathOf = createPathFinder(permissions.places)
  const covered = new Map<string, CoveredPage>()
  const outside: CensusPage[] = []
  for (const page of here.values()) {
    const described = { ...page, ...pathOf(page.pageId), labels: permissions.labels.get(page.pageId) ?? [] }
    const exclusion = isLeftOut ? 'archived' : findExclusion(described, exclusions)
    if (isInScope(described, scope, matches)) covered.set(page.pageId, { ...described, exclusion })
    else outside.push(page)
  }
  return { covered, outside }
}
