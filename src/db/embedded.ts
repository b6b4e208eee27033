import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_textsearch } from '@electric-sql/pglite-pg_textsearch'
import { vector } from '@electric-sql/pglite-pgvector'
import { drizzle } from 'drizzle-orm/pglite'
import { fromPglite } from 'pg-boss'
import { InvalidInputError, TransientError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Connected, DatabaseOptions } from './database.ts'
import { type Gate, holdGate } from './embedded-gate.ts'
import { openGuest } from './postgres.ts'
import * as schema from './schema.ts'

/**
 * Opens the embedded database. The first process holds the data directory and serves it on a socket inside; later
 * processes become its guests.
 */
export async function openEmbedded(options: DatabaseOptions): Promise<Connected> {
  if (options.dataDir.startsWith('memory://')) return hold(options.dataDir, options, undefined)
  const folder = resolve(options.dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new InvalidInputError(
      'data_dir_unusable',
      `The folder ${options.dataDir} cannot be made or written. Choose another with FOOTNOTE_DATA_DIR.`,
      { cause },
    )
  })
  const gate = await holdGate(folder)
  if (gate.kind === 'taken') return openAsGuest(folder, gate.socketPath)
  await writeFile(resolve(folder, 'footnote.pid'), String(process.pid))
  return hold(resolve(folder, 'pgdata'), options, gate)
}

/** Id of the process that holds the data directory, as it wrote it; undefined when unknown. */
export async function findHolder(dataDir: string): Promise<string | undefined> {
  return readFile(resolve(dataDir, 'footnote.pid'), 'utf8').catch(() => undefined)
}

async function openAsGuest(folder: string, socketPath: string): Promise<Connected> {
  try {
    return await openGuest(socketPath)
  } catch (cause) {
    throw new TransientError(
      'data_dir_busy',
      `Another Footnote process (${(await findHolder(folder)) ?? 'unknown id'}) holds the data folder and does not answer. Wait until it has started, or end it, then try again.`,
      { cause },
    )
  }
}

async function hold(
  dataDir: string,
  { loadDataDir, log }: { loadDataDir?: Blob; log: Logger },
  gate: Gate | undefined,
): Promise<Connected> {
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
    db: drizzle(pglite, { schema }),
    bossDatabase: fromPglite(pglite),
    close: async () => {
      await gate?.close()
      if (!pglite.closed) await pglite.close()
    },
  }
}
