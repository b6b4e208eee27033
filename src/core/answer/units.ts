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

export function listUnits(passages: Passage[]): Unit[] {
  return passages.flatMap((passage, index) => unitsOf(passage, index))
}

function unitsOf(passage: Passage, index: number): Unit[] {
  const units: Unit[] = []
  for (const { text, start, end, kind } of splitSentences(passage.text)) {
    if (kind === 'heading') continue
    const from = kind === 'item' ? lineStart(passage.text, start) : start
    const terms = new Set(analyse(text))
    units.push({ passage: index, position: units.length, start: from, end, text, terms, kind })
  }
  return units
}

function lineStart(text: string, position: number): number {
  const start = text.lastIndexOf('\n', position - 1) + 1
  return start + text.slice(start, position).search(/\S|$/)
}
