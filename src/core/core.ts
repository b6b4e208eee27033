// What every part of the core, and the bots above it, are handed: one value, made by main.ts.
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import type { Logger } from '../log.ts'
import type { SiteBudgets } from './jobs/site-budgets.ts'

export type Core = {
  config: Config
  log: Logger
  database: Database
  /** The key of stored credentials; throws `InvalidInputError` when it is missing. */
  encryptionKey: () => Uint8Array
  /** Hands a queued run to whichever worker is free. */
  enqueueRun: (runId: number) => Promise<void>
  /** What each site gets from this process. */
  budgets: SiteBudgets
  now: () => Date
}
