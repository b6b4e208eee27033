// What a census seems to have lost. A `next` that skips rows, or a page that is deleted while a list is walked by offset, takes
// pages out of a listing that are still there: nothing is hidden before the site was asked for each by its id.
import type { CensusPage, ConfluenceSite, SiteSpace } from '../confluence/site.ts'

export type ContentRow = Pick<CensusPage, 'pageId' | 'kind'>

/** Cloud gives so many at once; Data Center is asked for each by itself, and the run is seen to move in between. */
const askedAtOnce = 250

/**
 * Of this many, spread over all that is missing, the site is asked for each. If it has none of them any more, the census is
 * believed about the rest: Data Center would need a request for each page of a tree of thousands that was deleted, and a
 * listing that is wrong about one page in 200 goes undetected in fewer than one case of 100. If it has only one of them, it
 * is asked for the rest too.
 */
const sampleSize = 1_000

/** Those of the `missing` that are still in the space. Rejects when the site cannot say so. */
export async function findOverlooked(
  site: ConfluenceSite,
  space: SiteSpace,
  missing: ContentRow[],
  onProgress: () => void,
  signal: AbortSignal,
): Promise<CensusPage[]> {
  const found: CensusPage[] = []
  const ask = async (rows: ContentRow[]): Promise<void> => {
    for (let start = 0; start < rows.length; start += askedAtOnce) {
      const answered = await site.fetchCensusRows(rows.slice(start, start + askedAtOnce), signal)
      for (const { spaceId, ...page } of answered) if (spaceId === space.spaceId) found.push(page)
      onProgress()
    }
  }
  const [sample, rest] = takeSample(missing, sampleSize)
  await ask(sample)
  if (found.length > 0) await ask(rest)
  return found
}

/** Every n-th, and those between. Pure. */
export function takeSample<Value>(values: Value[], size: number): [Value[], Value[]] {
  if (values.length <= size) return [values, []]
  const chosen = new Set(Array.from({ length: size }, (_, i) => Math.floor((i * values.length) / size)))
  return [values.filter((_, i) => chosen.has(i)), values.filter((_, i) => !chosen.has(i))]
}
