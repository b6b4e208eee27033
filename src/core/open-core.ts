import type { Config } from '../config.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { requeueAllRunning } from '../db/queries/sync-runs.ts'
import type { Logger } from '../log.ts'
import { loadEncryptionKey } from './connections/seal.ts'
import type { Core } from './core.ts'
import { createQueue } from './jobs/queue.ts'
import { resendWaitingRuns } from './jobs/schedule.ts'
import { createSiteBudgets } from './jobs/site-budgets.ts'
import { workRuns } from './jobs/worker.ts'

export type OpenCore = {
  core: Core
  /** Works queued sync runs in this process until `stop`; runs under way are put back into the queue then. */
  startWorkers: (concurrency: number) => Promise<{ stop: () => Promise<void> }>
  close: () => Promise<void>
}

/** How soon free workers take up a run that nobody does: its worker died, or its site had no room when it was sent. */
const resendEveryMs = 5_000

/** How long a worker may take to put down what it is doing. */
const stopGraceMs = 10_000

/**
 * Opens the database and the queue and makes the value that every part is handed. A `database` that is open already is
 * used instead of the configured one, and closed with the rest.
 */
export async function openCore(
  config: Config,
  log: Logger,
  options: { database?: Database; now?: () => Date } = {},
): Promise<OpenCore> {
  const database =
    options.database ??
    (await openDatabase({ databaseUrl: config.DATABASE_URL, dataDir: config.FOOTNOTE_DATA_DIR, log }))
  if (database.kind === 'embedded') await requeueAllRunning(database.db)
  const queue = createQueue(database, log)
  const now = options.now ?? (() => new Date())
  const core: Core = {
    config,
    log,
    database,
    encryptionKey: () => loadEncryptionKey(config),
    enqueueRun: queue.enqueueRun,
    budgets: createSiteBudgets({ config, log, database, now }),
    now,
  }
  return {
    core,
    startWorkers: async (concurrency) => {
      const stopping = new AbortController()
      await queue.work(concurrency, (runId) => workRuns(core, runId, stopping.signal))
      await resendWaitingRuns(core)
      let resending = Promise.resolve()
      const timer = setInterval(() => {
        resending = resendWaitingRuns(core).catch((error: unknown) => log.warn({ err: error }, 'no look for runs'))
      }, resendEveryMs)
      return {
        stop: async () => {
          clearInterval(timer)
          stopping.abort()
          await resending
          await queue.stop(stopGraceMs)
        },
      }
    },
    close: async () => {
      await queue.stop(stopGraceMs)
      await database.close()
    },
  }
}
