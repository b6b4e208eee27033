// One drizzle handle over postgres.js (with DATABASE_URL) or the embedded PGlite (without). This folder owns the schema,
// the migrations and every statement of SQL; it knows nothing of Confluence's API or of the chat platforms.
import type { SQL } from 'drizzle-orm'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import type { Db as BossDatabase } from 'pg-boss'
import type { Logger } from '../log.ts'
import { type LexicalBackend, migrate } from './migrate.ts'
import { openPostgres } from './postgres.ts'

/** A pool or a transaction. Named queries take it first. */
export type Db = PgDatabase<PgQueryResultHKT>

export type Database = {
  /**
   * `postgres`: a server. `embedded`: this process holds the data directory. `guest`: another process holds it and serves
   * us over its socket; a guest runs commands, never workers.
   */
  kind: 'postgres' | 'embedded' | 'guest'
  db: Db
  /** Who ranks: the extension's BM25 index, or postings in plain SQL. */
  lexical: LexicalBackend
  /** What pg-boss runs its statements on. */
  bossDatabase: BossDatabase
  close: () => Promise<void>
}

/** An open database whose schema is not checked yet. */
export type Connected = Omit<Database, 'lexical'>

export type DatabaseOptions = {
  databaseUrl: string | undefined
  /** Folder of the embedded database, or `memory://`. */
  dataDir: string
  log: Logger
  /** A migrated data directory to start from (tests clone one per file). */
  loadDataDir?: Blob
}

/**
 * Opens the configured database and brings its schema up to date. Rejects with `InvalidInputError` when the database
 * cannot be used as it is (newer than this program, no pgvector, wrong address) and `TransientError` when it is away.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const connected = await connect(options)
  try {
    return { ...connected, lexical: await migrate(connected) }
  } catch (error) {
    await connected.close()
    throw error
  }
}

async function connect(options: DatabaseOptions): Promise<Connected> {
  if (options.databaseUrl !== undefined) return openPostgres(options.databaseUrl)
  // Imported only where it is used: a server with PostgreSQL need not load a second one.
  const { openEmbedded } = await import('./embedded.ts')
  return openEmbedded(options)
}

/** The rows of a statement, whichever driver ran it. Columns come as the driver gives them: cast in SQL where it matters. */
export async function rows<Row extends Record<string, unknown>>(db: Db, statement: SQL): Promise<Row[]> {
  const result: unknown = await db.execute(statement)
  return (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as Row[]
}
