// node-cron only inserts due runs: it ticks in every replica, and the database lets one of them take what is due.
import { schedule } from 'node-cron'
import { type Connection, claimDueConnections, recordTest, updateConnection } from '../../db/queries/connections.ts'
import { purgeExpiredAuthorizations } from '../../db/queries/authorizations.ts'
import { purgeExpiredDrafts } from '../../db/queries/drafts.ts'
import { purgeExpiredEdits } from '../../db/queries/edits.ts'
import { purgeQuestions } from '../../db/queries/questions.ts'
import { purgeExpiredHolds } from '../../db/queries/site-load.ts'
import { listWaitingRuns } from '../../db/queries/sync-runs.ts'
import { ConnectionRevokedError, TransientError, isFootnoteError } from '../../errors.ts'
import { draftMs } from '../connections/draft-life.ts'
import { syncConnection } from '../connections/sync-connection.ts'
import type { Core } from '../core.ts'
import { nextRunAt } from './next-run.ts'

/** Questions and answers are kept for 90 days, then dropped with everything that hangs on them. */
const questionRetentionMs = 90 * 24 * 3_600_000

/** How long a connection stays taken while its due runs are inserted; after that this or another replica tries again. */
const holdMs = 5 * 60_000

/** Starts the minute's tick. `stop` interrupts the tick under way and waits for its end. */
export function startSchedule(core: Core, signal: AbortSignal): { stop: () => Promise<void> } {
  let ticking: Promise<void> = Promise.resolve()
  const stopping = new AbortController()
  const ending = AbortSignal.any([signal, stopping.signal])
  const task = schedule(
    '* * * * *',
    () => {
      ticking = tick(core, ending).catch((error: unknown) => core.log.error({ err: error }, 'schedule'))
      return ticking
    },
    { noOverlap: true },
  )
  return {
    stop: async () => {
      stopping.abort()
      await task.destroy()
      await ticking
    },
  }
}

/** One tick: queue what is due, send again what waits without a worker, drop what is too old. */
export async function tick(core: Core, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  const now = core.now()
  for (const connection of await claimDueConnections(db, now, new Date(now.getTime() + holdMs)))
    await startScheduled(core, connection, signal)
  await resendWaitingRuns(core)
  await purgeQuestions(db, new Date(now.getTime() - questionRetentionMs))
  const oldestDraft = new Date(now.getTime() - draftMs)
  await purgeExpiredDrafts(db, oldestDraft)
  await purgeExpiredEdits(db, oldestDraft)
  await purgeExpiredAuthorizations(db, oldestDraft)
  await purgeExpiredHolds(db)
}

/** Where a sync cannot start the hold stays, so that it is tried again after it, and the reason is kept for status. */
async function startScheduled(core: Core, connection: Connection, signal: AbortSignal): Promise<void> {
  const { db } = core.database
  try {
    await syncConnection(core, connection, { kind: 'incremental', requestedBy: 'schedule' }, signal)
  } catch (error) {
    core.log.warn({ err: error, connection: connection.name }, 'scheduled sync could not start')
    // A revoked connection is paused already, with its reason.
    if (signal.aborted || error instanceof ConnectionRevokedError) return
    const result = error instanceof TransientError ? 'Connection Error' : 'Failed'
    const remedy = isFootnoteError(error)
      ? error.message
      : 'The scheduled sync could not start for a reason that only the log names.'
    await recordTest(db, connection.id, { result, remedy }, core.now())
    return
  }
  const nextSyncAt = nextRunAt(connection.schedule, connection.timezone, core.now()) ?? null
  await updateConnection(db, connection.id, { nextSyncAt })
}

/** A job may be lost with its worker; its run is not. Runs for which there is room at their site are sent again. */
export async function resendWaitingRuns({ config, database, now, enqueueRun }: Core): Promise<void> {
  const waiting = await listWaitingRuns(database.db, now(), config.FOOTNOTE_SITE_CONCURRENCY)
  for (const run of waiting) await enqueueRun(run.id)
}
