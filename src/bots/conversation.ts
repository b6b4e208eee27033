// The one way of a question on every platform: claim → placeholder → identify → search → answer → update. Knows no
// platform; what it shows goes through the `Reply` that the platform hands in.
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../core/answer/answer.ts'
import type { Viewer } from '../core/access/resolve-reach.ts'
import type { Core } from '../core/core.ts'
import type { Turn } from '../core/answer/prompt.ts'
import { ask } from '../core/questions/ask.ts'
import {
  type StoredQuestion,
  claimQuestion,
  finishQuestion,
  listThreadHistory,
  startDelivery,
  updateDelivery,
} from '../db/queries/questions.ts'
import { TransientError, isFootnoteError } from '../errors.ts'
import type { Asker, Question, Reply, ReplyContent } from './question.ts'

/** Longer than any answer takes; a question whose process died is free again after it. */
const leaseMs = 120_000
/** The person gets an answer or a sentence within this time. */
const answerTimeoutMs = 90_000
const historyTurns = 6
/** A thread is forgotten after a day: what was meant then is seldom meant now. */
const historyMs = 24 * 3_600_000
const updateAttempts = 3

/**
 * Answers a question once, whatever is delivered twice. Resolves when it is answered, belongs to another delivery, or its
 * failure was shown; never rejects because of the question itself.
 */
export async function answerQuestion(core: Core, question: Question, reply: Reply, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  const now = core.now()
  const claimed = await claimQuestion(db, question, now, new Date(now.getTime() + leaseMs))
  if (claimed === undefined) return
  const log = core.log.child({ question: claimed.id, platform: question.platform })
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)])
  try {
    const replyId = await postPlaceholder(core, claimed, reply, limited)
    const { content, state } = await decide(core, claimed, reply, limited)
    await updateReliably(reply, replyId, content, limited)
    await finishQuestion(
      db,
      claimed.id,
      { state, answer: content.kind === 'answer' ? content.answer : null, finishedAt: core.now() },
      content.kind === 'answer' ? content.answer.citations : [],
    )
    await updateDelivery(db, claimed.id, { state: 'delivered' }, core.now())
  } catch (error) {
    log.error({ err: error }, 'the answer could not be delivered')
    await finishQuestion(db, claimed.id, { state: 'failed', answer: null, finishedAt: core.now() }, [])
    await updateDelivery(db, claimed.id, { state: 'failed' }, core.now())
  }
}

/** From the placeholder on there are only updates of its known id, so that a second attempt cannot answer twice. */
async function postPlaceholder(
  core: Core,
  question: StoredQuestion,
  reply: Reply,
  signal: AbortSignal,
): Promise<string> {
  const { db } = core.database
  const delivery = await startDelivery(db, question.id)
  const known = delivery.replyId ?? (delivery.isNew ? undefined : await reply.findPosted(signal))
  const replyId = known ?? (await reply.post({ kind: 'working' }, signal))
  await updateDelivery(db, question.id, { state: 'posted', replyId }, core.now())
  return replyId
}

type Decision = { content: ReplyContent; state: 'answered' | 'abstained' | 'refused' | 'failed' }

async function decide(core: Core, question: StoredQuestion, reply: Reply, signal: AbortSignal): Promise<Decision> {
  try {
    const asker = await reply.identify(signal)
    const refusal = findRefusal(asker)
    if (refusal !== undefined) return { content: { kind: 'notice', text: refusal }, state: 'refused' }
    if (question.text.trim() === '')
      return {
        content: { kind: 'notice', text: 'What would you like to know? Write your question as a sentence.' },
        state: 'refused',
      }
    const { answer } = await ask(
      core,
      { question: question.text, viewer: viewerOf(question, asker), history: await readHistory(core, question) },
      signal,
    )
    return {
      content: { kind: 'answer', answer: forAudience(question, answer), questionId: question.id },
      state: answer.kind === 'answer' ? 'answered' : 'abstained',
    }
  } catch (error) {
    const reference = question.id.slice(0, 8)
    core.log.error({ err: error, question: question.id, reference }, 'a question failed')
    const sentence = isFootnoteError(error)
      ? error.message
      : 'Something went wrong while I looked for an answer. Please ask again.'
    return { content: { kind: 'notice', text: `${sentence} (reference ${reference})` }, state: 'failed' }
  }
}

/** Guests, externals, bots and people whom the platform does not vouch for get nothing. */
function findRefusal(asker: Asker | undefined): string | undefined {
  if (asker === undefined)
    return 'I could not find out who you are, so I cannot show you anything. Please try again in a moment.'
  if (asker.kind === 'member') return undefined
  return 'I answer members of this organisation only. Ask a colleague, or an admin if you should have access.'
}

/** Where others read along, an answer uses only what everyone licensed may read, whoever asked. */
function viewerOf(question: StoredQuestion, asker: Asker | undefined): Viewer {
  return question.audience === 'shared' ? { kind: 'audience' } : { kind: 'person', email: asker?.email }
}

function forAudience(question: StoredQuestion, answer: Answer): Answer {
  if (question.audience === 'direct' || answer.kind === 'answer') return answer
  const hint =
    'Here I use only pages that everyone may read; ask me in a direct message to search all that you may read.'
  return { ...answer, note: answer.note === undefined ? hint : `${answer.note} ${hint}` }
}

async function readHistory(core: Core, question: StoredQuestion): Promise<Turn[]> {
  const earlier = await listThreadHistory(core.database.db, question, {
    limit: historyTurns,
    after: new Date(question.createdAt.getTime() - historyMs),
  })
  return earlier.flatMap(({ text, answer }): Turn[] => [
    { role: 'user', text },
    { role: 'assistant', text: (answer as Answer).text },
  ])
}

/** Updates are idempotent, so a passing fault of the platform is tried again. */
async function updateReliably(
  reply: Reply,
  replyId: string,
  content: ReplyContent,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await reply.update(replyId, content, signal)
    } catch (error) {
      if (!(error instanceof TransientError) || attempt === updateAttempts) throw error
      await delay(error.retryAfterMs ?? 500 * 2 ** attempt, undefined, { signal })
    }
  }
}
