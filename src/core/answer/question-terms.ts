// A question → the terms that its answer has to cover, each with a weight. Pure.
import { analyse } from '../search/analysis.ts'

/** Words of conversation and everyday words: they say little about which page answers, so their absence says nothing. */
const EVERYDAY = `
able actually advice allow anyway ask asked asking available best better bit bring call case check come company correct
currently day days describe details different doc docs document documentation exactly example explain fast find first
fix follow found get gets getting give go goes going good got guess guide guys happen happens hard having hear heard hello
help hey hi idea info information instead keep kind know last learn leave like list long look looking lot make makes
making many may maybe mean means much need needed needs new next nice now okay old one order page part people person
place point policy possible problem procedure process put question quick quickly read really right rule rules said
say says second see send set should side someone soon start started starting step steps still stuff supposed sure take
takes tell thing things think time times today told tomorrow tried try trying two type use used using usually want
wants way week weeks went will wonder wondering work working works year years
`
const everydayTerms = new Set(analyse(EVERYDAY))

const EVERYDAY_WEIGHT = 0.25
/** Bare numbers and single letters stand on most pages. */
const BARE_WEIGHT = 0.4
const BARE = /^(?:\d+|[a-z])$/
/** Sentences without a question mark beside one that has it are the asker's story. */
const STORY_WEIGHT = 0.5
const EARLIER_WEIGHT = 0.4

export type AnalysedQuestion = {
  /** Term → 1 for an ordinary informative word, less for everyday words and for the story around the question. */
  weights: ReadonlyMap<string, number>
  /** Terms of ticket numbers and error codes: a page without them cannot be the answer. */
  identifiers: string[]
  /** The answer is likely to hold a number, a date or an amount. */
  asksForNumber: boolean
}

/** `earlier` is the question that a follow-up continues. */
export function analyseQuestion(question: string, earlier = ''): AnalysedQuestion {
  const weights = new Map<string, number>()
  for (const { text, weight } of [...splitStory(question), { text: earlier, weight: EARLIER_WEIGHT }]) {
    // Hyphenated words count by their parts only, or their whole would count as one more missing word.
    for (const term of analyse(text.replace(/(?<=\p{Ll})-(?=\p{Ll})/gu, ' '))) {
      const own = weight * (everydayTerms.has(term) ? EVERYDAY_WEIGHT : BARE.test(term) ? BARE_WEIGHT : 1)
      weights.set(term, Math.max(weights.get(term) ?? 0, own))
    }
  }
  return { weights, identifiers: listIdentifiers(question), asksForNumber: ASKS_FOR_NUMBER.test(question) }
}

/** Words that open a question of its own after "and": how, what, when, …, may, do, is (English and German). */
const OPENER =
  'how|what|which|who|whom|whose|when|where|why|do|does|did|is|are|can|may|must|should|will|wie|was|welche[rsnm]?|wer|wen|wem|wann|wo|warum|kann|darf|muss|ist|sind'
const CLAUSE_BREAK = new RegExp(`[?;]\\s+|,?\\s+(?:and|und)\\s+(?=(?:${OPENER})\\b)`, 'i')

/** The questions that are asked in one breath ("How long may I … and what do I need for …?"); one when it is simple. */
export function splitClauses(question: string): string[] {
  const clauses = question.split(CLAUSE_BREAK).filter((clause) => analyse(clause).length >= 2)
  return clauses.length > 1 ? clauses.slice(0, MAX_CLAUSES) : [question]
}

const MAX_CLAUSES = 3

const ASKS_FOR_NUMBER =
  /\b(how (many|much|long|often|old|big|large|far|late|early)|when|what (time|day|date|number|percentage)|max(imum)?|min(imum)?|limit|deadline|wie (viele?|lange|oft|hoch|groß)|wann)\b/i

function splitStory(question: string): { text: string; weight: number }[] {
  const sentences = question.split(/(?<=[.?!])\s+/)
  if (!sentences.some((sentence) => sentence.endsWith('?'))) return [{ text: question, weight: 1 }]
  return sentences.map((text) => ({ text, weight: text.endsWith('?') ? 1 : STORY_WEIGHT }))
}

/** `PROJ-1234`, `ERR_CONN_42`, `E1001`: capitals with digits or underscores. */
function listIdentifiers(question: string): string[] {
  const written = question.match(/\b[A-Z][A-Z0-9]*[-_][A-Z0-9_-]*[A-Z0-9]\b|\b[A-Z]{1,5}\d{3,}\b/g) ?? []
  return written.filter((each) => /[\d_]/.test(each)).map((each) => analyse(each)[0] ?? '')
}
