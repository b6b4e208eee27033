// A question, and what was said before it → the terms to search for. Pure.
import { analyse } from './analysis.ts'

/** A question with more distinct terms than this stands for itself: earlier turns would only lead it astray. */
const MAX_DEPENDENT_TERMS = 8
/** A term of the question weighs as much as this many of an earlier turn. */
const QUESTION_WEIGHT = 3
const MAX_TURNS = 4
/** Of one earlier turn; a long answer must not outweigh the rest. */
const MAX_TURN_TERMS = 24

/**
 * Terms in order of importance, repeated by their weight. `history` is what was said before in the thread, oldest first:
 * the person's turns and ours, whose answer often names the thing that the next question calls "it".
 */
export function queryTerms(question: string, history: string[] = []): string[] {
  const own = [...new Set(analyse(question))]
  if (history.length === 0 || own.length > MAX_DEPENDENT_TERMS) return own
  const earlier = history
    .slice(-MAX_TURNS)
    .toReversed()
    .flatMap((turn) => [...new Set(analyse(turn))].slice(0, MAX_TURN_TERMS))
  const added = [...new Set(earlier)].filter((term) => !own.includes(term))
  return [...own.flatMap((term) => Array.from({ length: QUESTION_WEIGHT }, () => term)), ...added]
}
