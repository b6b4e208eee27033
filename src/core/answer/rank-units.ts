// How well each unit answers the question: the words it covers itself, what its neighbours and headings add, its
// passage's rank, and its form. Pure.
import type { TermWeights } from './coverage.ts'
import type { AnalysedQuestion } from './question-terms.ts'
import type { Unit } from './units.ts'

export type RankedUnit = { unit: Unit; score: number }

// What a word counts when it does not stand in the unit itself. Round numbers, not tuned ones: on a wiki's questions half
// or double of one moves the share of facts quoted by up to four points of a hundred, leaving out the rank by seven.
const IN_NEIGHBOUR = 0.4
const IN_LEAD_IN = 0.7
const IN_CONTEXT = 0.25
/** The first sentences below a heading that matches the question. */
const SECTION_BONUS = 0.2
const SECTION_LENGTH = 6
const NUMBER_BONUS = 0.15
/** Each further rank of the passage costs a tenth. */
const RANK_COST = 0.1
/** A question on the page is rarely the answer; what follows it is (`IN_LEAD_IN`). */
const QUESTION_FACTOR = 0.5
/** Distinct terms from which a unit counts as long. */
const LONG_UNIT = 45

const NUMBER =
  /\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|half|once|twice|monday|tuesday|wednesday|thursday|friday|daily|weekly|monthly|quarterly|annual|annually|yearly)\b/i

/** Units, best first; ties in the order of the passages. */
export function rankUnits(
  question: AnalysedQuestion,
  weights: TermWeights,
  units: Unit[],
  contexts: ReadonlySet<string>[],
): RankedUnit[] {
  const neighbour = (unit: Unit, index: number): Unit | undefined =>
    units[index]?.passage === unit.passage ? units[index] : undefined
  const ranked = units.map((unit, index) => {
    const context = contexts[unit.passage] ?? new Set<string>()
    let score = coverage(unit, neighbour(unit, index - 1), neighbour(unit, index + 1), weights, context)
    score += SECTION_BONUS * shareOf(weights, context) * Math.max(0, 1 - unit.position / SECTION_LENGTH)
    if (question.asksForNumber && NUMBER.test(unit.text)) score += NUMBER_BONUS
    return { unit, score: (score * formFactor(unit)) / (1 + RANK_COST * unit.passage) }
  })
  return ranked.toSorted((a, b) => b.score - a.score)
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

function coverage(
  unit: Unit,
  before: Unit | undefined,
  after: Unit | undefined,
  weights: TermWeights,
  context: ReadonlySet<string>,
): number {
  const fromBefore = before !== undefined && /[?:]\s*$/.test(before.text) ? IN_LEAD_IN : IN_NEIGHBOUR
  let total = 0
  let covered = 0
  for (const [term, weight] of weights) {
    total += weight
    if (unit.terms.has(term)) covered += weight
    else if (before?.terms.has(term) === true) covered += weight * fromBefore
    else if (after?.terms.has(term) === true || context.has(term)) covered += weight * IN_CONTEXT
  }
  return total === 0 ? 0 : covered / total
}

/** Fragments and very long units answer worse than their words suggest. */
function formFactor(unit: Unit): number {
  const size = unit.terms.size
  const length = size < 3 ? 0.4 + 0.15 * size : Math.min(1, Math.sqrt(LONG_UNIT / size))
  return /\?\s*$/.test(unit.text) ? length * QUESTION_FACTOR : length
}
