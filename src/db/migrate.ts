import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { InvalidInputError } from '../errors.ts'
import { type Connected, type Db, rows } from './database.ts'
import { rebuildPostings } from './queries/postings.ts'

export type LexicalBackend = 'pg_textsearch' | 'postings'

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

/** pgvector 0.8.0 brought iterative index scans, which filtered search needs (https://github.com/pgvector/pgvector#080-2024-10-30). */
const minVectorVersion = [0, 8, 0]

/**
 * Applies what is missing, one process at a time, and says which lexical back end the database offers.
 * Rejects with `InvalidInputError` when the database is newer than this program or lacks pgvector.
 */
export async function migrate(connected: Connected): Promise<LexicalBackend> {
  const { db } = connected
  const migrations = readMigrationFiles({ migrationsFolder })
  const newest = migrations.at(-1)?.folderMillis ?? 0
  const applied = await appliedUntil(db)
  if (applied > newest)
    throw new InvalidInputError(
      'database_newer',
      'This database was written by a newer version of Footnote. Start that version, or restore a backup made with this one.',
    )
  if (applied < newest) {
    await requireVector(db)
    // One transaction takes the lock and applies everything, so that of two processes that start together the second
    // finds nothing to do. drizzle's own migrator opens a transaction itself and cannot run inside.
    await db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(4801001)`)
      await apply(tx, migrations, await appliedUntil(tx))
    })
  }
  return connected.kind === 'guest' ? findLexicalBackend(db) : prepareLexicalBackend(db)
}

/** Runs the migrations after `applied` and notes them in the table that drizzle's tools read. */
async function apply(tx: Db, migrations: MigrationMeta[], applied: number): Promise<void> {
  await tx.execute(sql`create schema if not exists drizzle`)
  await tx.execute(
    sql`create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`,
  )
  for (const { sql: statements, hash, folderMillis } of migrations) {
    if (folderMillis <= applied) continue
    for (const statement of statements) await tx.execute(sql.raw(statement))
    await tx.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`)
  }
}

/** The newest migration that the database knows, as drizzle numbers them (ms); 0 for an empty database. */
async function appliedUntil(db: Db): Promise<number> {
  const [found] = await rows<{ known: boolean }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as known`,
  )
  if (found?.known !== true) return 0
  const [newest] = await rows<{ at: string | null }>(
    db,
    sql`select max(created_at)::text as at from drizzle.__drizzle_migrations`,
  )
  return Number(newest?.at ?? 0)
}

async function requireVector(db: Db): Promise<void> {
  const [found] = await rows<{ version: string }>(
    db,
    sql`select default_version as version from pg_available_extensions where name = 'vector'`,
  )
  const version = (found?.version ?? '').split('.').map(Number)
  const isOld = minVectorVersion.some(
    (part, i) =>
      (version[i] ?? 0) < part && minVectorVersion.slice(0, i).every((earlier, j) => (version[j] ?? 0) === earlier),
  )
  if (found === undefined || isOld)
    throw new InvalidInputError(
      'vector_missing',
      `This PostgreSQL server ${found === undefined ? 'does not have' : `has only version ${found.version} of`} the extension pgvector. Install version 0.8.0 or newer and start again.`,
    )
}

/** Uses pg_textsearch where the server can load it; its index then holds what the postings would. */
async function prepareLexicalBackend(db: Db): Promise<LexicalBackend> {
  const backend = await findLexicalBackend(db)
  if (backend === 'pg_textsearch') return backend
  const [found] = await rows<{ usable: boolean }>(
    db,
    sql`select exists (select 1 from pg_available_extensions where name = 'pg_textsearch')
          and (current_setting('shared_preload_libraries') like '%pg_textsearch%'
            or version() like '%emscripten%' or version() like '%wasm%') as usable`,
  )
  if (found?.usable !== true) {
    // Where the extension ranked before and is gone, its index went with it.
    await rebuildPostings(db)
    return 'postings'
  }
  await db.transaction(async (tx) => {
    await tx.execute(sql`create extension if not exists pg_textsearch`)
    // `simple`: the terms column is analysed by us already (core/search/analysis.ts), blanks apart nothing is left to parse.
    await tx.execute(
      sql`create index if not exists chunks_bm25 on chunks using bm25 (terms) with (text_config = 'simple', k1 = 1.2, b = 0.75)`,
    )
  })
  return 'pg_textsearch'
}

async function findLexicalBackend(db: Db): Promise<LexicalBackend> {
  const [found] = await rows<{ indexed: boolean }>(db, sql`select to_regclass('chunks_bm25') is not null as indexed`)
  return found?.indexed === true ? 'pg_textsearch' : 'postings'
}
