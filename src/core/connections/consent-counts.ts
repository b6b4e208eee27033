// The pages of one space as the disclaimer counts them: covered, left out, restricted, as far as a time limit allows.
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import { ConnectionRevokedError, TransientError, isFootnoteError } from '../../errors.ts'
import type { CensusPage, ConfluenceSite, PagePermissions, SiteSpace } from '../confluence/site.ts'
import { eachAtATime } from '../sync/each-at-a-time.ts'
import { findExclusion, isArchivedAway, isInScope } from '../sync/exclusions.ts'
import { type Placed, createPathFinder } from '../sync/page-path.ts'

export type Wanted = { scope: Scope; exclusions: Exclusions }

export type SpaceCount = {
  pages: number
  isMore: boolean
  isPartlyRead: boolean
  excluded: Record<string, number>
  /** Undefined where the site does not say. */
  restricted: number | undefined
}

/** Pages and folders that are asked for one by one, at most: search knows nothing of archived spaces and of the last minutes. */
const maxAsked = 250

/** `limit` ends the counting, `signal` everything. */
type Time = { limit: AbortSignal; ending: AbortSignal; signal: AbortSignal }

export async function countSpace(
  site: ConfluenceSite,
  space: SiteSpace,
  { scope, exclusions }: Wanted,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<SpaceCount> {
  const time: Time = { limit, ending: AbortSignal.any([limit, signal]), signal }
  const census = new Map<string, CensusPage>()
  const matches = new Set<string>()
  const found = new Map<string, PagePermissions>()
  const [isListed, isMatched, permissions] = await Promise.all([
    takeAll(site.iterateCensus(space, time.ending), (page) => census.set(page.pageId, page), time),
    scope.kind === 'cql'
      ? takeAll(site.iterateMatches(space, scope.query, time.ending), (pageId) => matches.add(pageId), time)
      : true,
    orUnknown(
      takeAll(site.iteratePermissions(space, time.ending), (page) => found.set(page.pageId, page), time),
      signal,
    ),
  ])
  const folders = await readFolders(site, census, permissions !== undefined, time)
  const tree = new Map<string, Placed>([...folders.read, ...census])
  const pathOf = createPathFinder(tree)
  const covered = [...census.values()].filter((page) => isInScope({ ...page, ...pathOf(page.pageId) }, scope, matches))
  const copied = covered.filter((page) => !isArchivedAway(page, exclusions))
  const areAsked = permissions !== undefined && (await askMissing(site, copied, found, time))
  const count: SpaceCount = {
    pages: 0,
    isMore: !isListed || !isMatched || (scope.kind === 'tree' && !folders.isWhole),
    isPartlyRead: permissions !== undefined && !(areAsked && folders.isWhole),
    excluded: {},
    restricted: permissions === undefined ? undefined : 0,
  }
  for (const page of covered) {
    const rule = findExclusion({ ...page, labels: found.get(page.pageId)?.labels ?? [] }, exclusions)
    if (rule !== undefined) count.excluded[rule] = (count.excluded[rule] ?? 0) + 1
    else {
      count.pages += 1
      if (count.restricted !== undefined && isRestricted(page.pageId, tree, found, folders.read)) count.restricted += 1
    }
  }
  return count
}

/** True when it came to the end of the list, false when the time was over before. */
async function takeAll<Row>(batches: AsyncIterable<Row[]>, take: (row: Row) => void, time: Time): Promise<boolean> {
  return whileTime(time, async () => {
    for await (const batch of batches) for (const row of batch) take(row)
  })
}

async function whileTime({ limit, signal }: Time, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) return false
    throw error
  }
}

/** Undefined where the site does not tell permissions: the disclaimer says so, and the sync has its own way to close the pages. */
async function orUnknown<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  try {
    return await work
  } catch (error) {
    signal.throwIfAborted()
    const isRefusal =
      isFootnoteError(error) && !(error instanceof TransientError) && !(error instanceof ConnectionRevokedError)
    if (isRefusal) return undefined
    throw error
  }
}

/** Pages that search did not find, one by one. False when some were not asked for. */
async function askMissing(
  site: ConfluenceSite,
  copied: CensusPage[],
  found: Map<string, PagePermissions>,
  time: Time,
): Promise<boolean> {
  const missing = copied.filter(({ pageId }) => !found.has(pageId))
  const isInTime = await whileTime(time, () =>
    eachAtATime(missing.slice(0, maxAsked), 4, time.ending, async ({ kind, pageId }, ending) => {
      found.set(pageId, await site.fetchPagePermissions(kind, pageId, ending))
    }),
  )
  return isInTime && missing.length <= maxAsked
}

type Folder = Pick<CensusPage, 'title' | 'parentId' | 'parentType'> & { isRestricted: boolean }

/** The folders and the like above the pages, which no listing names. */
async function readFolders(
  site: ConfluenceSite,
  census: ReadonlyMap<string, CensusPage>,
  asksReaders: boolean,
  time: Time,
): Promise<{ read: Map<string, Folder>; isWhole: boolean }> {
  const read = new Map<string, Folder>()
  let waiting: Pick<CensusPage, 'parentId' | 'parentType'>[] = [...census.values()]
  while (waiting.length > 0) {
    const above = new Map<string, CensusPage['parentType']>()
    for (const { parentId, parentType } of waiting)
      if (parentId !== undefined && !census.has(parentId) && !read.has(parentId)) above.set(parentId, parentType)
    const asked = [...above].slice(0, Math.max(0, maxAsked - read.size))
    waiting = []
    const isInTime = await whileTime(time, () =>
      eachAtATime(asked, 4, time.ending, async ([folderId, type], ending) => {
        const folder = await readFolder(site, folderId, type, asksReaders, ending)
        read.set(folderId, folder)
        waiting.push(folder)
      }),
    )
    if (!isInTime || asked.length < above.size) return { read, isWhole: false }
  }
  return { read, isWhole: true }
}

async function readFolder(
  site: ConfluenceSite,
  folderId: string,
  type: CensusPage['parentType'],
  asksReaders: boolean,
  signal: AbortSignal,
): Promise<Folder> {
  const above = await site.fetchAncestor(folderId, type, signal)
  if (above === 'unreadable') return { title: '', parentId: undefined, parentType: undefined, isRestricted: true }
  const isRestricted = asksReaders && (await site.fetchContentReaders(folderId, signal)) !== undefined
  return { ...above, isRestricted }
}

/** By its own restriction, or that of a page or folder above it. */
function isRestricted(
  pageId: string,
  tree: ReadonlyMap<string, Placed>,
  permissions: ReadonlyMap<string, PagePermissions>,
  folders: ReadonlyMap<string, Folder>,
): boolean {
  const seen = new Set<string>()
  for (let id: string | undefined = pageId; id !== undefined && !seen.has(id); id = tree.get(id)?.parentId) {
    seen.add(id)
    if (permissions.get(id)?.readers !== undefined || folders.get(id)?.isRestricted === true) return true
  }
  return false
}
