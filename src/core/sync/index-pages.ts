// Bodies of changed pages → blocks → chunks → index, batch by batch.
import PQueue from 'p-queue'
import type { Database } from '../../db/database.ts'
import { type IndexedPage, type PageLink, writeIndexedPages } from '../../db/queries/indexed-pages.ts'
import { markFailed } from '../../db/queries/pages.ts'
import type { ConfluenceSite, PageBodies, PageBody, SiteSpace } from '../confluence/site.ts'
import type { PageReference } from '../content/block.ts'
import { chunkPage } from '../content/chunk.ts'
import { fingerprintOf } from '../content/fingerprint.ts'
import { parseStorage } from '../content/parse-storage.ts'
import { termsOfPage } from '../search/index-terms.ts'
import type { ListedPage } from './compare.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { findMentionedNames } from './mentioned-names.ts'

export type IndexJob = {
  database: Database
  site: ConfluenceSite
  connectionId: number
  space: SiteSpace
  listed: ReadonlyMap<string, ListedPage>
  /** Our row ids by Confluence's page id. */
  rowIds: ReadonlyMap<string, number>
  /** Fingerprints of stored chunks by Confluence's page id; a page that keeps its fingerprint keeps its chunks. */
  fingerprints: ReadonlyMap<string, string>
  runId: number
  /** Rejects when the run must not write any more. */
  beforeBatch: () => Promise<void>
  onBatch: (result: { updated: number; failed: number }) => Promise<void>
}

/** Batches of a run whose text is on its way, or waits. */
const batchesAtATime = 2
/**
 * Of all runs in this process, so many batches are parsed and written at a time: one is parsed while the other is written. More
 * of them would only hold more in memory: 10,000 pages by four runs peaked at 530 MB without this (November 2026).
 */
const indexing = new PQueue({ concurrency: 2 })

/** Storage format above this size is not indexed: no page that people wrote is that long. */
const maxStorageCharacters = 5_000_000

export async function indexPages(job: IndexJob, pages: ListedPage[], signal: AbortSignal): Promise<void> {
  const size = job.site.bodyBatchSize
  const batches = [...Map.groupBy(pages, ({ kind }) => kind)].flatMap(([kind, each]) =>
    Array.from({ length: Math.ceil(each.length / size) }, (_, i) => ({
      kind,
      pageIds: each.slice(i * size, (i + 1) * size).map((page) => page.pageId),
    })),
  )
  await eachAtATime(batches, batchesAtATime, signal, async ({ kind, pageIds }, ending) => {
    const fetched = await job.site.fetchBodies(kind, pageIds, ending)
    await job.onBatch(await indexing.add(() => indexBatch(job, pageIds, fetched, ending), { signal: ending }))
  })
}

async function indexBatch(
  job: IndexJob,
  pageIds: string[],
  fetched: PageBodies,
  signal: AbortSignal,
): Promise<{ updated: number; failed: number }> {
  const names = await findMentionedNames(job, fetched.bodies, signal)
  const bodies = new Map(fetched.bodies.map((body) => [body.pageId, body]))
  const reasons = new Map(fetched.failures.map(({ pageId, reason }) => [pageId, reason]))
  const indexed: IndexedPage[] = []
  const failures: { id: number; reason: string }[] = []
  for (const pageId of pageIds) {
    const id = job.rowIds.get(pageId)
    if (id === undefined) continue
    const body = bodies.get(pageId)
    const result =
      body === undefined
        ? (reasons.get(pageId) ?? 'The site listed the page but did not give its text.')
        : index(job, id, body, names)
    if (typeof result === 'string') failures.push({ id, reason: result })
    else indexed.push(result)
  }
  await job.beforeBatch()
  await writeIndexedPages(job.database, indexed, job.runId)
  await markFailed(job.database.db, failures)
  return { updated: indexed.length, failed: failures.length }
}

function index(job: IndexJob, id: number, body: PageBody, names: ReadonlyMap<string, string>): IndexedPage | string {
  const page = job.listed.get(body.pageId)
  if (page === undefined) return 'The site gave a page that was not asked for.'
  // Archived or thrown away since it was listed, or restored: the next run knows.
  if (body.status !== page.status) return `The page is ${body.status}.`
  if (body.storage.length > maxStorageCharacters)
    return `The page's text is longer than ${maxStorageCharacters.toLocaleString('en')} characters.`
  const parsed = parseStorage(body.storage, {
    displayName: (userId) => names.get(userId),
    baseUrl: job.site.address.baseUrl,
  })
  const chunks = chunkPage(parsed.blocks)
  const fingerprint = fingerprintOf({
    title: page.title,
    ancestorTitles: [...page.ancestorTitles, ...page.labels.toSorted()],
    chunks,
  })
  const termsOf = termsOfPage({
    title: page.title,
    spaceName: job.space.name,
    spaceKey: job.space.key,
    ancestorTitles: page.ancestorTitles,
    labels: page.labels,
  })
  return {
    id,
    versionNumber: body.versionNumber,
    fingerprint,
    isDegraded: parsed.isDegraded,
    unrenderedMacros: parsed.unrenderedMacros,
    links: parsed.references.map(toLink),
    chunks:
      job.fingerprints.get(page.pageId) === fingerprint
        ? undefined
        : chunks.map((chunk) => ({ ...chunk, terms: termsOf(chunk) })),
  }
}

function toLink(reference: PageReference): PageLink {
  return 'pageId' in reference
    ? { kind: reference.kind, targetPageId: reference.pageId, targetSpaceKey: null, targetTitle: null }
    : {
        kind: reference.kind,
        targetPageId: null,
        targetSpaceKey: reference.spaceKey ?? null,
        targetTitle: reference.title,
      }
}
