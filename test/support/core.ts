// The real core over a database of the test's own: openCore is handed a ready `Database`, everything else is as in main.ts.
import type { Config } from '../../src/config.ts'
import { loadConfig } from '../../src/config.ts'
import { confirmConnection, draftConnection } from '../../src/core/connections/draft.ts'
import type { ConnectRequest } from '../../src/core/connections/request.ts'
import type { Core } from '../../src/core/core.ts'
import { workRun } from '../../src/core/jobs/worker.ts'
import { type OpenCore, openCore } from '../../src/core/open-core.ts'
import { startSync } from '../../src/core/sync/sync-target.ts'
import { type PageFailure, type Space, findSpaceById, listFailures } from '../../src/db/queries/spaces.ts'
import { type SyncRun, listRuns } from '../../src/db/queries/sync-runs.ts'
import { createLog } from '../../src/log.ts'
import type { RunningConfluence } from '../../sandbox/confluence/server.ts'
import { type DatabaseKind, openTestDatabase } from './database.ts'

/** 32 bytes, base64. */
export const testKey = Buffer.alloc(32, 7).toString('base64')

export function testConfig(changes: Partial<Config> = {}): Config {
  return { ...loadConfig({ FOOTNOTE_ALLOW_LOOPBACK: '1', FOOTNOTE_ENCRYPTION_KEY: testKey }), ...changes }
}

/** `close` removes the database too. */
export async function openTestCore(
  kind: DatabaseKind,
  options: { config?: Partial<Config>; now?: () => Date } = {},
): Promise<OpenCore> {
  const database = await openTestDatabase(kind)
  return openCore(testConfig(options.config), createLog('silent'), {
    database,
    ...(options.now === undefined ? {} : { now: options.now }),
  })
}

/** A clock that stands still until it is moved on. */
export function stoppedClock(startsAt = new Date()): { now: () => Date; advance: (ms: number) => void } {
  let at = startsAt.getTime()
  return { now: () => new Date(at), advance: (ms) => void (at += ms) }
}

export const soon = (): AbortSignal => AbortSignal.timeout(25_000)

export function requestFor(site: RunningConfluence, changes: Partial<ConnectRequest> = {}): ConnectRequest {
  const isCloud = site.url.endsWith('/wiki')
  return {
    name: 'acme',
    url: site.url,
    deployment: undefined,
    credentialKind: isCloud ? 'token' : 'pat',
    email: isCloud ? site.credentials.email : '',
    secret: site.credentials.token,
    spaces: '',
    access: 'mirrored',
    schedule: '0 0 * * *',
    timezone: 'UTC',
    ...changes,
  }
}

/** Connects and confirms; the first runs are queued, not worked. Returns the connection's row id. */
export async function connect(core: Core, site: RunningConfluence, changes: Partial<ConnectRequest> = {}) {
  const { connection } = await draftConnection(core, requestFor(site, changes), 'test', soon())
  await confirmConnection(core, connection.id, 'test', soon())
  return connection.id
}

export type Synced = { run: SyncRun; space: Space; failures: PageFailure[] }

/**
 * Syncs a target (undefined: everything) as the command does and works its runs here, one after another, without waiting
 * for the queue to deliver them. Returns how each space ended, by its key.
 */
export async function syncAndWait(
  { core }: OpenCore,
  target?: string,
  options: { isFull?: boolean } = {},
): Promise<Record<string, Synced>> {
  const { runs } = await startSync(core, target, { isFull: options.isFull ?? false, requestedBy: 'test' }, soon())
  for (const run of runs) await workRun(core, run.id, soon())
  return Object.fromEntries(await Promise.all(runs.map((run) => describeRun(core, run))))
}

async function describeRun({ database: { db } }: Core, { id, spaceId }: SyncRun): Promise<[string, Synced]> {
  const [run] = await listRuns(db, [id])
  const space = await findSpaceById(db, spaceId)
  if (run === undefined || space === undefined) throw new Error(`run ${id} is gone`)
  return [space.key, { run, space, failures: await listFailures(db, [spaceId], 100) }]
}
