import { analyse } from './analysis.ts'

/** What every chunk of a page is found by besides its own text. */
export type PageFields = {
  title: string
  spaceName: string
  spaceKey: string
  /** From the space's home page down to the parent. */
  ancestorTitles: string[]
  labels: string[]
}

/** How often a field's terms count: BM25F, done by repeating terms, so that a plain BM25 index can hold it. */
const fieldWeights = { title: 2, headingPath: 1, ancestorTitles: 1, space: 2, labels: 1, text: 1 } as const

/**
 * Says the search terms of each chunk of a page, for the `terms` column (joined by blanks); `term_count` is their number.
 * The page's own fields are analysed once: the chunks of a page share them.
 */
export function termsOfPage(page: PageFields): (chunk: { headingPath: string[]; text: string }) => string[] {
  const shared = [
    ...weigh(page.title, fieldWeights.title),
    ...weigh(page.ancestorTitles.join('\n'), fieldWeights.ancestorTitles),
    ...weigh(`${page.spaceName}\n${page.spaceKey}`, fieldWeights.space),
    ...weigh(page.labels.join('\n'), fieldWeights.labels),
  ]
  return ({ headingPath, text }) => [
    ...shared,
    ...weigh(headingPath.join('\n'), fieldWeights.headingPath),
    ...weigh(text, fieldWeights.text),
  ]
}

function weigh(text: string, weight: number): string[] {
  const terms = analyse(text)
  return weight === 1 ? terms : Array.from({ length: weight }, () => terms).flat()
}
