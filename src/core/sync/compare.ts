// Census against store: what to fetch, what only changed around its text, what is gone. Pure.
import type { StoredPage } from '../../db/queries/pages.ts'
import type { CensusPage } from '../confluence/site.ts'
import type { PagePath } from './page-path.ts'

export type ListedPage = CensusPage &
  PagePath & {
    labels: string[]
    /** Null: left out without its readers having been asked for. */
    accessSetId: number | null
    /** The rule that leaves the page out. */
    exclusion: string | undefined
  }

export type Comparison = {
  /** Listed pages whose row in the store says something else, or is missing. */
  changed: ListedPage[]
  /** Listed pages whose chunks have to be made (again). */
  toIndex: ListedPage[]
  /** How many pages this run has indexed before it was interrupted. */
  alreadyIndexed: number
  /** Ids of listed pages whose title, path or labels changed since their chunks were made, whatever their version says. */
  staleIds: Set<string>
  /** Stored pages that the complete census no longer lists. */
  gone: StoredPage[]
  /** Pages that a rule leaves out by now, with chunks or with a failure. */
  dropped: StoredPage[]
  /** Fingerprints of stored chunks by Confluence's page id. */
  fingerprints: Map<string, string>
}

/** A full run indexes everything again that it has not indexed yet. */
export function compareCensus(
  listed: ReadonlyMap<string, ListedPage>,
  stored: StoredPage[],
  run: { id: number; isFull: boolean },
): Comparison {
  const before = new Map(stored.map((page) => [page.pageId, page]))
  const comparison: Comparison = {
    changed: [],
    toIndex: [],
    alreadyIndexed: 0,
    staleIds: new Set(),
    gone: stored.filter((page) => page.tombstonedAt === null && !listed.has(page.pageId)),
    dropped: [],
    fingerprints: new Map(
      stored.flatMap((page) => (page.fingerprint === null ? [] : [[page.pageId, page.fingerprint] as const])),
    ),
  }
  for (const page of listed.values()) {
    const known = before.get(page.pageId)
    const isNewContext = known !== undefined && hasNewContext(page, known)
    // Held pages keep their chunks: what changed while they were hidden counts as well.
    const isStale = isNewContext && known.indexedVersion !== null
    if (isStale) comparison.staleIds.add(page.pageId)
    if (known === undefined || isNewContext || hasNewRow(page, known)) comparison.changed.push(page)
    if (page.exclusion !== undefined) {
      if (known !== undefined && (known.indexedVersion !== null || known.failure !== null))
        comparison.dropped.push(known)
    } else if (isStale || needsIndexing(page, known, run)) comparison.toIndex.push(page)
    else if (known?.indexedByRun === run.id) comparison.alreadyIndexed += 1
  }
  return comparison
}

function needsIndexing(page: ListedPage, known: StoredPage | undefined, run: { id: number; isFull: boolean }): boolean {
  return (
    known === undefined ||
    known.indexedVersion !== page.versionNumber ||
    known.isStale ||
    known.failure !== null ||
    (run.isFull && known.indexedByRun !== run.id)
  )
}

function hasNewRow(page: ListedPage, known: StoredPage): boolean {
  return (
    known.tombstonedAt !== null ||
    page.kind !== known.kind ||
    page.status !== known.status ||
    (page.parentId ?? null) !== known.parentId ||
    (page.position ?? null) !== known.position ||
    page.versionNumber !== known.versionNumber ||
    page.webPath !== known.webPath ||
    page.accessSetId !== known.accessSetId ||
    (page.exclusion ?? null) !== known.exclusion
  )
}

/** What chunks are found by besides the page's own text. */
function hasNewContext(page: ListedPage, known: StoredPage): boolean {
  return (
    page.title !== known.title ||
    page.labels.toSorted().join('\n') !== known.labels.toSorted().join('\n') ||
    page.ancestorIds.join('\n') !== known.ancestorIds.join('\n') ||
    page.ancestorTitles.join('\n') !== known.ancestorTitles.join('\n')
  )
}
