// pg-boss carries "run N is waiting" from whoever queued it to a free worker. The run's row is the truth: a lost job is
// sent again by the schedule, a job delivered twice finds the run claimed.
import { PgBoss } from 'pg-boss'
import type { Database } from '../../db/database.ts'
import type { Logger } from '../../log.ts'

export type Queue = {
  /** Sends a run to the workers. Not within a transaction: the embedded database has one session, and pg-boss uses it too. */
  enqueueRun: (runId: number) => Promise<void>
  /** Calls `handle` for runs that are sent, at most `concurrency` at a time in this process. */
  work: (concurrency: number, handle: (runId: number) => Promise<void>) => Promise<void>
  /** Takes no more runs; resolves when those under way have ended or `graceMs` is over. Any later call starts it again. */
  stop: (graceMs: number) => Promise<void>
}

const name = 'sync-run'

/** Above the longest sync that is still useful; a crashed worker is noticed by the run's lease, not by this. */
const expireInSeconds = 24 * 3600 - 1

/** pg-boss is started by the first call: most commands need no queue. */
export function createQueue(database: Database, log: Logger): Queue {
  let started: Promise<PgBoss> | undefined
  const boss = (): Promise<PgBoss> =>
    (started ??= startBoss(database, log).catch((error: unknown) => {
      // The next call tries again, and stopping finds nothing to stop.
      started = undefined
      throw error
    }))
  return {
    enqueueRun: async (runId) => {
      await (await boss()).send(name, { runId }, { singletonKey: String(runId), retryLimit: 0, expireInSeconds })
    },
    work: async (concurrency, handle) => {
      const queue = await boss()
      await queue.work<{ runId: number }>(
        name,
        { localConcurrency: concurrency, pollingIntervalSeconds: 0.5 },
        async ([job]) => {
          if (job !== undefined) await handle(job.data.runId)
        },
      )
    },
    stop: async (graceMs) => {
      const running = started
      started = undefined
      await (await running)?.stop({ graceful: true, timeout: graceMs })
    },
  }
}

async function startBoss(database: Database, log: Logger): Promise<PgBoss> {
  const boss = new PgBoss({
    db: database.bossDatabase,
    backend: database.kind === 'postgres' ? 'postgres' : 'pglite',
    schedule: false,
    supervise: database.kind !== 'guest',
  })
  boss.on('error', (error) => log.error({ err: error }, 'job queue'))
  await boss.start()
  // `short`: one waiting job a run, however often it is sent.
  await boss.createQueue(name, { policy: 'short' })
  return boss
}
