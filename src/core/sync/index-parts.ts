// Attachments and comments of a space's pages → chunks, after the pages themselves. What fails is tried again by the next run;
// what is left out for its type or size is not, until it changes.
import type { Database } from '../../db/database.ts'
import {
  deleteParts,
  type IndexedPart,
  listStoredParts,
  markPartsFailed,
  type StoredPart,
  upsertParts,
  writeIndexedParts,
} from '../../db/queries/page-parts.ts'
import { isFootnoteError } from '../../errors.ts'
import { createExtractor, type Extractor } from '../attachments/extractor.ts'
import type { ConfluenceSite, SitePart, SiteSpace } from '../confluence/site.ts'
import type { Block } from '../content/block.ts'
import { chunkPage } from '../content/chunk.ts'
import { parseStorage } from '../content/parse-storage.ts'
import { termsOfPage } from '../search/index-terms.ts'
import { ancestorTitles, type ListedPage } from './compare.ts'
import { eachAtATime } from './each-at-a-time.ts'

export type AttachmentRules = {
  /** Endings of file names, without the dot. */
  types: string[]
  maxBytes: number
}

export type PartJob = {
  database: Database
  site: ConfluenceSite
  space: SiteSpace
  spaceRowId: number
  listed: ReadonlyMap<string, ListedPage>
  /** Our row ids by Confluence's page id. */
  rowIds: ReadonlyMap<string, number>
  attachments: AttachmentRules
  /** Everything is read again. */
  isFull: boolean
  beforeBatch: () => Promise<void>
  onProgress: () => void
}

type WaitingPart = SitePart & { id: number }
type Failure = { id: number; reason: string }

/** Attachments that are downloaded and read side by side; their text waits in memory meanwhile. */
const attachmentsAtATime = 4

export async function indexParts(job: PartJob, signal: AbortSignal): Promise<void> {
  const { database, site, space } = job
  const found = new Map<string, SitePart>()
  for await (const batch of site.iterateParts(space, signal)) {
    for (const part of batch) if (isWanted(job, part)) found.set(`${job.rowIds.get(part.pageId)} ${part.partId}`, part)
    job.onProgress()
  }
  await job.beforeBatch()
  const stored = new Map(
    (await listStoredParts(database.db, job.spaceRowId)).map((part) => [`${part.pageRowId} ${part.partId}`, part]),
  )
  const gone = [...stored].filter(([key]) => !found.has(key)).map(([, { id }]) => id)
  await deleteParts(database.db, gone)
  const changed = [...found].filter(([key, part]) => needsReading(part, stored.get(key), job.isFull))
  const waiting = await writeRows(
    job,
    changed.map(([, part]) => part),
  )
  await indexComments(
    job,
    waiting.filter(({ kind }) => kind === 'comment'),
    signal,
  )
  const attachments = waiting.filter(({ kind }) => kind === 'attachment')
  const extractor = createExtractor()
  try {
    await eachAtATime(attachments, attachmentsAtATime, signal, (part, ending) =>
      indexAttachment(job, extractor, part, ending),
    )
  } finally {
    await extractor.close()
  }
}

/** Parts of pages that are not listed, or left out, are as if they were not there. */
function isWanted({ listed, rowIds }: PartJob, part: SitePart): boolean {
  const page = listed.get(part.pageId)
  return page !== undefined && page.exclusion === undefined && rowIds.has(part.pageId)
}

function needsReading(part: SitePart, known: StoredPart | undefined, isFull: boolean): boolean {
  return isFull || known === undefined || known.indexedVersion !== part.versionNumber || known.failure !== null
}

async function writeRows(job: PartJob, parts: SitePart[]): Promise<WaitingPart[]> {
  const ids = await upsertParts(
    job.database.db,
    parts.map((part) => ({
      pageRowId: job.rowIds.get(part.pageId) ?? 0,
      kind: part.kind,
      partId: part.partId,
      title: part.title,
      mediaType: part.mediaType ?? null,
      fileSize: part.fileSize ?? null,
      versionNumber: part.versionNumber,
      versionAt: part.versionAt.toISOString(),
      authorId: part.authorId ?? null,
      webPath: part.webPath ?? null,
    })),
  )
  return parts.map((part, i) => ({ ...part, id: ids[i] ?? 0 }))
}

