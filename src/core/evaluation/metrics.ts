// What was asked and what came back → figures. Pure.
import type { EvaluationQuestion } from './read-questions.ts'

/** What `ask --json` prints, as far as it is judged; everything else is kept in the results file. */
export type EvaluatedAnswer = {
  kind: 'answer' | 'abstention'
  text: string
  citations: { pageId: string; title: string; url: string; quote: string }[]
  passages: { pageId: string; title?: string; url?: string; text?: string }[]
  /** Pages offered with an abstention. */
  nearest?: { title: string; url: string }[]
  /** Names of the spaces that were searched, which an abstention lists and counts. */
  searchedSpaces?: string[]
}

export type Outcome = {
  question: EvaluationQuestion
  /** Confluence page ids, best first. */
  ranking: string[]
  answer: EvaluatedAnswer
  /** Names of the spaces in which the asker may read a page, where that is known. */
  readableSpaces?: string[]
  ms: number
}

export type Latency = { p50: number; p95: number }

export type RankingFigures = {
  questions: number
  /** A gold page is the first. */
  hit1: number
  /** A gold page is among the first five. */
  hit5: number
  /** Share of the gold pages among the first ten. */
  recall10: number
  /** 1 / rank of the first gold page among the first ten. */
  mrr10: number
}

export type Leak = { questionId: string; pageId: string; where: string }

export type EvaluationFigures = {
  /** Answerable without history: `single`, `multi`, `ambiguous`. */
  answerable: RankingFigures
  followup: RankingFigures
  byKind: Record<string, RankingFigures>
  /** Unanswerable and restricted questions, and how many were declined; both kinds apart as well. */
  abstention: {
    shouldDecline: number
    declined: number
    shouldAnswer: number
    wronglyDeclined: number
    byKind: Record<string, { questions: number; declined: number }>
  }
  /** Where a page showed that its asker may not read. */
  leaks: Leak[]
  latencyMs: Latency & { byKind: Record<string, Latency> }
}

const ANSWERABLE = ['single', 'multi', 'ambiguous']
const DECLINED = ['unanswerable', 'restricted']
const KINDS = [...ANSWERABLE, 'followup', ...DECLINED]

/** `pages`: title and address of gold pages, where known, to find them in texts. */
export function computeFigures(outcomes: Outcome[], pages: PageNames = new Map()): EvaluationFigures {
  const ofKinds = (kinds: string[]) => outcomes.filter(({ question }) => kinds.includes(question.kind))
  const isDeclined = ({ answer }: Outcome): boolean => answer.kind === 'abstention'
  const shouldDecline = ofKinds(DECLINED)
  const shouldAnswer = ofKinds([...ANSWERABLE, 'followup'])
  const byKind = <T>(kinds: string[], figures: (own: Outcome[]) => T): Record<string, T> =>
    Object.fromEntries(
      kinds
        .map((kind) => [kind, ofKinds([kind])] as const)
        .flatMap(([kind, own]) => (own.length === 0 ? [] : [[kind, figures(own)] as const])),
    )
  return {
    answerable: rankingFigures(ofKinds(ANSWERABLE)),
    followup: rankingFigures(ofKinds(['followup'])),
    byKind: byKind([...ANSWERABLE, 'followup'], rankingFigures),
    abstention: {
      shouldDecline: shouldDecline.length,
      declined: shouldDecline.filter(isDeclined).length,
      shouldAnswer: shouldAnswer.length,
      wronglyDeclined: shouldAnswer.filter(isDeclined).length,
      byKind: byKind(KINDS, (own) => ({ questions: own.length, declined: own.filter(isDeclined).length })),
    },
    leaks: ofKinds(['restricted']).flatMap((outcome) => findLeaks(outcome, pages)),
    latencyMs: { ...latency(outcomes), byKind: byKind(KINDS, latency) },
  }
}

type PageName = { title: string; url: string }
export type PageNames = ReadonlyMap<string, PageName>

/** Every place in which a page shows that the asker of this restricted question may not read. */
export function findLeaks(outcome: Outcome, pages: PageNames = new Map()): Leak[] {
  const { question, ranking, answer } = outcome
  return question.gold.flatMap((pageId) => {
    const name = pages.get(pageId)
    const places: [string, boolean][] = [
      ['ranking', ranking.includes(pageId)],
      ['passages', answer.passages.some((passage) => passage.pageId === pageId)],
      ['citations', answer.citations.some((citation) => citation.pageId === pageId)],
      ['text', name !== undefined && names(answer.text, name) && !isReadElsewhere(outcome, name)],
      [
        'nearest',
        name !== undefined && (answer.nearest ?? []).some((page) => names(`${page.title} ${page.url}`, name)),
      ],
      ['counts', countsHidden(outcome)],
    ]
    return places.filter(([, isShown]) => isShown).map(([where]) => ({ questionId: question.id, pageId, where }))
  })
}

/** A readable page names it, in a stretch that the answer cites and that stands in that page: no secret any more. */
function isReadElsewhere({ question, answer }: Outcome, name: PageName): boolean {
  return answer.citations.some(
    ({ pageId, quote }) =>
      !question.gold.includes(pageId) &&
      names(quote, name) &&
      answer.passages.some((passage) => passage.pageId === pageId && passage.text?.includes(quote) === true),
  )
}

/** A space is listed, and so counted, in which the asker may read nothing. */
function countsHidden({ answer: { searchedSpaces = [] }, readableSpaces }: Outcome): boolean {
  return readableSpaces !== undefined && searchedSpaces.some((space) => !readableSpaces.includes(space))
}

/** Titles of one short word occur by chance: only their address counts. */
function names(text: string, { title, url }: PageName): boolean {
  const isTelling = title.trim().split(/\s+/).length > 1
  return text.includes(url) || (isTelling && text.toLowerCase().includes(title.toLowerCase()))
}

function rankingFigures(outcomes: Outcome[]): RankingFigures {
  const mean = (value: (outcome: Outcome) => number): number =>
    outcomes.length === 0 ? 0 : outcomes.reduce((sum, outcome) => sum + value(outcome), 0) / outcomes.length
  return {
    questions: outcomes.length,
    hit1: mean((outcome) => (rankOf(outcome) <= 1 ? 1 : 0)),
    hit5: mean((outcome) => (rankOf(outcome) <= 5 ? 1 : 0)),
    recall10: mean(({ question, ranking }) => {
      const first = new Set(ranking.slice(0, 10))
      return question.gold.length === 0 ? 0 : question.gold.filter((id) => first.has(id)).length / question.gold.length
    }),
    mrr10: mean((outcome) => (rankOf(outcome) <= 10 ? 1 / rankOf(outcome) : 0)),
  }
}

/** Of the first gold page, from 1; infinite when none was found. */
function rankOf({ question, ranking }: Outcome): number {
  const position = ranking.findIndex((pageId) => question.gold.includes(pageId))
  return position === -1 ? Number.POSITIVE_INFINITY : position + 1
}

function latency(outcomes: Outcome[]): Latency {
  return { p50: percentile(outcomes, 0.5), p95: percentile(outcomes, 0.95) }
}

/** The nearest rank: the smallest value that at least this share of the outcomes do not exceed. */
function percentile(outcomes: Outcome[], share: number): number {
  const sorted = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
