import { randomUUID } from 'node:crypto'
import { type Connection, findConnectionById } from '../../db/queries/connections.ts'
import { refreshStatistics } from '../../db/queries/health.ts'
import { type Space, findSpaceById, restoreSpaceStates, updateSpace } from '../../db/queries/spaces.ts'
import {
  type SyncRun,
  claimRun,
  findStanding,
  finishRun,
  listWaitingRuns,
  renewLease,
  requeueRun,
} from '../../db/queries/sync-runs.ts'
import { ConnectionRevokedError, isFootnoteError } from '../../errors.ts'
import { explainInvisible } from '../connections/explain-invisible.ts'
import { loseConnection } from '../connections/lose-connection.ts'
import { openConnectionSite } from '../connections/open-site.ts'
import type { Core } from '../core.ts'
import { requestSync } from '../sync/request-sync.ts'
import { runPages } from '../sync/run-pages.ts'
import { runSpace } from '../sync/run-space.ts'

/** A lease is renewed this often before it ends. */
const renewalsPerLease = 4
/** How soon a run notices that it was cancelled, taken over, or that its connection was paused. */
const lookEveryMs = 1_000

/**
 * Works one queued run to its end and writes down how it ended. Does nothing, and returns false, when another worker has it
 * or its site has no room for it. A run that `signal` interrupts goes back into the queue.
 */
export async function workRun(core: Core, runId: number, signal: AbortSignal): Promise<boolean> {
  const { config, database, budgets } = core
  const { db } = database
  const worker = `${budgets.owner} ${randomUUID()}`
  const run = await claimRun(db, runId, worker, core.now(), leaseEnd(core), config.FOOTNOTE_SITE_CONCURRENCY)
  const space = run === undefined ? undefined : await findSpaceById(db, run.spaceId)
  const connection = space === undefined ? undefined : await findConnectionById(db, space.connectionId)
  if (run === undefined || space === undefined || connection === undefined) return false
  budgets.refresh(connection.baseUrl)
  const lease = holdLease(core, run)
  try {
    await work({ core, run, space, connection, lease }, AbortSignal.any([signal, lease.ended]))
  } catch (error) {
    if (lease.ended.aborted) await endInterrupted(core, run, lease)
    else if (signal.aborted) await requeueRun(db, run)
    else throw error
  } finally {
    lease.release()
    await restoreSpaceStates(db, { spaceId: space.id })
  }
  return true
}

/** Works the run, and then whatever waits and has room at its site: a message for each would come half a second later. */
export async function workRuns(core: Core, runId: number, signal: AbortSignal): Promise<void> {
  await workRun(core, runId, signal)
  while (!signal.aborted && (await workNextRun(core, signal)));
}

async function workNextRun(core: Core, signal: AbortSignal): Promise<boolean> {
  const { config, database, now } = core
  for (const next of await listWaitingRuns(database.db, now(), config.FOOTNOTE_SITE_CONCURRENCY))
    if (await workRun(core, next.id, signal)) return true
  return false
}

type Lease = {
  /** Rejects when the run is not this worker's any more. */
  require: () => Promise<void>
  /** Aborted when the run must not go on. */
  ended: AbortSignal
  isPaused: () => boolean
  release: () => void
}

const leaseEnd = ({ config, now }: Core): Date => new Date(now().getTime() + config.FOOTNOTE_LEASE_SECONDS * 1000)

/** Renews the run's lease again and again, and more often does look whether the run may go on. */
function holdLease(core: Core, run: SyncRun): Lease {
  const { db } = core.database
  const ended = new AbortController()
  let isPaused = false
  let leaseEndsAt = leaseEnd(core)
  const renew = async (): Promise<void> => {
    const until = leaseEnd(core)
    if (!(await renewLease(db, run, until))) ended.abort()
    else leaseEndsAt = until
  }
  const look = async (): Promise<void> => {
    const standing = await findStanding(db, run)
    if (standing === 'held') return
    isPaused = standing === 'paused'
    ended.abort()
  }
  const looking = every(lookEveryMs, look, (error) =>
    core.log.warn({ err: error, runId: run.id }, 'no look whether the run may go on'),
  )
  const renewing = every((core.config.FOOTNOTE_LEASE_SECONDS * 1000) / renewalsPerLease, renew, (error) => {
    core.log.warn({ err: error, runId: run.id }, 'lease was not renewed')
    // Another worker may have the run by now, whether or not the database could say so.
    if (core.now() > leaseEndsAt) ended.abort()
  })
  return {
    require: async () => {
      await renew()
      ended.signal.throwIfAborted()
    },
    ended: ended.signal,
    isPaused: () => isPaused,
    release: () => {
      clearInterval(looking)
      clearInterval(renewing)
    },
  }
}

