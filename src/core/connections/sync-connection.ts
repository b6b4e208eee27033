import { type Connection, pauseConnection } from '../../db/queries/connections.ts'
import { listStoredPages } from '../../db/queries/pages.ts'
import { type NewSpace, type Space, listSpaces, updateSpace, upsertSpaces } from '../../db/queries/spaces.ts'
import type { RunKind } from '../../db/queries/sync-runs.ts'
import { ConnectionRevokedError } from '../../errors.ts'
import type { ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import type { Core } from '../core.ts'
import { isSpaceArchivedAway } from '../sync/exclusions.ts'
import { type RequestedRun, requestSync } from '../sync/request-sync.ts'
import { retirePages } from '../sync/retire-pages.ts'
import { openConnectionSite } from './open-site.ts'
import { namedSpaceKeys } from './scope.ts'

export type QueuedSync = { runs: RequestedRun[]; spaces: Space[]; missingKeys: string[] }

/** Looks which spaces the connection covers now and queues a run for each. `missingKeys`: selected but not to be seen. */
export async function syncConnection(
  core: Core,
  connection: Connection,
  options: { kind: RunKind; requestedBy: string },
  signal: AbortSignal,
): Promise<QueuedSync> {
  const listed = await listSiteSpaces(core, connection, signal)
  const goneKeys = await tombstoneGoneSpaces(core, connection, listed)
  const { selected, missingKeys } = selectSpaces(listed, connection.scope)
  const known = new Set((await listSpaces(core.database.db, connection.id)).map(({ spaceId }) => spaceId))
  // A space that was archived after it was stored is synced on: its run leaves out every page, and counts them.
  const wanted = selected.filter(
    (space) => known.has(space.spaceId) || !isSpaceArchivedAway(space, connection.scope, connection.exclusions),
  )
  const spaces = await upsertSpaces(
    core.database.db,
    wanted.map((space) => toNewSpace(connection.id, space)),
  )
  return {
    runs: await requestSync(core, spaces, options),
    spaces,
    missingKeys: [...new Set([...missingKeys, ...goneKeys])],
  }
}

/**
 * A space that the complete list no longer holds was deleted, or taken from the account: nobody can tell any more who may
 * read it, so its pages are not served from now on. An empty list is a broken answer far more often. Returns the keys of such spaces.
 */
async function tombstoneGoneSpaces(core: Core, connection: Connection, listed: SiteSpace[]): Promise<string[]> {
  const { db } = core.database
  const seen = new Set(listed.map(({ spaceId }) => spaceId))
  const gone =
    listed.length === 0 ? [] : (await listSpaces(db, connection.id)).filter(({ spaceId }) => !seen.has(spaceId))
  for (const space of gone) {
    const stored = await listStoredPages(db, space.id)
    const living = stored.filter(({ tombstonedAt }) => tombstonedAt === null)
    await retirePages(db, stored, living, core.now())
    await updateSpace(db, space.id, {
      state: 'ERROR',
      error: `The account of ${connection.name} no longer sees space ${space.key}, so its pages are not served any more. Give it the right to view the space, then sync again.`,
    })
  }
  return gone.map(({ key }) => key)
}

async function listSiteSpaces(core: Core, connection: Connection, signal: AbortSignal): Promise<SiteSpace[]> {
  const site = openConnectionSite(core, connection)
  try {
    await site.fetchCurrentUser(signal)
    return await collectSpaces(site, signal)
  } catch (error) {
    if (error instanceof ConnectionRevokedError)
      await pauseConnection(core.database.db, connection.id, error.message, core.now())
    throw error
  }
}

export async function collectSpaces(site: ConfluenceSite, signal: AbortSignal): Promise<SiteSpace[]> {
  const spaces: SiteSpace[] = []
  for await (const batch of site.iterateSpaces(signal)) spaces.push(...batch)
  return spaces
}

/** The spaces of a scope; keys are compared without regard to case. Pure. */
export function selectSpaces(
  listed: SiteSpace[],
  scope: Connection['scope'],
): { selected: SiteSpace[]; missingKeys: string[] } {
  const keys = namedSpaceKeys(scope)
  if (keys === undefined) return { selected: listed, missingKeys: [] }
  const byKey = new Map(listed.map((space) => [space.key.toLowerCase(), space]))
  const selected = keys.flatMap((key) => byKey.get(key.toLowerCase()) ?? [])
  return {
    selected: [...new Set(selected)],
    missingKeys: keys.filter((key) => !byKey.has(key.toLowerCase())),
  }
}

function toNewSpace(connectionId: number, space: SiteSpace): NewSpace {
  return {
    connectionId,
    spaceId: space.spaceId,
    key: space.key,
    name: space.name,
    type: space.type,
    status: space.status,
    homepageId: space.homepageId ?? null,
    visibility: space.type === 'personal' ? 'internal' : 'public',
    state: 'PENDING',
  }
}
