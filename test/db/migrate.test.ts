import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase, rows } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrate.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'

const log = createLog('silent')
const migrationsIn = ({ db }: Database) =>
  rows(db, sql`select created_at::text as at from drizzle.__drizzle_migrations order by id`)

describe.each(databaseKinds)('migrating on %s', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  it('does nothing the second time', async () => {
    const before = await migrationsIn(database)
    expect(before.length).toBeGreaterThan(0)
    expect(await migrate(database)).toBe(database.lexical)
    expect(await migrationsIn(database)).toEqual(before)
  })

  it('refuses a database that a newer version wrote, and leaves it alone', async () => {
    const before = await migrationsIn(database)
    await database.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of tomorrow', 9999999999999)`,
    )
    const refusal = await migrate(database).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(InvalidInputError)
    expect(refusal).toMatchObject({
      code: 'database_newer',
      message:
        'This database was written by a newer version of Footnote. Start that version, or restore a backup made with this one.',
    })
    await database.db.execute(sql`delete from drizzle.__drizzle_migrations where hash = 'of tomorrow'`)
    expect(await migrationsIn(database)).toEqual(before)
  })
})

describe('two that open an empty database at once', () => {
  it.runIf(databaseKinds.includes('postgres'))('migrate a server once', async () => {
    const scratch = await openTestDatabase('postgres')
    const name = `footnote_empty_${process.pid}`
    const url = new URL(process.env['TEST_DATABASE_URL'] ?? '')
    url.pathname = `/${name}`
    await scratch.db.execute(sql.raw(`create database ${name}`))
    try {
      const options = { databaseUrl: url.href, dataDir: 'unused', log }
      const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(options)))
      const expected = await migrationsIn(scratch)
      for (const database of opened) expect(await migrationsIn(database)).toEqual(expected)
      for (const database of opened) await database.close()
    } finally {
      await scratch.db.execute(sql.raw(`drop database ${name} with (force)`))
      await scratch.close()
    }
  })

  it('share a folder: one holds it, the other is its guest', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'footnote-migrate-'))
    const options = { databaseUrl: undefined, dataDir: folder, log }
    const opened = await Promise.all([openDatabase(options), openDatabase(options)])
    expect(opened.map(({ kind }) => kind).toSorted()).toEqual(['embedded', 'guest'])
    expect(new Set(opened.map(({ lexical }) => lexical)).size).toBe(1)
    const [one, other] = await Promise.all(opened.map(migrationsIn))
    expect(one).toEqual(other)
    for (const database of opened.toSorted((a, b) => (a.kind > b.kind ? -1 : 1))) await database.close()
    await rm(folder, { recursive: true })
  })
})
