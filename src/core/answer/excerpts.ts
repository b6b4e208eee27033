// Which passages are quoted, and which stretch of each: a few whole sentences, rows or items in their own order, since what
// answers a question often stands beside the words that the question shares with the page. Pure.
import { sourceKey } from './cite.ts'
import { type TermWeights, shareOf } from './coverage.ts'
import type { AnalysedQuestion } from './question-terms.ts'
import type { Sources, Unit } from './units.ts'

export type Excerpt = {
  /** Index of the passage in the list that was given. */
  passage: number
  spans: { start: number; end: number }[]
  /** Terms of what is quoted. */
  terms: ReadonlySet<string>
}

/** Characters of the first excerpt, and of each further one. */
const MAX_FIRST = 700
const MAX_FURTHER = 400
/** How much longer a stretch may be that has to begin at the first step of a list. */
const MAX_LIST_FACTOR = 2
/** A further source has to cover this share of the question that no earlier one does, */
const MIN_NEW_SHARE = 0.15
/** or be nearly as good as the best one: two pages may both answer, or contradict each other. */
const MIN_SHARE_OF_BEST = 0.8
/** Half of a passage's value is what it covers, the other half how the search ranked it. */
const RANK_SHARE = 0.5
const NUMBER_BONUS = 0.15
/** A section that is named after the error code or ticket of the question is about it; others only mention it. */
const NAMED_FACTOR = 1.5

const NUMBER =
  /\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|half|once|twice|monday|tuesday|wednesday|thursday|friday|daily|weekly|monthly|quarterly|annual|annually|yearly)\b/i

/** At most `maxSources` excerpts, the best source first; each with text ranges of its passage, in the passage's order. */
export function chooseExcerpts(
  question: AnalysedQuestion,
  weights: TermWeights,
  sources: Sources,
  maxSources: number,
): Excerpt[] {
  const valued = rankPassages(question, weights, sources)
  const best = valued[0]?.value ?? 0
  const excerpts: Excerpt[] = []
  const quoted = new Set<string>()
  const covered = new Set<string>()
  for (const { index, passage, own, terms, value } of valued) {
    if (excerpts.length === maxSources) break
    const added = shareOf(weights, new Set([...terms].filter((term) => !covered.has(term))))
    const isWorthwhile = excerpts.length === 0 || added >= MIN_NEW_SHARE || value >= best * MIN_SHARE_OF_BEST
    if (!isWorthwhile || quoted.has(sourceKey(passage)) || value < best / 2) continue
    const maxCharacters = excerpts.length === 0 ? MAX_FIRST : MAX_FURTHER
    const window = bestWindow(question, weights, { own, text: passage.text }, maxCharacters)
    if (window.length === 0) continue
    excerpts.push({ passage: index, spans: spansOf(window, own), terms: termsOfAll(window) })
    quoted.add(sourceKey(passage))
    for (const term of terms) covered.add(term)
  }
  return excerpts
}

function rankPassages(question: AnalysedQuestion, weights: TermWeights, { passages, units, contexts }: Sources) {
  const top = Math.max(...passages.map((passage) => passage.score), Number.EPSILON)
  return passages
    .map((passage, index) => {
      const own = units.filter((unit) => unit.passage === index)
      const terms = new Set([...(contexts[index] ?? []), ...own.flatMap((unit) => [...unit.terms])])
      const rank = Math.max(0, passage.score) / top
      const isNamed = question.identifiers.some((term) => contexts[index]?.has(term) === true)
      const value = shareOf(weights, terms) * (1 - RANK_SHARE + RANK_SHARE * rank) * (isNamed ? NAMED_FACTOR : 1)
      return { index, passage, own, terms, value }
    })
    .filter(({ own }) => own.length > 0)
    .toSorted((a, b) => b.value - a.value)
}

/** Neighbouring units of at most `maxCharacters` that cover most of the question, a number counting extra where one is asked for; the earliest of equals. */
function bestWindow(
  question: AnalysedQuestion,
  weights: TermWeights,
  { own, text }: { own: Unit[]; text: string },
  maxCharacters: number,
): Unit[] {
  let best: Unit[] = own.slice(0, 1)
  let bestScore = -1
  for (let position = 0; position < own.length; position++) {
    const first = listHead(own, position, text)
    // Steps without those before them mislead, so a list that begins earlier may take more room.
    const needed = (own[position]?.end ?? 0) - (own[first]?.start ?? 0)
    if (first < position && needed > MAX_LIST_FACTOR * maxCharacters) continue
    const window = longestFrom(own, first, first < position ? Math.max(needed, maxCharacters) : maxCharacters)
    const terms = termsOfAll(window)
    const hasNumber = question.asksForNumber && window.some((unit) => NUMBER.test(unit.text))
    const score = shareOf(weights, terms) + (hasNumber ? NUMBER_BONUS : 0)
    if (score > bestScore + 1e-9) {
      best = window
      bestScore = score
    }
  }
  return best
}

/** The first item of the list in whose midst the unit stands: a later number, or a nested item. Any other unit itself. */
function listHead(own: Unit[], position: number, text: string): number {
  if (!isMidst(own[position], text)) return position
  let head = position
  while (head > 0 && (isMidst(own[head], text) || own[head]?.kind !== 'item')) head--
  return head
}

function isMidst(unit: Unit | undefined, text: string): boolean {
  if (unit?.kind !== 'item') return false
  const isNested = /[^\S\n]$/.test(text.slice(0, unit.start)) && !/(?:^|\n)> $/.test(text.slice(0, unit.start))
  const number = /^(\d+)\. /.exec(text.slice(unit.start, unit.end))?.[1]
  return isNested || (number !== undefined && Number(number) > 1)
}

function termsOfAll(units: Unit[]): Set<string> {
  return new Set(units.flatMap((unit) => [...unit.terms]))
}

function longestFrom(own: Unit[], first: number, maxCharacters: number): Unit[] {
  const start = own[first]?.start ?? 0
  let last = first + 1
  while (last < own.length && (own[last]?.end ?? 0) - start <= maxCharacters) last++
  return own.slice(first, last)
}

/** Text ranges of a window; rows whose table begins before it bring the table's header along. */
function spansOf(window: Unit[], own: Unit[]): { start: number; end: number }[] {
  const [first] = window
  const last = window.at(-1)
  if (first === undefined || last === undefined) return []
  const span = { start: first.start, end: last.end }
  const header = headerOf(first, own)
  return header === first ? [span] : [{ start: header.start, end: header.end }, span]
}

/** The first row of a row's table, without which its cells say little; any other unit itself. */
function headerOf(unit: Unit, own: Unit[]): Unit {
  let first = unit
  while (first.kind === 'row') {
    const before = own[first.position - 1]
    if (before?.kind !== 'row') break
    first = before
  }
  return first
}
