// Ranked units → the few that are quoted, and where each quote begins and ends. Pure.
import type { Passage } from './answer.ts'
import { sourceKey } from './cite.ts'
import type { TermWeights } from './coverage.ts'
import { type RankedUnit, shareOf } from './rank-units.ts'
import type { Unit } from './units.ts'

export type Limits = { maxStatements: number; maxSources: number }

/** A further statement must score at least this share of the best one. */
const MIN_SHARE_OF_BEST = 0.5
/** What covering the question's words that no chosen unit covers yet is worth. */
const NOVELTY_BONUS = 0.4
/** Terms in common (Jaccard) from which a sentence repeats one that was taken. */
const MAX_OVERLAP = 0.6
/** A lead-in takes its list or code along up to this many characters, a sentence the next one. */
const MAX_LIST_LENGTH = 700
const MAX_PAIR_LENGTH = 400

/** Greedy: the best unit first, then each time the one that adds most, from at most `maxSources` pages and headings. */
export function chooseUnits(ranked: RankedUnit[], weights: TermWeights, passages: Passage[], limits: Limits): Unit[] {
  const chosen: Unit[] = []
  const sources = new Set<string>()
  const sourceOf = (unit: Unit): string => {
    const passage = passages[unit.passage]
    return passage === undefined ? '' : sourceKey(passage)
  }
  const floor = (ranked[0]?.score ?? 0) * MIN_SHARE_OF_BEST
  const candidates = ranked.filter(({ score }) => score > 0 && score >= floor)
  while (chosen.length < limits.maxStatements) {
    const open = candidates.filter(
      ({ unit }) =>
        (sources.size < limits.maxSources || sources.has(sourceOf(unit))) &&
        chosen.every((other) => other !== unit && overlap(unit.terms, other.terms) <= MAX_OVERLAP),
    )
    const best = bestNext(open, chosen, weights)
    if (best === undefined) break
    chosen.push(best)
    sources.add(sourceOf(best))
  }
  return chosen
}

/** Text ranges of the chosen units of one passage, in its order; neighbours become one range, rows bring their header. */
export function spansOf(chosen: Unit[], ofPassage: Unit[]): { start: number; end: number }[] {
  const spans: { start: number; end: number; last: number }[] = []
  const wanted = new Set(chosen.flatMap((unit) => [headerOf(unit, ofPassage), unit]))
  for (const unit of [...wanted].toSorted((a, b) => a.position - b.position)) {
    const before = spans.at(-1)
    if (before !== undefined && unit.position <= before.last) continue
    const end = endOf(unit, ofPassage)
    const isNext = before !== undefined && unit.position === before.last + 1
    if (isNext && end.end - before.start <= MAX_LIST_LENGTH) {
      before.end = end.end
      before.last = end.position
    } else spans.push({ start: unit.start, end: end.end, last: end.position })
  }
  return spans.map(({ start, end }) => ({ start, end }))
}

function bestNext(open: RankedUnit[], chosen: Unit[], weights: TermWeights): Unit | undefined {
  const covered = new Set(chosen.flatMap((unit) => [...unit.terms]))
  let best: Unit | undefined
  let bestValue = 0
  for (const { unit, score } of open) {
    const value = score + NOVELTY_BONUS * shareOf(weights, without(unit.terms, covered))
    if (value > bestValue) {
      best = unit
      bestValue = value
    }
  }
  return best
}

/** The first row of a row's table, without which its cells say little; any other unit itself. */
function headerOf(unit: Unit, ofPassage: Unit[]): Unit {
  let first = unit
  while (first.kind === 'row') {
    const before = ofPassage[first.position - 1]
    if (before?.kind !== 'row') break
    first = before
  }
  return first
}

/** The last unit that is quoted with `unit`: the list or code that it announces, or the sentence after it. */
function endOf(unit: Unit, ofPassage: Unit[]): Unit {
  if (unit.kind !== 'prose') return unit
  const following = ofPassage.slice(unit.position + 1)
  if (!/:\s*$/.test(unit.text)) {
    const next = following[0]
    return next?.kind === 'prose' && next.end - unit.start <= MAX_PAIR_LENGTH ? next : unit
  }
  let end = unit
  for (const next of following) {
    if (next.kind === 'prose' || next.end - unit.start > MAX_LIST_LENGTH) break
    end = next
    if (next.kind === 'code') break
  }
  return end
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = a.size - without(a, b).size
  const all = a.size + b.size - common
  return all === 0 ? 0 : common / all
}

function without(terms: ReadonlySet<string>, others: ReadonlySet<string>): Set<string> {
  return new Set([...terms].filter((term) => !others.has(term)))
}
