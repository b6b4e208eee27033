// Attachments and comments of a space's pages, beside the pages themselves: listed, compared with what is stored, and only
// what changed is read. What fails is tried again; what a rule leaves out is not, until it changes or the rule does.
import {
  deleteParts,
  listPartChunks,
  listStoredParts,
  rewriteParts,
  type StoredPart,
  upsertParts,
} from '../../db/queries/page-parts.ts'
import type { SitePart } from '../confluence/site.ts'
import { comparePartListing, keyOfPart, type PartComparison } from './compare-parts.ts'
import { findGoneParts } from './confirm-parts.ts'
import { indexAttachments, maxLostInARow } from './index-attachments.ts'
import { indexComments } from './index-comments.ts'
import { type PartJob, type WaitingPart, withTerms, writeParts } from './part-job.ts'
import { takeTurns } from './take-turns.ts'

/** Parts whose terms are made anew in one transaction; a file may have hundreds of chunks. */
const remadeAtATime = 50
const leftOutAtATime = 500

export async function indexParts(job: PartJob, signal: AbortSignal): Promise<void> {
  const found = await listParts(job, signal)
  const stored = await listStoredParts(job.database.db, job.spaceRowId)
  const run = { id: job.runId, isFull: job.isFull, now: job.now(), rules: job.attachments }
  const comparison = comparePartListing({ found, stored, listed: job.listed }, run)
  const gone = await findGoneParts(job.site, comparison.missing, job.runId, job.onProgress, signal)
  const goneIds = new Set([...comparison.gone, ...gone].map(({ id }) => id))
  await job.beforeBatch()
  await deleteParts(job.database.db, [...goneIds])
  const rowIds = await writeRows(job, comparison.changed)
  const waiting = comparison.toRead.map((part) => ({ ...part, id: rowIds.get(part) ?? 0 }))
  await leaveOut(job, comparison.toLeaveOut, rowIds)
  const kept = comparison.missing.filter(({ id, isStale }) => isStale && !goneIds.has(id))
  await remake(job, [...comparison.toRemake, ...kept], found, signal)
  await indexComments(job, waiting.filter(isComment), signal)
  await indexAttachments(job, inOrder(waiting, stored, job.runId), signal)
}

/** Files that failed before come last and in turns, so that they do not keep others waiting. */
function inOrder(waiting: WaitingPart[], stored: StoredPart[], runId: number): WaitingPart[] {
  const failedIds = new Set(stored.flatMap(({ id, failure }) => (failure === null ? [] : [id])))
  const attachments = waiting.filter((part) => !isComment(part))
  return [
    ...attachments.filter(({ id }) => !failedIds.has(id)),
    ...takeTurns(
      attachments.filter(({ id }) => failedIds.has(id)),
      maxLostInARow,
      runId,
    ),
  ]
}

/** Parts of pages that are not listed, or left out, are as if they were not there. */
async function listParts(job: PartJob, signal: AbortSignal): Promise<Map<string, SitePart>> {
  const found = new Map<string, SitePart>()
  for await (const batch of job.parts ?? job.site.iterateParts(job.space, signal)) {
    for (const part of batch) {
      const page = job.listed.get(part.pageId)
      const rowId = job.rowIds.get(part.pageId)
      if (page === undefined || page.exclusion !== undefined || rowId === undefined) continue
      found.set(keyOfPart(rowId, part.partId), part)
    }
    job.onProgress()
  }
  return found
}

const isComment = ({ kind }: WaitingPart): boolean => kind === 'comment'

async function writeRows(job: PartJob, parts: SitePart[]): Promise<Map<SitePart, number>> {
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
  return new Map(parts.map((part, i) => [part, ids[i] ?? 0]))
}

async function leaveOut(
  job: PartJob,
  parts: PartComparison['toLeaveOut'],
  rowIds: ReadonlyMap<SitePart, number>,
): Promise<void> {
  const leftOut = parts.map(({ part, rule }) => ({
    id: rowIds.get(part) ?? 0,
    versionNumber: part.versionNumber,
    exclusion: rule,
    notice: null,
    chunks: [],
  }))
  for (let start = 0; start < leftOut.length; start += leftOutAtATime)
    await writeParts(job, leftOut.slice(start, start + leftOutAtATime), [])
}

/** New terms for stored text: the pages of it were renamed or moved, or have other labels. Nothing is downloaded. */
async function remake(
  job: PartJob,
  parts: StoredPart[],
  found: ReadonlyMap<string, SitePart>,
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < parts.length; start += remadeAtATime) {
    signal.throwIfAborted()
    const batch = parts.slice(start, start + remadeAtATime)
    const ids = batch.map(({ id }) => id)
    const chunks = await listPartChunks(job.database.db, ids)
    const remade = batch.map((part) => {
      // The name that was just listed: the stored one is from before.
      const { title } = found.get(keyOfPart(part.pageRowId, part.partId)) ?? part
      return { id: part.id, chunks: withTerms(job, { ...part, title }, chunks.get(part.id) ?? []) }
    })
    await job.beforeBatch()
    await rewriteParts(job.database, remade, job.runId)
    job.onProgress()
  }
}
