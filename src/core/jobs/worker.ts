import { randomUUID } from 'node:crypto'
import { type Connection, findConnectionById, pauseConnection } from '../../db/queries/connections.ts'
import { refreshStatistics } from '../../db/queries/health.ts'
import { type Space, findSpaceById, updateSpace } from '../../db/queries/spaces.ts'
import {
  type SyncRun,
  claimRun,
  countRunsOfSite,
  finishRun,
  listWaitingRuns,
  renewLease,
  requeueRun,
} from '../../db/queries/sync-runs.ts'
import { ConnectionRevokedError, isFootnoteError } from '../../errors.ts'
import { type Pacer, createPacer } from '../confluence/pacer.ts'
import { openConnectionSite } from '../connections/open-site.ts'
import type { Core } from '../core.ts'
import { runSpace } from '../sync/run-space.ts'

/** A lease is renewed this often before it ends. */
const renewalsPerLease = 4
/** How soon a run takes the share of the site that another one no longer needs. */
const lookEveryMs = 2_000

/**
 * Works one queued run to its end and writes down how it ended. Does nothing when another worker has it. A run that
 * `signal` interrupts goes back into the queue.
 */
export async function workRun(core: Core, runId: number, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  const run = await claimRun(db, runId, randomUUID(), core.now(), leaseEnd(core))
  const space = run === undefined ? undefined : await findSpaceById(db, run.spaceId)
  const connection = space === undefined ? undefined : await findConnectionById(db, space.connectionId)
  if (run === undefined || space === undefined || connection === undefined) return
  const pacer = createPacer({ max: core.config.FOOTNOTE_SITE_CONCURRENCY })
  const lease = await holdLease(core, run, async () => {
    const sharers = await countRunsOfSite(db, connection.baseUrl, core.now())
    pacer.setMax(core.config.FOOTNOTE_SITE_CONCURRENCY / Math.max(1, sharers))
  })
  try {
    await work({ core, run, space, connection, pacer, lease }, AbortSignal.any([signal, lease.lost]))
  } catch (error) {
    if (lease.lost.aborted) core.log.warn({ runId }, 'another worker took the run over')
    else if (signal.aborted) await requeueRun(db, run)
    else throw error
  } finally {
    lease.release()
  }
}

/** Works the run, and then whatever waits: a message for each would come half a second later. */
export async function workRuns(core: Core, runId: number, signal: AbortSignal): Promise<void> {
  await workRun(core, runId, signal)
  for (;;) {
    const [next] = await listWaitingRuns(core.database.db, core.now())
    if (next === undefined || signal.aborted) return
    await workRun(core, next.id, signal)
  }
}

type Lease = {
  /** Rejects when the run is not this worker's any more. */
  require: () => Promise<void>
  lost: AbortSignal
  release: () => void
}

const leaseEnd = ({ config, now }: Core): Date => new Date(now().getTime() + config.FOOTNOTE_LEASE_SECONDS * 1000)

/** Renews the run's lease again and again, and more often does `look` at who else is at work. */
async function holdLease(core: Core, run: SyncRun, look: () => Promise<void>): Promise<Lease> {
  const lost = new AbortController()
  let leaseEndsAt = leaseEnd(core)
  const renew = async (): Promise<void> => {
    const until = leaseEnd(core)
    if (!(await renewLease(core.database.db, run, until))) lost.abort()
    else leaseEndsAt = until
  }
  await look()
  const looking = every(lookEveryMs, look, (error) =>
    core.log.warn({ err: error, runId: run.id }, 'no look at other runs'),
  )
  const renewing = every((core.config.FOOTNOTE_LEASE_SECONDS * 1000) / renewalsPerLease, renew, (error) => {
    core.log.warn({ err: error, runId: run.id }, 'lease was not renewed')
    // Another worker may have the run by now, whether or not the database could say so.
    if (core.now() > leaseEndsAt) lost.abort()
  })
  return {
    require: async () => {
      await renew()
      lost.signal.throwIfAborted()
    },
    lost: lost.signal,
    release: () => {
      clearInterval(looking)
      clearInterval(renewing)
    },
  }
}

function every(ms: number, work: () => Promise<void>, onError: (error: unknown) => void): NodeJS.Timeout {
  return setInterval(() => {
    work().catch(onError)
  }, ms)
}

type Work = { core: Core; run: SyncRun; space: Space; connection: Connection; pacer: Pacer; lease: Lease }

async function work({ core, run, space, connection, pacer, lease }: Work, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  if (connection.state !== 'active') {
    // A refused credential is not tried again for every waiting space: Data Center locks accounts out for that.
    await finishRun(db, run, { state: 'cancelled', error: null, finishedAt: core.now() })
    return
  }
  await updateSpace(db, space.id, { state: 'IN_PROGRESS' })
  core.log.info({ connection: connection.name, space: space.key, kind: run.kind }, 'sync run started')
  try {
    const counts = await runSpace(
      {
        database: core.database,
        site: openConnectionSite(core, connection, pacer),
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
      },
      signal,
    )
    const finishedAt = core.now()
    if (!(await finishRun(db, run, { state: 'succeeded', counts, error: null, finishedAt }))) return
    await updateSpace(db, space.id, { state: 'INGESTED', lastSyncedAt: finishedAt })
    if (core.database.kind === 'embedded') await refreshStatistics(db)
    core.log.info({ connection: connection.name, space: space.key, counts }, 'sync run succeeded')
  } catch (error) {
    if (signal.aborted) throw error
    await fail(core, run, space, connection, error)
  }
}

async function fail(core: Core, run: SyncRun, space: Space, connection: Connection, error: unknown): Promise<void> {
  const { db } = core.database
  const sentence = isFootnoteError(error) ? error.message : 'The sync failed for a reason that only the log names.'
  core.log.error({ err: error, connection: connection.name, space: space.key }, 'sync run failed')
  if (!(await finishRun(db, run, { state: 'failed', error: sentence, finishedAt: core.now() }))) return
  await updateSpace(db, space.id, { state: 'ERROR', error: sentence })
  if (error instanceof ConnectionRevokedError) await pauseConnection(db, connection.id, error.message, core.now())
}
