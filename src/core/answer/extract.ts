// Passages → an answer made of their own sentences, quoted exactly. What answers without Claude, and when Claude is
// unavailable. Pure.
import type { Answer, Passage, Statement } from './answer.ts'
import { chooseUnits, type Limits, spansOf } from './choose-units.ts'
import { composeText, startNumbering } from './cite.ts'
import { contextTerms, isCovered, weighTerms } from './coverage.ts'
import { analyseQuestion } from './question-terms.ts'
import { rankUnits } from './rank-units.ts'
import { listUnits, type Unit } from './units.ts'

/** At most 4 statements from 3 sources (pages and headings) unless the options say otherwise. */
export type ExtractOptions = Partial<Limits> & {
  searchedSpaces?: string[]
  /** The question that this one continues. */
  earlierQuestion?: string | undefined
}

/**
 * The best few sentences, list items, table rows and code blocks for the question, each an exact quote with its source;
 * undefined when the passages do not cover the question (`isCovered`). `passages` come best first.
 */
export function extractAnswer(question: string, passages: Passage[], options: ExtractOptions = {}): Answer | undefined {
  const { searchedSpaces = [], maxStatements = 4, maxSources = 3 } = options
  const analysed = analyseQuestion(question, options.earlierQuestion)
  const units = listUnits(passages)
  const contexts = passages.map((passage) => contextTerms(passage))
  const weights = weighTerms(analysed, units, contexts)
  if (!isCovered(analysed, weights, units, contexts)) return undefined
  const ranked = rankUnits(analysed, weights, units, contexts)
  const chosen = chooseUnits(ranked, weights, passages, { maxStatements, maxSources })
  return chosen.length === 0 ? undefined : assemble(chosen, units, passages, searchedSpaces)
}

/** Statements in the order of their passages' best unit, within a passage in the order of its text. */
function assemble(chosen: Unit[], units: Unit[], passages: Passage[], searchedSpaces: string[]): Answer {
  const numbering = startNumbering()
  const statements: Statement[] = []
  for (const index of new Set(chosen.map((unit) => unit.passage))) {
    const passage = passages[index]
    if (passage === undefined) continue
    const ofPassage = units.filter((unit) => unit.passage === index)
    const taken = chosen.filter((unit) => unit.passage === index)
    for (const { start, end } of spansOf(taken, ofPassage)) {
      const n = numbering.cite({ passage, start, end })
      statements.push({ text: passage.text.slice(start, end), citations: [n] })
    }
  }
  return {
    kind: 'answer',
    text: composeText(statements),
    statements,
    citations: numbering.citations,
    nearest: [],
    searchedSpaces,
    by: 'extract',
    note: undefined,
  }
}
