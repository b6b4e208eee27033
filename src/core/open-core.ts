import type { Config } from '../config.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { requeueAllRunning } from '../db/queries/sync-runs.ts'
import type { Logger } from '../log.ts'
import { loadEncryptionKey } from './connections/seal.ts'
import type { Core } from './core.ts'
import { createQueue } from './jobs/queue.ts'
import { resendWaitingRuns } from './jobs/schedule.ts'
import { workRuns } from './jobs/worker.ts'

export type OpenCore = {
  core: Core
  /** Works queued sync runs in this process until `stop`; runs under way are put back into the queue then. */
  startWorkers: (concurrency: number) => Promise<{ stop: () => Promise<void> }>
  close: () => Promise<void>
}

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
  const core: Core = {
    config,
    log,
    database,
    encryptionKey: () => loadEncryptionKey(config),
    enqueueRun: queue.enqueueRun,
    now: options.now ?? (() => new Date()),
  }
  return {
    core,
    startWorkers: async (concurrency) => {
      const stopping = new AbortController()
      await queue.work(concurrency, (runId) => workRuns(core, runId, stopping.signal))
      await resendWaitingRuns(core)
      return {
        stop: async () => {
          stopping.abort()
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
