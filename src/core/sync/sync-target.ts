// What `sync X` means: a connection's name, a space's key, or the address of a site, a space or a page.
import { type Connection, findConnection, findConnectionById, listConnections } from '../../db/queries/connections.ts'
import { markStale, upsertHints } from '../../db/queries/page-hints.ts'
import { listSpacesByKey, type Space, listSpaces } from '../../db/queries/spaces.ts'
import { InvalidInputError, isFootnoteError } from '../../errors.ts'
import { refusePaused } from '../connections/refuse-paused.ts'
import { suggestKeys } from '../connections/suggest-keys.ts'
import { syncConnection } from '../connections/sync-connection.ts'
import type { Core } from '../core.ts'
import { type RequestedRun, requestSync } from './request-sync.ts'
import { isAddress, resolveAddress } from './sync-address.ts'

export type StartedSync = {
  runs: RequestedRun[]
  /** The one page that was asked for, and its run. */
  page?: { pageId: string; spaceKey: string; run: RequestedRun }
  /** A sentence for each selected space that its account cannot see. */
  missing: string[]
  /** Why connections could not be synced, a sentence each; the others were. */
  refusals: string[]
  /** What comes later than people may think, a sentence each. */
  remarks: string[]
}

type SyncRequest = { kind: 'full' | 'incremental'; requestedBy: string }

/** Queues the runs that `target` asks for (undefined: every connection). Rejects with `InvalidInputError` when it is unclear. */
export async function startSync(
  core: Core,
  target: string | undefined,
  options: { isFull: boolean; requestedBy: string },
  signal: AbortSignal,
): Promise<StartedSync> {
  const request: SyncRequest = { kind: options.isFull ? 'full' : 'incremental', requestedBy: options.requestedBy }
  if (target === undefined) {
    const connections = await listConnections(core.database.db)
    if (connections.length === 0)
      throw new InvalidInputError('nothing_connected', 'No Confluence site is connected yet. Begin with connect.')
    return combine(
      await inTurn(connections, (connection) =>
        syncWhole(core, connection, request, signal).catch((error: unknown) => {
          // One connection is all that was asked for: then that is how the command ends.
          if (connections.length === 1 || signal.aborted || !isFootnoteError(error)) throw error
          return { runs: [], missing: [], refusals: [describeRefusal(connection, error.message)], remarks: [] }
        }),
      ),
    )
  }
  const found = await resolveTarget(core, target, signal)
  if (found.kind === 'connection') return syncWhole(core, found.connection, request, signal)
  refusePaused(found.connection)
  if (found.kind === 'page') return syncPage(core, found, options)
  const runs = await requestSync(core, [found.space], request)
  return { runs, missing: [], refusals: [], remarks: remarkOn(runs, [found.space], request) }
}

/** A page is hinted at, and whatever run of its space comes first works the hint. */
async function syncPage(
  core: Core,
  { space, pageId }: Extract<Target, { kind: 'page' }>,
  { isFull, requestedBy }: { isFull: boolean; requestedBy: string },
): Promise<StartedSync> {
  const { db } = core.database
  if (isFull) await markStale(db, space.id, pageId)
  await upsertHints(db, [{ spaceId: space.id, pageId }], core.now())
  const runs = await requestSync(core, [space], { kind: 'pages', requestedBy })
  const [run] = runs
  const isLate = run?.isFollowed === true && run.kind !== 'pages'
  const remarks = isLate ? [`${space.key} is syncing already; the page follows when that ends.`] : []
  const page = run === undefined ? {} : { page: { pageId, spaceKey: space.key, run } }
  return { runs, ...page, missing: [], refusals: [], remarks }
}

const maxNamedKeys = 5

function remarkOn(runs: RequestedRun[], spaces: Space[], { kind }: SyncRequest): string[] {
  const followed = new Set(runs.flatMap((run) => (run.isFollowed ? [run.spaceId] : [])))
  const keys = spaces.flatMap(({ id, key }) => (followed.has(id) ? [key] : []))
  if (keys.length === 0) return []
  const more = keys.length > maxNamedKeys ? ` and ${keys.length - maxNamedKeys} more` : ''
  const named = `${keys.slice(0, maxNamedKeys).join(', ')}${more} ${keys.length === 1 ? 'is' : 'are'} syncing already`
  const what = kind === 'full' ? 'a full sync' : 'another sync'
  return [`${named}; ${what} follows when that ends.`]
}

async function syncWhole(
  core: Core,
  connection: Connection,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<StartedSync> {
  refusePaused(connection)
  const { runs, spaces, missing } = await syncConnection(core, connection, request, signal)
  return { runs, missing, refusals: [], remarks: remarkOn(runs, spaces, request) }
}

function describeRefusal({ name }: Connection, sentence: string): string {
  return sentence.startsWith(`${name} `) ? sentence : `${name}: ${sentence}`
}

export type Target =
  | { kind: 'connection'; connection: Connection }
  | { kind: 'space'; connection: Connection; space: Space }
  | { kind: 'page'; connection: Connection; space: Space; pageId: string }

/**
 * Rejects with `InvalidInputError` when nothing or more than one thing is called so. The site is asked only for the address
 * of a page that is not stored.
 */
export async function resolveTarget(core: Core, target: string, signal: AbortSignal): Promise<Target> {
  const { db } = core.database
  if (isAddress(target)) return resolveAddress(core, target, signal)
  const connection = await findConnection(db, target)
  const spaces = await listSpacesByKey(db, target)
  if (connection !== undefined && spaces.length === 0) return { kind: 'connection', connection }
  const [only] = spaces
  if (connection === undefined && only !== undefined && spaces.length === 1) return targetOf(core, only.space)
  if (connection !== undefined || spaces.length > 1) {
    const readings = [
      ...(connection === undefined ? [] : [`the connection ${connection.name}`]),
      ...spaces.map((found) => `space ${found.space.key} of ${found.connectionName} (${found.baseUrl})`),
    ]
    throw new InvalidInputError(
      'target_ambiguous',
      `"${target}" could be ${readings.join(' or ')}. Give the address of the space, or the connection's name.`,
    )
  }
  const connections = await listConnections(db)
  const known = (await Promise.all(connections.map(({ id }) => listSpaces(db, id)))).flat()
  const names = connections.map(({ name }) => ({ key: name, name }))
  // Several sites may have spaces of one key.
  const suggestions = new Map([...names, ...known].map((each) => [each.key, each]))
  throw new InvalidInputError(
    'target_unknown',
    `There is no connection and no synced space called ${target}.${suggestKeys(target, [...suggestions.values()], 'Known here:')}`,
  )
}

async function targetOf(core: Core, space: Space): Promise<Target> {
  const connection = await findConnectionById(core.database.db, space.connectionId)
  if (connection === undefined) throw new Error(`connection of space ${space.key} is gone`)
  return { kind: 'space', connection, space }
}

async function inTurn<In, Out>(values: In[], work: (value: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  for (const value of values) results.push(await work(value))
  return results
}

function combine(started: StartedSync[]): StartedSync {
  return {
    runs: started.flatMap(({ runs }) => runs),
    missing: started.flatMap(({ missing }) => missing),
    refusals: started.flatMap(({ refusals }) => refusals),
    remarks: started.flatMap(({ remarks }) => remarks),
  }
}