async function indexComments(job: PartJob, comments: WaitingPart[], signal: AbortSignal): Promise<void> {
  const size = job.site.commentBatchSize
  const batches = Array.from({ length: Math.ceil(comments.length / size) }, (_, i) =>
    comments.slice(i * size, (i + 1) * size),
  )
  await eachAtATime(batches, attachmentsAtATime, signal, async (batch, ending) => {
    const { bodies, failures } = await job.site.fetchCommentBodies(
      batch.map(({ partId }) => partId),
      ending,
    )
    const storage = new Map(bodies.map((body) => [body.pageId, body.storage]))
    const reasons = new Map(failures.map(({ pageId, reason }) => [pageId, reason]))
    const indexed: IndexedPart[] = []
    const failed: Failure[] = []
    for (const comment of batch) {
      const text = storage.get(comment.partId)
      if (text === undefined)
        failed.push({
          id: comment.id,
          reason: reasons.get(comment.partId) ?? 'The site listed the comment but did not give its text.',
        })
      else {
        const { blocks } = parseStorage(text, {
          displayName: () => undefined,
          baseUrl: job.site.address.baseUrl,
        })
        indexed.push(toIndexed(job, comment, blocks))
      }
    }
    await write(job, indexed, failed)
  })
}

async function indexAttachment(
  job: PartJob,
  extractor: Extractor,
  part: WaitingPart,
  signal: AbortSignal,
): Promise<void> {
  const exclusion = excludedBy(job.attachments, part)
  if (exclusion !== undefined) return write(job, [leaveOut(part, exclusion)], [])
  const outcome = await read(job, extractor, part, signal)
  if ('reason' in outcome) return write(job, [], [{ id: part.id, reason: outcome.reason }])
  return write(job, [outcome], [])
}

/** The rule that leaves an attachment out before it is downloaded. */
function excludedBy({ types, maxBytes }: AttachmentRules, { title, fileSize }: SitePart): string | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(title)?.[1]?.toLowerCase()
  if (ending === undefined || !types.includes(ending)) return `type ${ending ?? 'unknown'}`
  return fileSize !== undefined && fileSize > maxBytes ? 'size' : undefined
}

async function read(
  job: PartJob,
  extractor: Extractor,
  part: WaitingPart,
  signal: AbortSignal,
): Promise<IndexedPart | { reason: string }> {
  const { maxBytes } = job.attachments
  try {
    const bytes = await job.site.downloadAttachment(part, maxBytes, signal)
    if (bytes === undefined) return { reason: 'The site listed the attachment but did not give the file.' }
    const file = { name: part.title, mediaType: part.mediaType ?? '', bytes }
    const outcome = await extractor.extract(file, signal)
    if (outcome.kind === 'extracted') return toIndexed(job, part, outcome.blocks)
    return leaveOut(part, outcome.reason)
  } catch (error) {
    signal.throwIfAborted()
    if (isFootnoteError(error) && error.name !== 'ConnectionRevokedError') return { reason: error.message }
    throw error
  }
}

function leaveOut({ id, versionNumber }: WaitingPart, exclusion: string): IndexedPart {
  return { id, versionNumber, exclusion, chunks: [] }
}

function toIndexed(job: PartJob, part: WaitingPart, blocks: Block[]): IndexedPart {
  const page = job.listed.get(part.pageId)
  if (page === undefined) return leaveOut(part, 'page')
  const termsOf = termsOfPage({
    title: page.title,
    spaceName: job.space.name,
    spaceKey: job.space.key,
    ancestorTitles: ancestorTitles(page.pageId, job.listed),
    labels: page.labels,
  })
  const chunks = chunkPage(blocks).map((chunk) => {
    const headingPath = part.kind === 'attachment' ? [part.title, ...chunk.headingPath] : chunk.headingPath
    return { ...chunk, terms: termsOf({ headingPath, text: chunk.text }) }
  })
  return { id: part.id, versionNumber: part.versionNumber, exclusion: null, chunks }
}

async function write({ database, beforeBatch, onProgress }: PartJob, indexed: IndexedPart[], failed: Failure[]) {
  await beforeBatch()
  await writeIndexedParts(database, indexed)
  await markPartsFailed(database.db, failed)
  onProgress()
}
