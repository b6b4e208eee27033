// What the disclaimer says, with numbers from the site: what would be copied, who reads it in Confluence, who would be able
// to ask. Counting ends at a cap; "more than" is concrete enough.
import { listInstallations } from '../../db/queries/installations.ts'
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import { ConnectionRevokedError, TransientError, isFootnoteError } from '../../errors.ts'
import { listOpenSpaces } from '../confluence/open-spaces.ts'
import type { CensusPage, ConfluenceSite, PagePermissions, SiteSpace } from '../confluence/site.ts'
import type { SiteOptions } from '../confluence/site-options.ts'
import type { Core } from '../core.ts'
import { eachAtATime } from '../sync/each-at-a-time.ts'
import { findExclusion, isArchivedAway, isInScope, isSpaceArchivedAway } from '../sync/exclusions.ts'
import { type Placed, createPathFinder } from '../sync/page-path.ts'
import { describeExclusions } from './exclusion-rules.ts'

export type ConsentFacts = {
  /** Pages that would be copied; at least so many where `isMore`. */
  pages: number
  isMore: boolean
  spaces: string[]
  personalSpaces: number
  /** Pages that a rule leaves out, by the rule; every rule there is, also those that fit nothing. */
  excluded: Record<string, number>
  /** Of the pages that would be copied, those that Confluence shows to some people only; undefined: it did not say. */
  restricted: number | undefined
  /** Keys of those spaces that anybody reads without signing in; undefined: the site did not say. */
  openSpaces: string[] | undefined
  /** Slack workspaces and Teams tenants from which people will be able to ask. */
  askers: string[]
}

const maxCountedPages = 5_000
/** Pages of a space whose restrictions are asked for one by one. */
const maxAskedPages = 100

type Wanted = { scope: Scope; exclusions: Exclusions; selected: SiteSpace[] }

