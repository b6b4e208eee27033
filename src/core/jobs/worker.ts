import { randomUUID } from 'node:crypto'
import { findConnectionById, pauseConnection } from '../../db/queries/connections.ts'
import { refreshStatistics } from '../../db/queries/health.ts'
import { findSpaceById, updateSpace } from '../../db/queries/spaces.ts'
import { type SyncRun, claimRun, finishRun, renewLease, requeueRun } from '../../db/queries/sync-runs.ts'
import { ConnectionRevokedError, isFootnoteError } from '../../errors.ts'
import { openConnectionSite } from '../connections/open-site.ts'
import type { Core } from '../core.ts'
import { runSpace } from '../sync/run-space.ts'

const leaseMs = 60_000
const renewEveryMs = 15_000

/**
 * Works one queued run to its end and writes down how it ended. Does nothing when another worker has it. A run that
 * `signal` interrupts goes back into the queue.
 */
export async function workRun(core: Core, runId: number, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  const worker = randomUUID()
  const lease = (): Date => new Date(core.now().getTime() + leaseMs)
  const run = await claimRun(db, runId, worker, core.now(), lease())
  if (run === undefined) return
  const lost = new AbortController()
  let leaseEndsAt = lease()
  const renew = async (): Promise<void> => {
    const until = lease()
    if (!(await renewLease(db, run, until))) lost.abort()
    else leaseEndsAt = until
  }
  const renewing = setInterval(() => {
    renew().catch((error: unknown) => {
      core.log.warn({ err: error, runId }, 'lease was not renewed')
      // Another worker may have the run by now, whether or not the database could say so.
      if (core.now() > leaseEndsAt) lost.abort()
    })
  }, renewEveryMs)
  const requireLease = async (): Promise<void> => {
    await renew()
    lost.signal.throwIfAborted()
  }
  try {
    await work(core, run, requireLease, AbortSignal.any([signal, lost.signal]))
  } catch (error) {
    if (lost.signal.aborted) core.log.warn({ runId }, 'another worker took the run over')
    else if (signal.aborted) await requeueRun(db, run)
    else throw error
  } finally {
    clearInterval(renewing)
  }
}

async function work(core: Core, run: SyncRun, requireLease: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  const space = await findSpaceById(db, run.spaceId)
  const connection = space === undefined ? undefined : await findConnectionById(db, space.connectionId)
  if (space === undefined || connection === undefined) return
  if (connection.state !== 'active') {
    // A refused credential is not tried again for every waiting space: Data Center locks accounts out for that.
    await finishRun(db, run, { state: 'cancelled', error: null, finishedAt: core.now() })
    return
  }
  await updateSpace(db, space.id, { state: 'IN_PROGRESS' })
  core.log.info({ connection: connection.name, space: space.key, kind: run.kind }, 'sync run started')
  try {
    const site = openConnectionSite(core, connection)
    const { scope, exclusions } = connection
    const counts = await runSpace(
      { database: core.database, site, run, space, scope, exclusions, now: core.now, requireLease },
      signal,
    )
    const finishedAt = core.now()
    if (!(await finishRun(db, run, { state: 'succeeded', counts, error: null, finishedAt }))) return
    await updateSpace(db, space.id, { state: 'INGESTED', lastSyncedAt: finishedAt })
    if (core.database.kind === 'embedded') await refreshStatistics(db)
    core.log.info({ connection: connection.name, space: space.key, counts }, 'sync run succeeded')
  } catch (error) {
    if (signal.aborted) throw error
    const sentence = isFootnoteError(error) ? error.message : 'The sync failed for a reason that only the log names.'
    core.log.error({ err: error, connection: connection.name, space: space.key }, 'sync run failed')
    if (!(await finishRun(db, run, { state: 'failed', error: sentence, finishedAt: core.now() }))) return
    await updateSpace(db, space.id, { state: 'ERROR', error: sentence })
    if (error instanceof ConnectionRevokedError) await pauseConnection(db, connection.id, error.message, core.now())
  }
}
