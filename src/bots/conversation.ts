import type { Core } from '../core/core.ts'
import type { Question, Reply } from './question.ts'

/**
 * The one way of a question on every platform: claim → placeholder → identify → search → answer → update.
 * Resolves when the question is answered, was claimed by another delivery, or its failure was shown; never rejects
 * because of the question itself.
 */
export async function answerQuestion(
  _core: Core,
  _question: Question,
  _reply: Reply,
  _signal: AbortSignal,
): Promise<void> {
  throw new Error('not written yet')
}
