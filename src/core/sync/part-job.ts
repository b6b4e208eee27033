// What the steps of one run on attachments and comments share.
import type { Database } from '../../db/database.ts'
import {
  type FailedPart,
  type IndexedPart,
  markPartsFailed,
  type PartChunk,
  writeIndexedParts,
} from '../../db/queries/page-parts.ts'
import type { ExtractLimits } from '../attachments/outcome.ts'
import type { ConfluenceSite, SitePart, SiteSpace } from '../confluence/site.ts'
import { termsOfPage } from '../search/index-terms.ts'
import type { AttachmentRules } from './attachment-rules.ts'
import type { ListedPage } from './compare.ts'

export type PartJob = {
  database: Database
  site: ConfluenceSite
  connectionId: number
  space: SiteSpace
  spaceRowId: number
  listed: ReadonlyMap<string, ListedPage>
  /** Our row ids by Confluence's page id. */
  rowIds: ReadonlyMap<string, number>
  /** What hangs on the pages of `listed`; default: what the site lists of the whole space. */
  parts?: AsyncIterable<SitePart[]>
  attachments: AttachmentRules & { limits?: Partial<ExtractLimits> }
  runId: number
  /** Everything is read again that this run has not read yet. */
  isFull: boolean
  now: () => Date
  beforeBatch: () => Promise<void>
  onProgress: () => void
}

export type WaitingPart = SitePart & { id: number }

type Named = { pageId: string; kind: 'attachment' | 'comment'; title: string }

/** Chunks with their terms: those of the page's title, path and labels, and of a file's name. */
export function withTerms(job: PartJob, part: Named, chunks: PartChunk[]): IndexedPart['chunks'] {
  const page = job.listed.get(part.pageId)
  if (page === undefined) return []
  const termsOf = termsOfPage({
    title: page.title,
    spaceName: job.space.name,
    spaceKey: job.space.key,
    ancestorTitles: page.ancestorTitles,
    labels: page.labels,
  })
  return chunks.map((chunk) => {
    const headingPath = part.kind === 'attachment' ? [part.title, ...chunk.headingPath] : chunk.headingPath
    return { ...chunk, terms: termsOf({ headingPath, text: chunk.text }) }
  })
}

export async function writeParts(job: PartJob, indexed: IndexedPart[], failed: FailedPart[]): Promise<void> {
  await job.beforeBatch()
  if (indexed.length > 0) await writeIndexedParts(job.database, indexed, job.runId)
  await markPartsFailed(job.database.db, failed, job.runId)
  job.onProgress()
}
