import type { SiteSpace } from '../confluence/site.ts'

/** ` Did you mean IT or ITSM?`, or a list of the keys there are, begun with `listing`; empty when there are none. Pure. */
export function suggestKeys(
  typed: string,
  spaces: Pick<SiteSpace, 'key' | 'name'>[],
  listing: 'It sees' | 'Known here:' = 'It sees',
): string {
  const wanted = typed.toLowerCase()
  const near = spaces
    .map(({ key, name }) => ({
      key,
      distance:
        name.toLowerCase() === wanted
          ? 0
          : Math.min(distance(wanted, key.toLowerCase()), name.toLowerCase().startsWith(wanted) ? 1 : 99),
    }))
    .filter((candidate) => candidate.distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
  if (near.length > 0) return ` Did you mean ${near.map(({ key }) => key).join(' or ')}?`
  if (spaces.length === 0) return ''
  const keys = spaces.slice(0, 8).map(({ key }) => key)
  return ` ${listing} ${keys.join(', ')}${spaces.length > keys.length ? ` and ${spaces.length - keys.length} more` : ''}.`
}

/** Edits between two keys (Levenshtein), with a swap of neighbours counted as one. */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array.from({ length: b.length }, () => 0)])
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0
  for (let j = 0; j <= b.length; j++) (table[0] ?? [])[j] = j
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1)
      ;(table[i] ?? [])[j] = best
    }
  return at(a.length, b.length)
}
