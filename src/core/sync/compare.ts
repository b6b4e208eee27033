// Census against store: what to fetch, what only changed around its text, what is gone. Pure.
import type { StoredPage } from '../../db/queries/pages.ts'
import type { CensusPage } from '../confluence/site.ts'

export type ListedPage = CensusPage & { labels: string[] }

export type Comparison = {
  /** Listed pages whose chunks have to be made (again). */
  toIndex: ListedPage[]
  /** Ids of listed pages whose title, path or labels changed although their version did not. */
  staleIds: Set<string>
  /** Stored pages that the complete census no longer lists. */
  gone: StoredPage[]
}

export function compareCensus(
  listed: ReadonlyMap<string, ListedPage>,
  stored: StoredPage[],
  isFull: boolean,
): Comparison {
  const before = new Map(stored.map((page) => [page.pageId, page]))
  const staleIds = new Set<string>()
  const toIndex: ListedPage[] = []
  for (const page of listed.values()) {
    const known = before.get(page.pageId)
    const isStale = known !== undefined && known.tombstonedAt === null && hasNewContext(page, known, listed, before)
    if (isStale) staleIds.add(page.pageId)
    if (isFull || isStale || needsIndexing(page, known)) toIndex.push(page)
  }
  return {
    toIndex,
    staleIds,
    gone: stored.filter((page) => page.tombstonedAt === null && !listed.has(page.pageId)),
  }
}

function needsIndexing(page: ListedPage, known: StoredPage | undefined): boolean {
  return (
    known === undefined ||
    known.tombstonedAt !== null ||
    known.indexedVersion !== page.versionNumber ||
    known.isStale ||
    known.failure !== null
  )
}

function hasNewContext(
  page: ListedPage,
  known: StoredPage,
  listed: ReadonlyMap<string, ListedPage>,
  before: ReadonlyMap<string, StoredPage>,
): boolean {
  return (
    page.title !== known.title ||
    page.labels.toSorted().join('\n') !== known.labels.toSorted().join('\n') ||
    ancestorTitles(page.pageId, listed).join('\n') !== ancestorTitles(page.pageId, before).join('\n')
  )
}

type Titled = { title: string; parentId?: string | null | undefined }

/** Titles of the ancestors that are pages of the space, top first; stops at a folder, an unlisted page or a cycle. */
export function ancestorTitles(pageId: string, tree: ReadonlyMap<string, Titled>): string[] {
  const titles: string[] = []
  const seen = new Set([pageId])
  let parentId = tree.get(pageId)?.parentId ?? undefined
  while (parentId !== undefined && !seen.has(parentId)) {
    seen.add(parentId)
    const parent = tree.get(parentId)
    if (parent === undefined) break
    titles.unshift(parent.title)
    parentId = parent.parentId ?? undefined
  }
  return titles
}
