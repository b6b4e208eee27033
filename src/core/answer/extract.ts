// Passages → an answer made of their own sentences, quoted exactly. What answers without Claude, and when Claude is
// unavailable. Pure.
import type { Answer, Passage, Statement } from './answer.ts'
import { composeText, sourceKey, startNumbering } from './cite.ts'
import { isCovered, weighTerms } from './coverage.ts'
import { type Excerpt, chooseExcerpts } from './excerpts.ts'
import { analyseQuestion, splitClauses } from './question-terms.ts'
import { readSlips } from './spelling.ts'
import { type Sources, gatherSources } from './units.ts'

export type ExtractOptions = {
  /** Pages and headings that are quoted, 3 unless said otherwise. */
  maxSources?: number
  searchedSpaces?: string[]
  /** The question that this one continues. */
  earlierQuestion?: string | undefined
}

/**
 * The best few sentences, list items, table rows or code for the question, each an exact quote with its source; undefined
 * when the passages do not cover the question (`isCovered`). `passages` come best first.
 */
export function extractAnswer(question: string, passages: Passage[], options: ExtractOptions = {}): Answer | undefined {
  const { searchedSpaces = [], maxSources = 3 } = options
  const sources = gatherSources(passages)
  const whole = choose(question, options.earlierQuestion, sources, maxSources)
  if (whole === undefined) return undefined
  const clauses = splitClauses(question)
  // Each of several questions first gets the best source of its own; what room is left is the whole question's.
  const own = clauses.length === 1 ? [] : clauses.flatMap((clause) => choose(clause, undefined, sources, 1) ?? [])
  const excerpts = distinct([...own, ...whole], passages).slice(0, maxSources)
  return excerpts.length === 0 ? undefined : assemble(excerpts, passages, searchedSpaces)
}

/** Excerpts for one question; undefined when the passages do not cover it. */
function choose(
  question: string,
  earlierQuestion: string | undefined,
  sources: Sources,
  maxSources: number,
): Excerpt[] | undefined {
  const analysed = readSlips(analyseQuestion(question, earlierQuestion), sources)
  const weights = weighTerms(analysed, sources)
  if (!isCovered(analysed, weights, sources)) return undefined
  return chooseExcerpts(analysed, weights, sources, maxSources)
}

/** Terms in common (Jaccard) from which an excerpt repeats one that was taken, from a copy of the page, say. */
const MAX_OVERLAP = 0.6

/** The first excerpt of each page and heading, without those that repeat another. */
function distinct(excerpts: Excerpt[], passages: Passage[]): Excerpt[] {
  const taken = new Map<string, Excerpt>()
  for (const excerpt of excerpts) {
    const passage = passages[excerpt.passage]
    const isRepetition = [...taken.values()].some((other) => overlap(other.terms, excerpt.terms) > MAX_OVERLAP)
    if (passage !== undefined && !isRepetition && !taken.has(sourceKey(passage))) taken.set(sourceKey(passage), excerpt)
  }
  return [...taken.values()]
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = a.intersection(b).size
  const all = a.size + b.size - common
  return all === 0 ? 0 : common / all
}

function assemble(excerpts: Excerpt[], passages: Passage[], searchedSpaces: string[]): Answer {
  const numbering = startNumbering()
  const statements = excerpts.flatMap(({ passage: index, spans }): Statement[] => {
    const passage = passages[index]
    if (passage === undefined) return []
    return spans
      .flatMap((span) => splitBlocks(passage.text, span))
      .map(({ start, end }) => ({
        text: passage.text.slice(start, end),
        citations: [numbering.cite({ passage, start, end })],
      }))
  })
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

type Span = { start: number; end: number }

/** Paragraphs, lists, tables and code of a stretch, each of which gets a mark; what ends in a colon stays with what it announces. */
function splitBlocks(text: string, { start, end }: Span): Span[] {
  const blocks: Span[] = []
  for (const part of text.slice(start, end).matchAll(/(?:^(`{3,})[^]*?^\1[^\S\n]*$|(?!\n[^\S\n]*\n)[^])+/gm)) {
    const from = start + part.index + (/\S/.exec(part[0])?.index ?? part[0].length)
    const to = start + part.index + part[0].trimEnd().length
    if (to <= from) continue
    const last = blocks.at(-1)
    if (last !== undefined && text[last.end - 1] === ':') last.end = to
    else blocks.push({ start: from, end: to })
  }
  return blocks
}
