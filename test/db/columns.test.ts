import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { chunkEmbeddings, chunks } from '../../src/db/schema/content.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'
import { insertAccessSet, insertConnection, insertPage, insertSpace } from './content.ts'

describe.each(databaseKinds)('half-precision vectors on %s', (kind) => {
  let database: Database
  let ids: number[]
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    const connection = await insertConnection(database)
    const accessSetId = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, 'S')
    const page = await insertPage(database, space, { pageId: '1', accessSetId, chunks: ['east', 'north', 'between'] })
    const stored = await database.db.select().from(chunks).where(eq(chunks.pageId, page)).orderBy(chunks.ordinal)
    ids = stored.map(({ id }) => id)
    const vectors = [
      [1, 0, 0.5],
      [0, 1, -0.25],
      [0.75, 0.5, 0],
    ]
    await database.db
      .insert(chunkEmbeddings)
      .values(vectors.map((embedding, i) => ({ chunkId: ids[i] ?? 0, model: 'compass', dimensions: 3, embedding })))
  })
  afterAll(() => database.close())

  it('come back as they were', async () => {
    const stored = await database.db.select().from(chunkEmbeddings).orderBy(chunkEmbeddings.chunkId)
    expect(stored.map(({ embedding }) => embedding)).toEqual([
      [1, 0, 0.5],
      [0, 1, -0.25],
      [0.75, 0.5, 0],
    ])
  })

  it.each([
    ['cosine', '<=>', [0, 2, 0], ['north', 'between', 'east']],
    ['straight-line', '<->', [1, 0.1, 0.4], ['east', 'between', 'north']],
  ])('are ordered by %s distance', async (_, operator, towards, expected) => {
    const nearest = await database.db
      .select({ text: chunks.text })
      .from(chunkEmbeddings)
      .innerJoin(chunks, eq(chunks.id, chunkEmbeddings.chunkId))
      .orderBy(sql`${chunkEmbeddings.embedding} ${sql.raw(operator)} ${JSON.stringify(towards)}::halfvec`)
    expect(nearest.map(({ text }) => text)).toEqual(expected)
  })

  it('of another model stand beside them, with other dimensions', async () => {
    const [chunkId = 0] = ids
    await database.db.insert(chunkEmbeddings).values({ chunkId, model: 'clock', dimensions: 2, embedding: [0.5, 0.5] })
    const stored = await database.db
      .select()
      .from(chunkEmbeddings)
      .where(eq(chunkEmbeddings.chunkId, chunkId))
      .orderBy(chunkEmbeddings.model)
    expect(stored.map(({ model, embedding }) => [model, embedding.length])).toEqual([
      ['clock', 2],
      ['compass', 3],
    ])
  })

  it('go with their chunk', async () => {
    await database.db.delete(chunks)
    expect(await database.db.select().from(chunkEmbeddings)).toEqual([])
  })
})
