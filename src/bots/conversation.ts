// The one way of a question on every platform: claim → placeholder → identify → search → answer → update. Knows no
// platform; what it shows goes through the `Reply` that the platform hands in.
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../core/answer/answer.ts'
import type { Viewer } from '../core/access/resolve-reach.ts'
import type { Core } from '../core/core.ts'
import { ask } from '../core/questions/ask.ts'
import {
  type ClaimedQuestion,
  claimQuestion,
  listEarlierTurns,
  openDelivery,
  recordDelivered,
  recordPosted,
  recordUndelivered,
} from '../core/questions/question-record.ts'
import { TransientError, isFootnoteError } from '../errors.ts'
import type { Asker, Question, Reply, ReplyContent } from './question.ts'

/** After this time the person is told that it took too long; longer than Claude may take, so that an extract can follow. */
const answerTimeoutMs = 95_000
/** For showing what was decided; together with `answerTimeoutMs` below the lease. */
const deliveryTimeoutMs = 20_000
/** When the server stops: the platforms wait two seconds for what they ended. */
const farewellTimeoutMs = 1_500
/** Before looking whether a placeholder arrived whose posting broke off. */
const lookAgainMs = 500
const updateAttempts = 3

/**
 * Answers a question once, whatever is delivered twice. Resolves when it is answered, belongs to another delivery, or its
 * failure was shown; never rejects because of the question itself.
 */
export async function answerQuestion(
  core: Core,
  question: Question,
  reply: Reply,
  signal: AbortSignal,
  limits = { answerTimeoutMs },
): Promise<void> {
  const claimed = await claimQuestion(core, question)
  if (claimed === undefined) return
  const log = core.log.child({ question: claimed.id, platform: question.platform })
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.answerTimeoutMs)])
  try {
    const replyId = await postPlaceholder(core, claimed, reply, limited)
    const { content, state } = await decide(core, claimed, reply, limited)
    await updateReliably(reply, replyId, content, deliverySignal(signal))
    await recordDelivered(core, claimed.id, state, content.kind === 'answer' ? content.answer : undefined)
  } catch (error) {
    log.error({ err: error }, 'the answer could not be delivered')
    await recordUndelivered(core, claimed.id)
  }
}

/** From the placeholder on there are only updates of its known id, so that a second attempt cannot answer twice. */
async function postPlaceholder(
  core: Core,
  question: ClaimedQuestion,
  reply: Reply,
  signal: AbortSignal,
): Promise<string> {
  const delivery = await openDelivery(core, question.id)
  const known = delivery.replyId ?? (delivery.isNew ? undefined : await reply.findPosted(signal))
  const replyId = known ?? (await postOnce(reply, signal))
  await recordPosted(core, question.id, replyId)
  return replyId
}

/** A post that broke off may have arrived: it is looked up where the platform lets us, else an orphan may remain. */
async function postOnce(reply: Reply, signal: AbortSignal): Promise<string> {
  try {
    return await reply.post({ kind: 'working' }, signal)
  } catch (error) {
    if (!(error instanceof TransientError)) throw error
    await delay(error.retryAfterMs ?? lookAgainMs, undefined, { signal })
    return (await reply.findPosted(signal)) ?? (await reply.post({ kind: 'working' }, signal))
  }
}

/** What was decided is shown also when looking for the answer used up its time, or when the server stops meanwhile. */
function deliverySignal(signal: AbortSignal): AbortSignal {
  return signal.aborted
    ? AbortSignal.timeout(farewellTimeoutMs)
    : AbortSignal.any([signal, AbortSignal.timeout(deliveryTimeoutMs)])
}

type Decision = { content: ReplyContent; state: 'answered' | 'abstained' | 'refused' | 'failed' }

async function decide(core: Core, question: ClaimedQuestion, reply: Reply, signal: AbortSignal): Promise<Decision> {
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
      { question: question.text, viewer: viewerOf(question, asker), history: await listEarlierTurns(core, question) },
      signal,
    )
    return {
      content: { kind: 'answer', answer: forAudience(question, answer), questionId: question.id },
      state: answer.kind === 'answer' ? 'answered' : 'abstained',
    }
  } catch (error) {
    const reference = question.id.slice(0, 8)
    core.log.error({ err: error, question: question.id, reference }, 'a question failed')
    return { content: { kind: 'notice', text: `${explain(error, signal)} (reference ${reference})` }, state: 'failed' }
  }
}

function explain(error: unknown, signal: AbortSignal): string {
  if (isFootnoteError(error)) return error.message
  if (!signal.aborted) return 'Something went wrong while I looked for an answer. Please ask again.'
  return (signal.reason as { name?: string }).name === 'TimeoutError'
    ? 'Looking for an answer took too long. Please ask again.'
    : 'I was stopped before I had an answer. Please ask again in a minute.'
}

/** Guests, externals, bots and people whom the platform does not vouch for get nothing. */
function findRefusal(asker: Asker | undefined): string | undefined {
  if (asker === undefined)
    return 'I could not find out who you are, so I cannot show you anything. Please try again in a moment.'
  if (asker.kind === 'member') return undefined
  return 'I answer members of this organisation only. Ask a colleague, or an admin if you should have access.'
}

/** Where others read along, an answer uses only what everyone licensed may read, whoever asked. */
function viewerOf(question: ClaimedQuestion, asker: Asker | undefined): Viewer {
  return question.audience === 'shared' ? { kind: 'audience' } : { kind: 'person', email: asker?.email }
}

function forAudience(question: ClaimedQuestion, answer: Answer): Answer {
  if (question.audience === 'direct' || answer.kind === 'answer') return answer
  const hint =
    'Here I use only pages that everyone may read; ask me in a direct message to search all that you may read.'
  return { ...answer, note: answer.note === undefined ? hint : `${answer.note} ${hint}` }
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
