// A space that two connections sync would be stored, and answered from, twice.
import type { Db } from '../../db/database.ts'
import { type Connection, listConnections } from '../../db/queries/connections.ts'
import { listSpaces, listSpacesByKey } from '../../db/queries/spaces.ts'
import { InvalidInputError } from '../../errors.ts'
import type { SiteSpace } from '../confluence/site.ts'
import { namedSpaceKeys } from './scope.ts'

/** A site by its address, and by what it calls itself where that is known. */
export type SiteNames = Pick<Connection, 'baseUrl' | 'siteKey'>

/** The same site may be reached under several addresses. */
function isSameSite(a: SiteNames, b: SiteNames): boolean {
  return a.baseUrl === b.baseUrl || (a.siteKey !== null && a.siteKey === b.siteKey)
}

/** `ownId`: the connection that is being changed, which may keep its own. */
export async function refuseTaken(db: Db, site: SiteNames, spaces: SiteSpace[], ownId?: number): Promise<void> {
  for (const space of spaces)
    for (const known of await listSpacesByKey(db, space.key))
      if (isSameSite(known, site) && known.space.spaceId === space.spaceId && known.space.connectionId !== ownId)
        throw spaceTaken(space.key, known.connectionName)
}

function spaceTaken(key: string, connectionName: string): InvalidInputError {
  return new InvalidInputError(
    'space_taken',
    `Space ${key} is already connected through ${connectionName}; use sync ${key} to refresh it.`,
    { field: 'spaces' },
  )
}

/** Somebody else may have connected the same spaces since the draft was tested. */
export async function refuseTakenMeanwhile(tx: Db, draft: Connection): Promise<void> {
  const mine = namedSpaceKeys(draft.scope)
  for (const other of await listConnections(tx)) {
    if (other.id === draft.id || !isSameSite(other, draft)) continue
    const stored = (await listSpaces(tx, other.id)).map(({ key }) => key)
    const theirs = namedSpaceKeys(other.scope)
    if (mine !== undefined) {
      // Before its first listing of the site a connection has stored none of the spaces that it selects.
      const selected = stored.length === 0 ? (theirs ?? []) : stored
      const taken = new Set(selected.map((key) => key.toLowerCase()))
      const both = mine.find((key) => taken.has(key.toLowerCase()))
      if (both !== undefined) throw spaceTaken(both, other.name)
    }
    const isNew = stored.length === 0 || (other.consentedAt ?? other.createdAt) >= draft.createdAt
    // Which spaces are meant by "all" only the site knows: the next draft asks it again.
    const isUnclear = mine === undefined ? isNew : stored.length === 0 && theirs === undefined
    if (isUnclear)
      throw new InvalidInputError(
        'space_taken',
        `${other.name} was connected to the same site meanwhile. Start again with connect.`,
        { field: 'spaces' },
      )
  }
}
