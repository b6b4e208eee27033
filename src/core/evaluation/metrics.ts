// What was asked and what came back → figures. Pure.
import type { EvaluationQuestion } from './read-questions.ts'

/** What `ask --json` prints, as far as it is judged; everything else is kept in the results file. */
export type EvaluatedAnswer = {
  kind: 'answer' | 'abstention'
  text: string
  citations: { pageId: string; title: string; url: string; quote: string }[]
  passages: { pageId: string; title?: string; url?: string }[]
  /** Pages offered with an abstention. */
  nearest?: { title: string; url: string }[]
}

export type Outcome = {
  question: EvaluationQuestion
  /** Confluence page ids, best first. */
  ranking: string[]
  answer: EvaluatedAnswer
  ms: number
}

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
  /** Unanswerable and restricted questions, and how many were declined. */
  abstention: { shouldDecline: number; declined: number; shouldAnswer: number; wronglyDeclined: number }
  /** Where a page showed that its asker may not read. */
  leaks: Leak[]
  latencyMs: { p50: number; p95: number }
}

const ANSWERABLE = ['single', 'multi', 'ambiguous']
const DECLINED = ['restricted', 'unanswerable']

/** `pages`: title and address of gold pages, where known, to find them in texts. */
export function computeFigures(outcomes: Outcome[], pages: PageNames = new Map()): EvaluationFigures {
  const ofKinds = (kinds: string[]) => outcomes.filter(({ question }) => kinds.includes(question.kind))
  const isDeclined = ({ answer }: Outcome): boolean => answer.kind === 'abstention'
  const shouldDecline = ofKinds(DECLINED)
  const shouldAnswer = ofKinds([...ANSWERABLE, 'followup'])
  return {
    answerable: rankingFigures(ofKinds(ANSWERABLE)),
    followup: rankingFigures(ofKinds(['followup'])),
    byKind: Object.fromEntries(
      [...ANSWERABLE, 'followup'].flatMap((kind) => {
        const own = ofKinds([kind])
        return own.length === 0 ? [] : [[kind, rankingFigures(own)]]
      }),
    ),
    abstention: {
      shouldDecline: shouldDecline.length,
      declined: shouldDecline.filter(isDeclined).length,
      shouldAnswer: shouldAnswer.length,
      wronglyDeclined: shouldAnswer.filter(isDeclined).length,
    },
    leaks: ofKinds(['restricted']).flatMap((outcome) => findLeaks(outcome, pages)),
    latencyMs: { p50: percentile(outcomes, 0.5), p95: percentile(outcomes, 0.95) },
  }
}

export type PageNames = ReadonlyMap<string, { title: string; url: string }>

/** Every place in which a page shows that the asker of this restricted question may not read. */
export function findLeaks({ question, ranking, answer }: Outcome, pages: PageNames = new Map()): Leak[] {
  return question.gold.flatMap((pageId) => {
    const name = pages.get(pageId)
    const places: [string, boolean][] = [
      ['ranking', ranking.includes(pageId)],
      ['passages', answer.passages.some((passage) => passage.pageId === pageId)],
      ['citations', answer.citations.some((citation) => citation.pageId === pageId)],
      ['text', name !== undefined && names(answer.text, name)],
      [
        'nearest',
        name !== undefined && (answer.nearest ?? []).some((page) => names(`${page.title} ${page.url}`, name)),
      ],
    ]
    return places.filter(([, isShown]) => isShown).map(([where]) => ({ questionId: question.id, pageId, where }))
  })
}

/** Titles of one short word occur by chance: only their address counts. */
function names(text: string, { title, url }: { title: string; url: string }): boolean {
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

/** The nearest rank: the smallest value that at least this share of the outcomes do not exceed. */
function percentile(outcomes: Outcome[], share: number): number {
  const sorted = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
