import { analyse } from './analysis.ts'

/** What a chunk is found by: its own text, and what stands around it. */
export type IndexedFields = {
  title: string
  spaceName: string
  spaceKey: string
  /** From the space's home page down to the parent. */
  ancestorTitles: string[]
  headingPath: string[]
  labels: string[]
  text: string
}

/** How often a field's terms count: BM25F, done by repeating terms, so that a plain BM25 index can hold it. */
const fieldWeights = { title: 2, headingPath: 1, ancestorTitles: 1, space: 2, labels: 1, text: 1 } as const

/** Search terms of a chunk for the `terms` column (joined by blanks); its `term_count` is their number. */
export function termsOf(fields: IndexedFields): string[] {
  const weighted: [string, number][] = [
    [fields.title, fieldWeights.title],
    [fields.headingPath.join('\n'), fieldWeights.headingPath],
    [fields.ancestorTitles.join('\n'), fieldWeights.ancestorTitles],
    [`${fields.spaceName}\n${fields.spaceKey}`, fieldWeights.space],
    [fields.labels.join('\n'), fieldWeights.labels],
    [fields.text, fieldWeights.text],
  ]
  return weighted.flatMap(([text, weight]) => {
    const terms = analyse(text)
    return Array.from({ length: weight }, () => terms).flat()
  })
}