/** The run was cancelled or taken over, and is not touched; or its connection was paused: then it is cancelled here. */
async function endInterrupted(core: Core, run: SyncRun, lease: Lease): Promise<void> {
  if (lease.isPaused()) await cancel(core, run)
  else core.log.warn({ runId: run.id }, 'the run was cancelled, or another worker took it over')
}

async function cancel(core: Core, run: SyncRun): Promise<void> {
  await finishRun(core.database.db, run, { state: 'cancelled', error: null, finishedAt: core.now() })
}

function every(ms: number, work: () => Promise<void>, onError: (error: unknown) => void): NodeJS.Timeout {
  return setInterval(() => {
    work().catch(onError)
  }, ms)
}

type Work = { core: Core; run: SyncRun; space: Space; connection: Connection; lease: Lease }

async function work({ core, run, space, connection, lease }: Work, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  if (connection.state !== 'active') {
    // A refused credential is not tried again for every waiting space: Data Center locks accounts out for that.
    await cancel(core, run)
    return
  }
  // A run for some pages says nothing about the space.
  if (run.kind !== 'pages') await updateSpace(db, space.id, { state: 'IN_PROGRESS' })
  core.log.info({ connection: connection.name, space: space.key, kind: run.kind }, 'sync run started')
  try {
    const counts = await (run.kind === 'pages' ? runPages : runSpace)(
      {
        database: core.database,
        site: openConnectionSite(core, connection, core.budgets.pacerOf(connection.baseUrl)),
        run,
        space,
        scope: connection.scope,
        exclusions: connection.exclusions,
        attachments: {
          types: core.config.FOOTNOTE_ATTACHMENT_TYPES,
          maxBytes: core.config.FOOTNOTE_ATTACHMENT_MAX_MB * 1_000_000,
        },
        now: core.now,
        requireLease: lease.require,
        connectionName: connection.name,
        requestPages: async (other) => {
          await requestSync(core, [other], { kind: 'pages', requestedBy: run.requestedBy })
        },
      },
      signal,
    )
    const finishedAt = core.now()
    const ended = await db.transaction(async (tx) => {
      const end = await finishRun(tx, run, { state: 'succeeded', counts, error: null, finishedAt })
      if (end !== undefined && run.kind !== 'pages')
        await updateSpace(tx, space.id, { state: 'INGESTED', lastSyncedAt: finishedAt })
      return end
    })
    if (ended === undefined) return
    if (ended.followedBy !== undefined) await core.enqueueRun(ended.followedBy.id)
    if (run.kind !== 'pages' && core.database.kind === 'embedded') await refreshStatistics(db)
    core.log.info({ connection: connection.name, space: space.key, counts }, 'sync run succeeded')
  } catch (error) {
    if (signal.aborted) throw error
    await fail(core, run, space, connection, error, signal)
  }
}

async function fail(
  core: Core,
  run: SyncRun,
  space: Space,
  connection: Connection,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const { db } = core.database
  const plain = isFootnoteError(error) ? error.message : 'The sync failed for a reason that only the log names.'
  const sentence = (await explainInvisible(core, connection, space, error, signal)) ?? plain
  core.log.error({ err: error, connection: connection.name, space: space.key }, 'sync run failed')
  const ended = await db.transaction(async (tx) => {
    const end = await finishRun(tx, run, { state: 'failed', error: sentence, finishedAt: core.now() })
    if (end === undefined) return undefined
    if (run.kind !== 'pages') await updateSpace(tx, space.id, { state: 'ERROR', error: sentence })
    if (error instanceof ConnectionRevokedError) await loseConnection(core, connection, error, tx)
    return end
  })
  if (ended?.followedBy !== undefined) await core.enqueueRun(ended.followedBy.id)
}
