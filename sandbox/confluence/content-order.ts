// Sorted lists of content ids. Ids are strings of digits and compare as numbers.
import type { Content, Site } from './model.ts'

export type SortKey = 'id' | 'created-date' | 'modified-date' | 'title'
/** `by` with `descending`; ties are broken by id so that every order is total. */
export type Sort = { by: SortKey; descending: boolean }
/** The place in an order after which the next page of results begins. */
export type Place = { value: string; id: string }

const sortedLists = new WeakMap<Site, { epoch: number; lists: Map<string, string[]> }>()

export function compareIds(one: string, other: string): number {
  return one.length - other.length || compareText(one, other)
}

/** Position of the first id that is not smaller than `id`. */
function lowerBound(ids: string[], id: string): number {
  return firstPosition(ids, (candidate) => compareIds(candidate, id) >= 0)
}

export function insertId(ids: string[], id: string): void {
  ids.splice(lowerBound(ids, id), 0, id)
}

export function removeId(ids: string[], id: string): void {
  const position = lowerBound(ids, id)
  if (ids[position] === id) ids.splice(position, 1)
}

/** Page ids of the named spaces (or the whole site) in the order asked for; kept until the site changes. */
export function sortedPageIds(site: Site, spaceIds: string[] | undefined, sort: Sort): string[] {
  const single = spaceIds?.length === 1 ? site.pageIdsBySpace.get(spaceIds[0] ?? '') : undefined
  if (sort.by === 'id' && !sort.descending && (spaceIds === undefined || spaceIds.length === 1)) {
    return spaceIds === undefined ? site.pageIds : (single ?? [])
  }
  const lists = listsOf(site)
  const name = JSON.stringify([spaceIds?.toSorted(), sort])
  let ids = lists.get(name)
  if (ids === undefined) {
    const all = spaceIds === undefined ? site.pageIds : spaceIds.flatMap((id) => site.pageIdsBySpace.get(id) ?? [])
    ids = sortIds(site, all, sort)
    lists.set(name, ids)
  }
  return ids
}

export function sortIds(site: Site, ids: string[], sort: Sort): string[] {
  const places = ids.map((id) => placeOf(site, id, sort))
  return places.toSorted((one, other) => comparePlaces(one, other, sort)).map((place) => place.id)
}

export function sortContents(contents: Content[], sort: Sort): string[] {
  const places = contents.map((content) => ({ id: content.id, value: sortValue(content, sort.by) }))
  return places.toSorted((one, other) => comparePlaces(one, other, sort)).map((place) => place.id)
}

export function placeOf(site: Site, id: string, sort: Sort): Place {
  const content = site.contents.get(id)
  return { id, value: content === undefined ? '' : sortValue(content, sort.by) }
}

/** Position of the first id that comes after `place`. */
export function positionAfter(site: Site, ids: string[], place: Place, sort: Sort): number {
  return firstPosition(ids, (id) => comparePlaces(placeOf(site, id, sort), place, sort) > 0)
}

function sortValue(content: Content, by: SortKey): string {
  if (by === 'created-date') return content.createdAt
  if (by === 'modified-date') return content.version.createdAt
  return by === 'title' ? content.title.toLowerCase() : ''
}

function comparePlaces(one: Place, other: Place, sort: Sort): number {
  const order = compareText(one.value, other.value) || compareIds(one.id, other.id)
  return sort.descending ? -order : order
}

function compareText(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function firstPosition(ids: string[], isAtOrAfter: (id: string) => boolean): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAtOrAfter(ids[middle] ?? '')) high = middle
    else low = middle + 1
  }
  return low
}

function listsOf(site: Site): Map<string, string[]> {
  const kept = sortedLists.get(site)
  if (kept !== undefined && kept.epoch === site.epoch) return kept.lists
  const lists = new Map<string, string[]>()
  sortedLists.set(site, { epoch: site.epoch, lists })
  return lists
}