export async function collectFacts(
  core: Core,
  site: ConfluenceSite,
  wanted: Wanted,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<ConsentFacts> {
  const { scope, exclusions } = wanted
  const selected = wanted.selected.filter((space) => !isSpaceArchivedAway(space, scope, exclusions))
  const counts: Counts = {
    listed: 0,
    pages: 0,
    restricted: 0,
    excluded: Object.fromEntries(describeExclusions(exclusions).map((rule) => [rule, 0])),
  }
  for (const space of selected) {
    await countSpace(site, space, wanted, counts, signal)
    if (counts.listed > maxCountedPages) break
  }
  const open = await listOpenSpaces(site.address, options, signal)
  const keys = selected.map(({ key }) => key)
  const installations = await listInstallations(core.database.db)
  return {
    pages: counts.pages,
    isMore: counts.listed > maxCountedPages,
    spaces: keys,
    personalSpaces: selected.filter(({ type }) => type === 'personal').length,
    excluded: counts.excluded,
    restricted: counts.restricted,
    openSpaces: open === undefined ? undefined : keys.filter((key) => open.includes(key)),
    askers: installations.map(
      ({ platform, tenantId, name }) =>
        `${platform === 'slack' ? 'the Slack workspace' : 'the Teams tenant'} ${name === '' ? tenantId : name}`,
    ),
  }
}

type Counts = { listed: number; pages: number; restricted: number | undefined; excluded: Record<string, number> }

async function countSpace(
  site: ConfluenceSite,
  space: SiteSpace,
  { scope, exclusions }: Wanted,
  counts: Counts,
  signal: AbortSignal,
): Promise<void> {
  const census = new Map<string, CensusPage>()
  for await (const batch of site.iterateCensus(space, signal)) {
    for (const page of batch) census.set(page.pageId, page)
    if (counts.listed + census.size > maxCountedPages) break
  }
  const matches = new Set<string>()
  if (scope.kind === 'cql')
    for await (const ids of site.iterateMatches(space, scope.query, signal)) for (const id of ids) matches.add(id)
  const copied = [...census.values()].filter((page) => !isArchivedAway(page, exclusions))
  const permissions = await readPermissions(site, space, copied, signal)
  // A tree goes through folders.
  const above = permissions === undefined && scope.kind !== 'tree' ? undefined : await readFolders(site, census, signal)
  if (permissions === undefined || above === undefined) counts.restricted = undefined
  const pathOf = createPathFinder(new Map<string, Placed>([...(above ?? []), ...census]))
  for (const page of census.values()) {
    if (!isInScope({ ...page, ...pathOf(page.pageId) }, scope, matches)) continue
    counts.listed += 1
    const rule = findExclusion({ ...page, labels: permissions?.get(page.pageId)?.labels ?? [] }, exclusions)
    if (rule !== undefined) counts.excluded[rule] = (counts.excluded[rule] ?? 0) + 1
    else {
      counts.pages += 1
      if (counts.restricted !== undefined && isRestricted(page, census, permissions, above)) counts.restricted += 1
    }
  }
}

/** Undefined where the site does not tell them: the disclaimer says so, and the sync has its own way to close the pages. */
async function readPermissions(
  site: ConfluenceSite,
  space: SiteSpace,
  copied: CensusPage[],
  signal: AbortSignal,
): Promise<Map<string, PagePermissions> | undefined> {
  const found = new Map<string, PagePermissions>()
  try {
    for await (const batch of site.iteratePermissions(space, signal)) {
      for (const page of batch) found.set(page.pageId, page)
      if (found.size > maxCountedPages) break
    }
    // Search knows nothing of archived spaces, and little of the last minutes.
    const missing = copied.filter(({ pageId }) => !found.has(pageId))
    if (missing.length > maxAskedPages) return undefined
    await eachAtATime(missing, 4, signal, async ({ kind, pageId }, ending) => {
      found.set(pageId, await site.fetchPagePermissions(kind, pageId, ending))
    })
    return found
  } catch (error) {
    signal.throwIfAborted()
    if (!isFootnoteError(error) || error instanceof TransientError || error instanceof ConnectionRevokedError)
      throw error
    return undefined
  }
}

type Folder = Placed & { isRestricted: boolean }

/** The folders and the like above the pages, which no listing names; undefined when there are too many to ask for. */
async function readFolders(
  site: ConfluenceSite,
  census: ReadonlyMap<string, CensusPage>,
  signal: AbortSignal,
): Promise<Map<string, Folder> | undefined> {
  const folders = new Map<string, Folder>()
  let waiting: { id: string; type: CensusPage['parentType'] }[] = [...census.values()].flatMap((page) =>
    page.parentId === undefined || census.has(page.parentId) ? [] : [{ id: page.parentId, type: page.parentType }],
  )
  while (waiting.length > 0) {
    const asked = [...new Map(waiting.map((each) => [each.id, each])).values()].filter(({ id }) => !folders.has(id))
    if (folders.size + asked.length > maxAskedPages) return undefined
    waiting = []
    await eachAtATime(asked, 4, signal, async ({ id, type }, ending) => {
      const above = await site.fetchAncestor(id, type, ending)
      if (above === 'unreadable') {
        folders.set(id, { title: '', isRestricted: true })
        return
      }
      const { readers } = await site.fetchPagePermissions('page', id, ending)
      folders.set(id, { parentId: above.parentId, title: above.title, isRestricted: readers !== undefined })
      if (above.parentId !== undefined && !census.has(above.parentId))
        waiting.push({ id: above.parentId, type: above.parentType })
    })
  }
  return folders
}

/** By its own restriction, or that of a page or folder above it. */
function isRestricted(
  page: CensusPage,
  census: ReadonlyMap<string, CensusPage>,
  permissions: ReadonlyMap<string, PagePermissions> | undefined,
  folders: ReadonlyMap<string, Folder> | undefined,
): boolean {
  const seen = new Set<string>()
  for (let id: string | undefined = page.pageId; id !== undefined && !seen.has(id);) {
    seen.add(id)
    const folder: Folder | undefined = folders?.get(id)
    if (permissions?.get(id)?.readers !== undefined || folder?.isRestricted === true) return true
    id = census.get(id)?.parentId ?? folder?.parentId
  }
  return false
}
