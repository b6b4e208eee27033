// Files of attachments → text → chunks, one after the other; a file that cannot be read is a row with its reason.
import type { FailedPart, IndexedPart } from '../../db/queries/page-parts.ts'
import { isFootnoteError, TransientError } from '../../errors.ts'
import { createExtractor, type Extractor } from '../attachments/extractor.ts'
import { defaultLimits, type ExtractOutcome, isWorthAnotherTry, noticeOfCut } from '../attachments/outcome.ts'
import { chunkPage } from '../content/chunk.ts'
import { sizeRule, unreadable } from './attachment-rules.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { type PartJob, type WaitingPart, withTerms, writeParts } from './part-job.ts'

/** Attachments that are downloaded and read side by side; their text waits in memory meanwhile. */
const attachmentsAtATime = 4

/**
 * When so many files in a row do not come, each after all of its retries, it is the file store that is down: the rest is
 * not waited for, and is a failure too, for the next run. The pages and the comments of this one are stored all the same.
 */
export const maxLostInARow = 12

export async function indexAttachments(job: PartJob, attachments: WaitingPart[], signal: AbortSignal): Promise<void> {
  if (attachments.length === 0) return
  const extractor = createExtractor(job.attachments.limits)
  let lostInARow = 0
  const waiting: FailedPart[] = []
  try {
    await eachAtATime(attachments, attachmentsAtATime, signal, async (part, ending) => {
      if (lostInARow >= maxLostInARow) {
        waiting.push({ id: part.id, reason: 'The site gave none of the files before this one.', wasRead: false })
        return
      }
      const result = await read(job, extractor, part, ending)
      lostInARow = 'isLost' in result && result.isLost ? lostInARow + 1 : 0
      if ('reason' in result) await writeParts(job, [], [result])
      else await writeParts(job, [result], [])
    })
    if (waiting.length > 0) await writeParts(job, [], waiting)
  } finally {
    await extractor.close()
  }
}

async function read(
  job: PartJob,
  extractor: Extractor,
  part: WaitingPart,
  signal: AbortSignal,
): Promise<IndexedPart | (FailedPart & { isLost?: boolean })> {
  const { id, title, mediaType = '' } = part
  const { maxBytes } = job.attachments
  try {
    const bytes = await job.site.downloadAttachment(part, maxBytes, signal)
    if (bytes === undefined)
      return { id, reason: 'The site listed the attachment but did not give the file.', wasRead: false }
    return resultOf(job, part, await extractor.extract({ name: title, mediaType, bytes }, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (!isFootnoteError(error) || error.name === 'ConnectionRevokedError') throw error
    // Data Center may not say how large a file is.
    if (error.code === 'answer_too_large') return leaveOut(part, sizeRule(job.attachments), null)
    return { id, reason: error.message, wasRead: false, isLost: error instanceof TransientError }
  }
}

function resultOf(job: PartJob, part: WaitingPart, outcome: ExtractOutcome): IndexedPart | FailedPart {
  if (outcome.kind === 'extracted') {
    const { id, title, versionNumber } = part
    const chunks = withTerms(job, part, chunkPage(outcome.blocks))
    const limits = { ...defaultLimits, ...job.attachments.limits }
    return { id, versionNumber, exclusion: null, notice: noticeOfCut(title, outcome, limits) ?? null, chunks }
  }
  if (outcome.kind === 'failed' && isWorthAnotherTry(outcome.code))
    return { id: part.id, reason: outcome.reason, wasRead: true }
  return leaveOut(part, unreadable, outcome.reason)
}

function leaveOut({ id, versionNumber }: WaitingPart, exclusion: string, notice: string | null): IndexedPart {
  return { id, versionNumber, exclusion, notice, chunks: [] }
}
