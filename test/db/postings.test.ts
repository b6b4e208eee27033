import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, rows } from '../../src/db/database.ts'
import { insertPostings, openSegment, rebuildPostings } from '../../src/db/queries/postings.ts'
import { databaseKinds } from '../support/database.ts'
import { insertPage, openTestSpace } from './content.ts'

describe.each(databaseKinds)('postings on %s', (kind) => {
  let database: Database
  let space: number
  let set: number
  beforeAll(async () => {
    ;({ database, space, accessSet: set } = await openTestSpace(kind))
  })
  afterAll(() => database.close())

  const list = async () =>
    (
      await rows<{ line: string }>(
        database.db,
        sql`select term || ' ' || text || ' ' || frequency as line
              from postings, unnest(chunk_ids, frequencies) as held(chunk_id, frequency)
              join chunks on chunks.id = held.chunk_id order by 1`,
      )
    ).map(({ line }) => line)

  it('counts the terms of each chunk of the pages', async () => {
    await insertPage(database, space, { pageId: '1', accessSetId: set, chunks: ['a b a', 'b'] })
    expect(await list()).toEqual(['a a b a 2', 'b a b a 1', 'b b 1'])
  })

  it('are completed, not doubled, when they are rebuilt', async () => {
    const before = await list()
    await database.db.execute(sql`delete from postings`)
    await database.db.execute(sql`update chunks set segment = null`)
    expect(await list()).not.toEqual(before)
    await rebuildPostings(database.db)
    expect(await list()).toEqual(before)
    await rebuildPostings(database.db)
    expect(await list()).toEqual(before)
  })

  it('go with their chunks', async () => {
    await insertPage(database, space, { pageId: '3', accessSetId: set, chunks: ['b c', 'c'] })
    await database.db.execute(sql`delete from chunks where ordinal = 0 and terms = 'b c'`)
    expect(await list()).toEqual(['a a b a 2', 'b a b a 1', 'b b 1', 'c c 1'])
    await database.db.execute(sql`delete from pages`)
    const [left] = await rows<{ count: number }>(database.db, sql`select count(*)::int as count from postings`)
    expect(left?.count).toBe(0)
  })

  it('hold a term that a chunk repeats more often than a smallint counts', async () => {
    const id = await insertPage(database, space, { pageId: '2', accessSetId: set, chunks: [] })
    const segment = await openSegment('postings', database.db)
    await database.db.execute(
      sql`insert into chunks (page_id, space_id, access_set_id, ordinal, heading_path, text, terms, term_count, segment)
          values (${id}, ${space}, ${set}, 0, '{}', 'x', repeat('many ', 40000), 40000, ${segment}::bigint)`,
    )
    await insertPostings(database.db, segment)
    expect(await list()).toEqual(['many x 32767'])
  })
})
