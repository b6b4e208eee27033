import type { ConfluenceSite, SiteSpace } from '../confluence/site.ts'

/**
 * Ids of the pages of a space that a scope's query finds. Search answers from an index that may be behind, or be built anew:
 * where it misses most of the pages that it `found before`, it is asked once more, and whatever it found either time counts.
 */
export async function findMatches(
  site: ConfluenceSite,
  space: SiteSpace,
  query: string,
  foundBefore: string[],
  onProgress: () => void,
  signal: AbortSignal,
): Promise<Set<string>> {
  const matches = new Set<string>()
  for (let time = 0; time < 2; time++) {
    for await (const ids of site.iterateMatches(space, query, signal)) {
      for (const id of ids) matches.add(id)
      onProgress()
    }
    if (!missesMost(foundBefore, matches)) break
  }
  return matches
}

export function missesMost(expected: string[], found: { has(id: string): boolean }): boolean {
  return expected.filter((id) => !found.has(id)).length * 2 > expected.length
}
