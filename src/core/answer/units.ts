// Passages → the units that an extract is made of: sentences, list items, table rows, code blocks. Pure.
import { splitSentences } from '../content/sentences.ts'
import { analyse } from '../search/analysis.ts'
import type { Passage } from './answer.ts'

export type Unit = {
  /** Index of the passage in the list that was given. */
  passage: number
  /** 0, 1, 2, … within the passage. */
  position: number
  /** Where it stands in the passage's text, a list item with its mark. */
  start: number
  end: number
  text: string
  terms: ReadonlySet<string>
  kind: 'prose' | 'item' | 'row' | 'code'
}

/** What an extract can be made of. */
export type Sources = {
  passages: Passage[]
  units: Unit[]
  /** By passage: the terms of its title, headings and space, which its sentences need not repeat. */
  contexts: ReadonlySet<string>[]
}

export function gatherSources(passages: Passage[]): Sources {
  return { passages, units: passages.flatMap(unitsOf), contexts: passages.map(contextTerms) }
}

function contextTerms(passage: Passage): ReadonlySet<string> {
  return new Set(analyse([passage.title, ...passage.headingPath, passage.spaceName, passage.spaceKey].join('\n')))
}

function unitsOf(passage: Passage, index: number): Unit[] {
  const units: Unit[] = []
  for (const { text, start, end, kind } of splitSentences(passage.text)) {
    if (kind === 'heading') continue
    const from = startWithMark(passage.text, start)
    const terms = new Set(analyse(text))
    units.push({ passage: index, position: units.length, start: from, end, text, terms, kind })
  }
  return units
}

/** A list item takes its mark along, the first sentence of a panel its `>`. */
function startWithMark(text: string, start: number): number {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const mark = text.slice(lineStart, start)
  return /^\s*(?:>\s*)*(?:[-*]\s+|\d+\.\s+|\[[ x]\]\s+)*$/.test(mark) ? lineStart + mark.search(/\S|$/) : start
}
