// What `sync X` means: a connection's name, a space's key, or the address of a space or page.
import { type Connection, findConnection, findConnectionById, listConnections } from '../../db/queries/connections.ts'
import { listSpacesByKey, type Space, listSpaces } from '../../db/queries/spaces.ts'
import type { SyncRun } from '../../db/queries/sync-runs.ts'
import { InvalidInputError, isFootnoteError } from '../../errors.ts'
import { normaliseAddress } from '../confluence/address.ts'
import { syncConnection } from '../connections/sync-connection.ts'
import { refusePaused } from '../connections/refuse-paused.ts'
import { suggestKeys } from '../connections/suggest-keys.ts'
import type { Core } from '../core.ts'
import { findPage } from '../../db/queries/pages.ts'
import { requestSync } from './request-sync.ts'

export type StartedSync = {
  runs: SyncRun[]
  /** Keys of selected spaces that their account cannot see. */
  missingKeys: string[]
  /** Why connections could not be synced, a sentence each; the others were. */
  refusals: string[]
}

/** Queues the runs that `target` asks for (undefined: every connection). Rejects with `InvalidInputError` when it is unclear. */
export async function startSync(
  core: Core,
  target: string | undefined,
  options: { isFull: boolean; requestedBy: string },
  signal: AbortSignal,
): Promise<StartedSync> {
  const request = {
    kind: options.isFull ? ('full' as const) : ('incremental' as const),
    requestedBy: options.requestedBy,
  }
  if (target === undefined) {
    const connections = await listConnections(core.database.db)
    if (connections.length === 0)
      throw new InvalidInputError('nothing_connected', 'No Confluence site is connected yet. Begin with connect.')
    return combine(
      await inTurn(connections, (connection) =>
        syncWhole(core, connection, request, signal).catch((error: unknown) => {
          // One connection is all that was asked for: then that is how the command ends.
          if (connections.length === 1 || signal.aborted || !isFootnoteError(error)) throw error
          return { runs: [], missingKeys: [], refusals: [describeRefusal(connection, error.message)] }
        }),
      ),
    )
  }
  const found = await resolveTarget(core, target)
  if (found.kind === 'connection') return syncWhole(core, found.connection, request, signal)
  refusePaused(found.connection)
  return { runs: await requestSync(core, [found.space], request), missingKeys: [], refusals: [] }
}

async function syncWhole(
  core: Core,
  connection: Connection,
  request: Parameters<typeof syncConnection>[2],
  signal: AbortSignal,
): Promise<StartedSync> {
  refusePaused(connection)
  const { runs, missingKeys } = await syncConnection(core, connection, request, signal)
  return { runs, missingKeys, refusals: [] }
}

function describeRefusal({ name }: Connection, sentence: string): string {
  return sentence.startsWith(`${name} `) ? sentence : `${name}: ${sentence}`
}

export type Target =
  | { kind: 'connection'; connection: Connection }
  | { kind: 'space'; connection: Connection; space: Space }

/** Rejects with `InvalidInputError` when nothing or more than one thing is called so. */
export async function resolveTarget(core: Core, target: string): Promise<Target> {
  const { db } = core.database
  if (/^https?:\/\//i.test(target)) return resolveAddress(core, target)
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

async function resolveAddress(core: Core, address: string): Promise<Target> {
  const { db } = core.database
  const typed = normaliseAddress(address, undefined, { allowLoopback: true })
  for (const connection of await listConnections(db)) {
    if (!address.toLowerCase().startsWith(`${connection.baseUrl.toLowerCase()}/`)) continue
    const page = typed.pageId === undefined ? undefined : await findPage(db, connection.id, { pageId: typed.pageId })
    const key = page?.spaceKey ?? typed.spaceKey
    const space = (await listSpaces(db, connection.id)).find((known) => known.key.toLowerCase() === key?.toLowerCase())
    if (space !== undefined) return { kind: 'space', connection, space }
  }
  throw new InvalidInputError(
    'target_unknown',
    'That address belongs to no space that is synced here. Look at the list with spaces, or connect its site.',
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
    missingKeys: started.flatMap(({ missingKeys }) => missingKeys),
    refusals: started.flatMap(({ refusals }) => refusals),
  }
}
