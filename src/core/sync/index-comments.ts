// Texts of comments → chunks, batch by batch.
import type { FailedPart, IndexedPart } from '../../db/queries/page-parts.ts'
import { chunkPage } from '../content/chunk.ts'
import { parseStorage } from '../content/parse-storage.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { findMentionedNames } from './mentioned-names.ts'
import { type PartJob, type WaitingPart, withTerms, writeParts } from './part-job.ts'

const batchesAtATime = 4

export async function indexComments(job: PartJob, comments: WaitingPart[], signal: AbortSignal): Promise<void> {
  const size = job.site.commentBatchSize
  const batches = Array.from({ length: Math.ceil(comments.length / size) }, (_, i) =>
    comments.slice(i * size, (i + 1) * size),
  )
  await eachAtATime(batches, batchesAtATime, signal, (batch, ending) => indexBatch(job, batch, ending))
}

async function indexBatch(job: PartJob, comments: WaitingPart[], signal: AbortSignal): Promise<void> {
  const fetched = await job.site.fetchCommentBodies(
    comments.map(({ partId }) => partId),
    signal,
  )
  // Those who wrote them are shown with what they wrote.
  const authors = comments.flatMap(({ authorId }) => authorId ?? [])
  const names = await findMentionedNames(job, fetched.bodies, signal, authors)
  const bodies = new Map(fetched.bodies.map((body) => [body.pageId, body]))
  const reasons = new Map(fetched.failures.map(({ pageId, reason }) => [pageId, reason]))
  const indexed: IndexedPart[] = []
  const failed: FailedPart[] = []
  for (const comment of comments) {
    const { id, partId, versionNumber } = comment
    const body = bodies.get(partId)
    if (body === undefined) {
      const reason = reasons.get(partId) ?? 'The site listed the comment but did not give its text.'
      failed.push({ id, reason, wasRead: false })
      continue
    }
    const { blocks } = parseStorage(body.storage, {
      displayName: (userId) => names.get(userId),
      baseUrl: job.site.address.baseUrl,
    })
    const chunks = withTerms(job, comment, chunkPage(blocks))
    indexed.push({ id, versionNumber, exclusion: null, notice: null, chunks })
  }
  await writeParts(job, indexed, failed)
}
