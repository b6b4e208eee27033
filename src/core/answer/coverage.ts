// Do these passages speak about what was asked at all? Search scores cannot say: the best score of an answerable question
// is hardly higher than that of an unanswerable one. What can be said without a model is which words of the question
// the passages lack, so the rule is about words. Pure.
import type { AnalysedQuestion } from './question-terms.ts'
import type { Sources, Unit } from './units.ts'

/** Share of what has to be covered that a stretch of text with its headings must cover. */
const MIN_COVERAGE = 0.48
/** Sentences that count as one stretch. */
const STRETCH = 3
/** What has to be covered of a long question: as much as two words weigh that no passage holds. People tell stories. */
const MAX_REQUIRED_TERMS = 2
/** From this weight on a word tells something. */
const INFORMATIVE = 0.5
/** Of those words this share must be known to some passage; little, since the pages may be in another language. */
const MIN_KNOWN_SHARE = 0.2

export type TermWeights = ReadonlyMap<string, number>

/**
 * Each term's own weight times its rarity among the units. A term that no unit holds is as rare as can be: had it been
 * common, the search would have brought it along.
 */
export function weighTerms(question: AnalysedQuestion, { units, contexts }: Sources): TermWeights {
  return new Map(
    Array.from(question.weights, ([term, weight]) => {
      const holders = units.filter((unit) => unit.terms.has(term)).length
      const isKnown = holders > 0 || contexts.some((context) => context.has(term))
      return [term, weight * rarity(Math.max(holders, isKnown ? 1 : 0), units.length)]
    }),
  )
}

/** Share of the question's weight that `terms` holds. */
export function shareOf(weights: TermWeights, terms: ReadonlySet<string>): number {
  let total = 0
  let held = 0
  for (const [term, weight] of weights) {
    total += weight
    if (terms.has(term)) held += weight
  }
  return total === 0 ? 0 : held / total
}

/**
 * The coverage rule: some of the words that tell something are known at all; every ticket number or error code of the
 * question stands in one passage; and the best stretch of three sentences there, together with its title and headings,
 * covers nearly half of what has to be covered. It declines one in six of the questions without an answer, for one in
 * twelve of the others (docs/decisions.md has the curve): pages about the same subject share the question's words.
 */
export function isCovered(question: AnalysedQuestion, weights: TermWeights, sources: Sources): boolean {
  return isKnown(question, sources) && coverage(question, weights, sources) >= MIN_COVERAGE
}

function isKnown(question: AnalysedQuestion, { units, contexts }: Sources): boolean {
  const telling = [...question.weights].filter(([, weight]) => weight >= INFORMATIVE).map(([term]) => term)
  const known = telling.filter(
    (term) => contexts.some((context) => context.has(term)) || units.some((unit) => unit.terms.has(term)),
  )
  return known.length > 0 && known.length >= MIN_KNOWN_SHARE * telling.length
}

/** Of what has to be covered, the share that the best stretch of a passage with all identifiers covers; may exceed 1. */
function coverage(question: AnalysedQuestion, weights: TermWeights, { units, contexts }: Sources): number {
  const total = sum(weights.values())
  const required = Math.min(total, MAX_REQUIRED_TERMS * rarity(0, units.length))
  if (required <= 0) return 0
  const covered = contexts.flatMap((context, passage) => {
    const own = units.filter((unit) => unit.passage === passage)
    const holds = (term: string): boolean => context.has(term) || own.some((unit) => unit.terms.has(term))
    if (!question.identifiers.every(holds)) return []
    return own.map((_, start) => coveredWeight(weights, own.slice(start, start + STRETCH), context))
  })
  return Math.max(0, ...covered) / required
}

function coveredWeight(weights: TermWeights, stretch: Unit[], context: ReadonlySet<string>): number {
  let covered = 0
  for (const [term, weight] of weights)
    if (context.has(term) || stretch.some((unit) => unit.terms.has(term))) covered += weight
  return covered
}

function rarity(holders: number, units: number): number {
  return Math.log(1 + (units - holders + 0.5) / (holders + 0.5))
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
