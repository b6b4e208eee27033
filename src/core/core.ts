// What every part of the core, and the bots above it, are handed: one value, made by main.ts.
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import type { Logger } from '../log.ts'

export type Core = {
  config: Config
  log: Logger
  database: Database
  /** Seals and opens stored credentials; rejects with `InvalidInputError` when the key is missing. */
  encryptionKey: () => Uint8Array
  /** Tells workers of this process that runs were queued. */
  wakeWorkers: () => void
  now: () => Date
}
