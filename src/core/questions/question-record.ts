// What is written down about a question that came in: the claim with its lease, the delivery of its reply, how it ended.
// What has been said in the thread before is read from the same records.
import {
  type Claim,
  type StoredQuestion,
  claimQuestion as writeClaim,
  finishQuestion as writeEnd,
  listThreadHistory,
  startDelivery,
  updateDelivery,
} from '../../db/queries/questions.ts'
import type { Answer } from '../answer/answer.ts'
import type { Turn } from '../answer/prompt.ts'
import type { Core } from '../core.ts'

export type ClaimedQuestion = StoredQuestion

/** Longer than any answer takes; a question whose process died is free again after it. */
const leaseMs = 120_000
const historyTurns = 6
/** A thread is forgotten after a day: what was meant then is seldom meant now. */
const historyMs = 24 * 3_600_000

/** Claims a question for this process; undefined when another delivery of the same message has it or it was answered. */
export async function claimQuestion(core: Core, question: Claim): Promise<ClaimedQuestion | undefined> {
  const now = core.now()
  return writeClaim(core.database.db, question, now, new Date(now.getTime() + leaseMs))
}

/** The delivery of a claimed question; not new and without `replyId` means that the outcome of posting is unknown. */
export async function openDelivery(
  core: Core,
  questionId: string,
): Promise<{ isNew: boolean; replyId: string | undefined }> {
  return startDelivery(core.database.db, questionId)
}

export async function recordPosted(core: Core, questionId: string, replyId: string): Promise<void> {
  await updateDelivery(core.database.db, questionId, { state: 'posted', replyId }, core.now())
}

/** The reply was delivered. An answer is kept with the page versions that it cites. */
export async function recordDelivered(
  core: Core,
  questionId: string,
  state: 'answered' | 'abstained' | 'refused' | 'failed',
  answer: Answer | undefined,
): Promise<void> {
  const { db } = core.database
  const end = { state, answer: answer ?? null, finishedAt: core.now() }
  await writeEnd(db, questionId, end, answer?.citations ?? [])
  await updateDelivery(db, questionId, { state: 'delivered' }, core.now())
}

/** The reply could not be delivered. */
export async function recordUndelivered(core: Core, questionId: string): Promise<void> {
  const { db } = core.database
  await writeEnd(db, questionId, { state: 'failed', answer: null, finishedAt: core.now() }, [])
  await updateDelivery(db, questionId, { state: 'failed' }, core.now())
}

/** The last turns of the question's thread, oldest first. */
export async function listEarlierTurns(core: Core, question: ClaimedQuestion): Promise<Turn[]> {
  const earlier = await listThreadHistory(core.database.db, question, {
    limit: historyTurns,
    after: new Date(question.createdAt.getTime() - historyMs),
  })
  return earlier.flatMap(({ text, answer }): Turn[] => [
    { role: 'user', text },
    { role: 'assistant', text: (answer as Answer).text },
  ])
}
