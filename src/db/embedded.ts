import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { PGlite } from '@electric-sql/pglite'
import { pg_textsearch } from '@electric-sql/pglite-pg_textsearch'
import { vector } from '@electric-sql/pglite-pgvector'
import { drizzle } from 'drizzle-orm/pglite'
import { fromPglite } from 'pg-boss'
import { InvalidInputError, TransientError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Connected, DatabaseOptions } from './database.ts'
import { type Gate, findHolder, holdGate, noteHolder } from './embedded-gate.ts'
import { openGuest } from './postgres.ts'

/**
 * Opens the embedded database. The first process holds the data directory and serves it on a socket inside; later
 * processes become its guests.
 */
export async function openEmbedded(options: DatabaseOptions): Promise<Connected> {
  if (options.dataDir.startsWith('memory://')) return hold(options.dataDir, options, undefined)
  const folder = resolve(options.dataDir)
  await makeFolder(folder).catch((cause: unknown) => {
    throw new InvalidInputError(
      'data_dir_unusable',
      `The folder ${options.dataDir} cannot be made or written. Choose another with FOOTNOTE_DATA_DIR.`,
      { cause },
    )
  })
  for (let attempt = 1; ; attempt++) {
    const gate = await holdGate(folder)
    if (gate.kind === 'held') {
      await noteHolder(folder)
      return hold(resolve(folder, 'pgdata'), options, gate)
    }
    try {
      return await openGuest(gate.socketPath)
    } catch (cause) {
      // Between finding the folder held and knocking, the holder may have ended: then it is ours to hold.
      if (attempt === maxAttempts) throw await busy(folder, cause)
      await delay(retryMs)
    }
  }
}

/** Node's recursive mkdir never ends where a file system says ENOENT for what cannot be made, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(folder, { mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error
    })
  try {
    await make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await make()
  }
}

const maxAttempts = 10
const retryMs = 200

async function busy(folder: string, cause: unknown): Promise<TransientError> {
  return new TransientError(
    'data_dir_busy',
    `Another Footnote process (${(await findHolder(folder)) ?? 'unknown id'}) holds the data folder and does not answer. Wait until it has started, or end it, then try again.`,
    { cause },
  )
}

async function hold(
  dataDir: string,
  { loadDataDir, log }: { loadDataDir?: Blob; log: Logger },
  gate: Gate | undefined,
): Promise<Connected> {
  keepBaselineCode()
  const pglite = await PGlite.create({
    dataDir,
    extensions: { vector, pg_textsearch },
    ...(loadDataDir === undefined ? {} : { loadDataDir }),
  }).catch(async (cause: unknown) => {
    await gate?.close()
    throw new InvalidInputError(
      'embedded_database_broken',
      `The embedded database in ${dataDir} cannot be opened. Restore a backup of the folder, or move it away to begin anew.`,
      { cause },
    )
  })
  gate?.serve(pglite, log)
  return {
    kind: 'embedded',
    db: drizzle(pglite),
    bossDatabase: fromPglite(pglite),
    close: async () => {
      await gate?.close()
      if (!pglite.closed) await pglite.close()
    },
  }
}

/**
 * V8 compiles PostgreSQL's largest functions a second time, optimised, soon after the start, and needs 500 MB for some
 * seconds to do it. Measured on Node 24.21 over 2,848 pages: a peak of 1,015 MB with it and 478 MB without, for searches
 * that take 37 instead of 28 ms.
 */
function keepBaselineCode(): void {
  setFlagsFromString('--no-wasm-tier-up')
  setFlagsFromString('--no-wasm-dynamic-tiering')
}
