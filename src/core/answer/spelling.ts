// Words of the question that no passage has, but for a slip of the keyboard: "macbok", "shaddow". Pure.
import type { AnalysedQuestion } from './question-terms.ts'
import type { Sources } from './units.ts'

/** Shorter words have too many neighbours: form and from, leave and lease. */
const MIN_LENGTH = 6

/** The question with each unknown word in the passages' spelling where exactly one of their words is a slip away. */
export function readSlips(question: AnalysedQuestion, { units, contexts }: Sources): AnalysedQuestion {
  const vocabulary = new Set([...contexts, ...units.map((unit) => unit.terms)].flatMap((terms) => [...terms]))
  const weights = new Map<string, number>()
  for (const [term, weight] of question.weights) {
    const read = vocabulary.has(term) ? term : (findMeant(term, vocabulary) ?? term)
    weights.set(read, Math.max(weights.get(read) ?? 0, weight))
  }
  return { ...question, weights }
}

function findMeant(term: string, vocabulary: ReadonlySet<string>): string | undefined {
  if (!/^\p{L}+$/u.test(term) || term.length < MIN_LENGTH) return undefined
  const meant = [...vocabulary].filter((known) => isSlip(term, known))
  return meant.length === 1 ? meant[0] : undefined
}

/** One letter more, less, other, or two swapped; never the first one, which people get right. */
function isSlip(typed: string, known: string): boolean {
  if (typed[0] !== known[0] || Math.abs(typed.length - known.length) > 1 || known.length < MIN_LENGTH - 1) return false
  let i = 0
  while (i < typed.length && typed[i] === known[i]) i++
  const [a, b] = [typed.slice(i), known.slice(i)]
  const isSwap = a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2)
  return isSwap || a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1)
}
