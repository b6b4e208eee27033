// A migrated database of its own for each test file: the embedded one in memory, cloned from a template that the first
// file makes, or a scratch database on the server of TEST_DATABASE_URL, dropped again by `close`.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { createLog } from '../../src/log.ts'

export type DatabaseKind = 'embedded' | 'postgres'

const serverUrl = process.env['TEST_DATABASE_URL']

/** For `describe.each`: the embedded database, and the server where TEST_DATABASE_URL names one. */
export const databaseKinds: DatabaseKind[] = serverUrl === undefined ? ['embedded'] : ['embedded', 'postgres']

/** An empty, migrated database. `close` also removes it. */
export async function openTestDatabase(kind: DatabaseKind): Promise<Database> {
  return kind === 'embedded' ? openEmbeddedClone() : openScratchDatabase()
}

const log = createLog('silent')
const embedded = { databaseUrl: undefined, dataDir: 'memory://', log }

async function openEmbeddedClone(): Promise<Database> {
  return openDatabase({ ...embedded, loadDataDir: await readTemplate() })
}

/** An empty, migrated data directory of the embedded database, for `loadDataDir`. */
export async function readTemplate(): Promise<Blob> {
  const path = join(tmpdir(), `footnote-test-template-${templateHash()}.tar`)
  return readFile(path).then(
    (bytes) => new Blob([bytes]),
    () => makeTemplate(path),
  )
}

async function makeTemplate(path: string): Promise<Blob> {
  const database = await openDatabase(embedded)
  // Else each clone would begin with a recovery: 0.17 of the 0.6 s of processor time that opening one takes.
  await database.db.execute(sql`checkpoint`)
  const dump = await (database.db as unknown as { $client: PGlite }).$client.dumpDataDir('none')
  await database.close()
  // Renamed when complete: other test files may be making or reading the same template.
  const draft = `${path}.${process.pid}`
  await writeFile(draft, Buffer.from(await dump.arrayBuffer()))
  await rename(draft, path)
  return dump
}

/** Of everything that decides what a migrated database looks like. */
function templateHash(): string {
  const hash = createHash('sha256')
  const folder = fileURLToPath(new URL('../../src/db', import.meta.url))
  const migrations = readdirSync(join(folder, 'migrations')).filter((name) => name.endsWith('.sql'))
  const files = [
    'migrate.ts',
    'embedded.ts',
    'migrations/meta/_journal.json',
    '../../package.json',
    '../../test/support/database.ts',
    ...migrations.map((name) => `migrations/${name}`),
  ]
  for (const file of files.toSorted()) hash.update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}

async function openScratchDatabase(): Promise<Database> {
  if (serverUrl === undefined) throw new Error('TEST_DATABASE_URL is not set')
  const name = `footnote_test_${process.pid}_${randomBytes(4).toString('hex')}`
  await runOnServer(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const drop = () => runOnServer(serverUrl, `drop database if exists ${name} with (force)`)
  const database = await openDatabase({ ...embedded, databaseUrl: url.href }).catch(async (error: unknown) => {
    await drop()
    throw error
  })
  return {
    ...database,
    close: async () => {
      await database.close()
      await drop()
    },
  }
}

async function runOnServer(url: string, statement: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    await client.unsafe(statement)
  } finally {
    await client.end({ timeout: 5 })
  }
}
