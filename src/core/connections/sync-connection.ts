import { type Connection, recordTest } from '../../db/queries/connections.ts'
import { holdPages, listStoredPages } from '../../db/queries/pages.ts'
import { type NewSpace, type Space, listSpaces, updateSpace, upsertSpaces } from '../../db/queries/spaces.ts'
import type { RunKind } from '../../db/queries/sync-runs.ts'
import { ConnectionRevokedError, InvalidInputError } from '../../errors.ts'
import { explainBlocked } from '../confluence/blocked-spaces.ts'
import type { ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import type { Core } from '../core.ts'
import { isSpaceArchivedAway } from '../sync/exclusions.ts'
import { type RequestedRun, requestSync } from '../sync/request-sync.ts'
import { retirePages } from '../sync/retire-pages.ts'
import { loseConnection } from './lose-connection.ts'
import { openConnectionSite } from './open-site.ts'
import { namedSpaceKeys } from './scope.ts'

export type QueuedSync = {
  runs: RequestedRun[]
  spaces: Space[]
  /** Why selected spaces are not to be seen, and what to do: a sentence for each. */
  missing: string[]
}

/**
 * Looks which spaces the connection covers now and queues a run for each. Rejects with `InvalidInputError` where it sees none
 * of them any more: a sync of nothing is never a success.
 */
export async function syncConnection(
  core: Core,
  connection: Connection,
  options: { kind: RunKind; requestedBy: string },
  signal: AbortSignal,
): Promise<QueuedSync> {
  const { db } = core.database
  const site = openConnectionSite(core, connection)
  const listed = await listSiteSpaces(core, connection, site, signal)
  const { selected, missingKeys } = selectSpaces(listed, connection.scope)
  const gone = await listGoneSpaces(core, connection, listed)
  const keys = [...new Set([...missingKeys, ...gone.map(({ key }) => key)])]
  const blocked = keys.length === 0 ? [] : await site.listBlockedSpaces(signal)
  const explain = explainMissing(connection, blocked)
  const isListEmpty = listed.length === 0
  for (const space of gone) await stopServing(core, space, { isListEmpty, error: explain(space.key) })
  const missing = keys.map(explain)
  if (selected.length === 0) {
    const isPlain = isListEmpty && blocked.length === 0
    throw await refuseEmpty(
      core,
      connection,
      isPlain ? describeBlind(connection) : describeUncovered(connection, missing),
    )
  }
  const known = new Set((await listSpaces(db, connection.id)).map(({ spaceId }) => spaceId))
  // A space that was archived after it was stored is synced on: its run leaves out every page, and counts them.
  const wanted = selected.filter(
    (space) => known.has(space.spaceId) || !isSpaceArchivedAway(space, connection.scope, connection.exclusions),
  )
  if (wanted.length === 0) throw await refuseEmpty(core, connection, describeArchived(connection, missing))
  const spaces = await upsertSpaces(
    db,
    wanted.map((space) => toNewSpace(connection.id, space)),
  )
  // What a scheduled sync had found wrong is over.
  if (connection.testResult !== 'Works')
    await recordTest(db, connection.id, { result: 'Works', remedy: undefined }, core.now())
  const runs = await requestSync(core, spaces, options)
  return { runs, spaces, missing }
}

/**
 * The spaces that the account sees. None at all is a broken answer more often than a right that was taken away, so it is
 * asked once more, from the start: only what the site says twice, to an account that it knows, is believed.
 */
async function listSiteSpaces(
  core: Core,
  connection: Connection,
  site: ConfluenceSite,
  signal: AbortSignal,
): Promise<SiteSpace[]> {
  const ask = async (): Promise<SiteSpace[]> => {
    await site.fetchCurrentUser(signal)
    return collectSpaces(site, signal)
  }
  try {
    const listed = await ask()
    return listed.length > 0 ? listed : await ask()
  } catch (error) {
    if (error instanceof ConnectionRevokedError)
      await core.database.db.transaction((tx) => loseConnection(core, connection, error, tx))
    throw error
  }
}

async function listGoneSpaces(core: Core, connection: Connection, listed: SiteSpace[]): Promise<Space[]> {
  const seen = new Set(listed.map(({ spaceId }) => spaceId))
  return (await listSpaces(core.database.db, connection.id)).filter(({ spaceId }) => !seen.has(spaceId))
}

/**
 * A space that the complete list no longer holds was deleted, or taken from the account: nobody can tell any more who may
 * read it, so its pages are not served from now on. Where the list holds nothing at all the account lost its rights, rather
 * than the company all its spaces: then they are hidden whatever their number, and come back when the spaces do.
 */
async function stopServing(
  { database: { db }, now }: Core,
  space: Space,
  { isListEmpty, error }: { isListEmpty: boolean; error: string },
): Promise<void> {
  const stored = await listStoredPages(db, space.id)
  const living = stored.filter(({ tombstonedAt }) => tombstonedAt === null)
  const ids = living.map(({ id }) => id)
  if (isListEmpty) await holdPages(db, ids, now())
  else await retirePages(db, stored, living, now())
  await updateSpace(db, space.id, { state: 'ERROR', error })
}

/** The reason is kept for status as well: a scheduled sync finds nobody to tell. */
async function refuseEmpty(core: Core, { id }: Connection, sentence: string): Promise<InvalidInputError> {
  await recordTest(core.database.db, id, { result: 'Failed', remedy: sentence }, core.now())
  return new InvalidInputError('spaces_none', sentence, { field: 'spaces' })
}

/** Why nothing was synced: sentences. Pure. */
function describeBlind({ name }: Connection): string {
  return `The account of ${name} sees no space any more, so nothing was synced and none of its pages is answered from. Give it the right to view the spaces, then sync again.`
}

function describeUncovered({ name }: Connection, missing: string[]): string {
  return [`${name} covers no space that its account sees, so nothing was synced.`, ...missing].join(' ')
}

function describeArchived({ name }: Connection, missing: string[]): string {
  const sentence = `Every space that the account of ${name} sees is archived, and ${name} leaves archived spaces out, so nothing was synced. Name the spaces to read, or have archived ones read too, with edit ${name}.`
  return [sentence, ...missing].join(' ')
}

/** The sentence for a space that is not to be seen; one that an access rule hides is named as such. Pure. */
function explainMissing({ name }: Connection, blocked: { key: string }[]): (key: string) => string {
  const hidden = new Set(blocked.map(({ key }) => key.toLowerCase()))
  return (key) => {
    if (!hidden.has(key.toLowerCase()))
      return `The account of ${name} no longer sees space ${key}, so its pages are not answered from. Give it the right to view the space, then sync again; if the space was deleted, take it out with edit ${name}.`
    const { cause, remedy } = explainBlocked([key])
    return `${cause} Its pages are not answered from. ${remedy}`
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
