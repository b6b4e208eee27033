// What `pages [FILTER]` means: words for a state, a space, a connection; else a part of a title.
import { findConnection } from '../../db/queries/connections.ts'
import { type ListedPage, type PageFilter, type PageState, listPages, pageStates } from '../../db/queries/page-list.ts'
import { listSpacesByKey } from '../../db/queries/spaces.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Core } from '../core.ts'

export type PageListing = { filter: string; pages: ListedPage[]; total: number }

const maxShown = 50

/** Rejects with `InvalidInputError` for a word that could be a space and a connection. */
export async function readPages(core: Core, words: string[]): Promise<PageListing> {
  const { db } = core.database
  const filter: PageFilter = {}
  const title: string[] = []
  for (const word of words) {
    const state = pageStates.find((known) => known === word.toLowerCase())
    if (state !== undefined && filter.state === undefined) {
      filter.state = state
      continue
    }
    if (word.toLowerCase() === 'partial' && filter.isPartial === undefined) {
      filter.isPartial = true
      continue
    }
    const connection = await findConnection(db, word)
    const spaces = await listSpacesByKey(db, word)
    if (connection !== undefined && spaces.length > 0)
      throw new InvalidInputError(
        'filter_ambiguous',
        `"${word}" is the connection ${connection.name} and the space ${spaces[0]?.space.key}. Give one of the titles' words or a state instead.`,
      )
    if (connection !== undefined) filter.connectionIds = [...(filter.connectionIds ?? []), connection.id]
    else if (spaces.length > 0) filter.spaceIds = [...(filter.spaceIds ?? []), ...spaces.map(({ space }) => space.id)]
    else title.push(word)
  }
  if (title.length > 0) filter.title = title.join(' ')
  return { filter: words.join(' '), ...(await listPages(db, filter, maxShown)) }
}

/** What a state means, in two or three words. */
export const pageStateWords: Record<PageState, string> = {
  stored: 'stored',
  failed: 'failed',
  excluded: 'left out',
  held: 'hidden, waits for deletion',
  waiting: 'not fetched yet',
}

const nothingInState: Record<PageState, string> = {
  stored: 'No page is stored yet.',
  failed: 'No page has failed.',
  excluded: 'No page is left out.',
  held: 'No page is hidden.',
  waiting: 'No page waits to be fetched.',
}

/** The sentence for an empty listing. */
export function describeNoPages(filter: string): string {
  const state = pageStates.find((known) => known === filter.toLowerCase())
  if (state !== undefined) return nothingInState[state]
  return filter === '' ? nothingInState.stored : `No page fits “${filter}”.`
}
