import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reach, makeReach } from '../../src/core/access/reach.ts'
import type { Database } from '../../src/db/database.ts'
import type { LexicalBackend } from '../../src/db/migrate.ts'
import { listNeighbours, listSearchedSpaces, rankChunks } from '../../src/db/queries/search.ts'
import { type DatabaseKind, databaseKinds, openTestDatabase } from '../support/database.ts'
import { insertAccessSet, insertConnection, insertManyChunks, insertPage, insertSpace } from './content.ts'

const everything = makeReach({ kind: 'everything' })
const within = (...accessSetIds: number[]): Reach => makeReach({ kind: 'sets', accessSetIds })

// The embedded database has both back ends: the extension's index, and postings that the fixture writes.
type Backend = { kind: DatabaseKind; lexical: LexicalBackend | undefined }
const backends = databaseKinds.flatMap<Backend>((kind) =>
  kind === 'embedded'
    ? [
        { kind, lexical: 'pg_textsearch' },
        { kind, lexical: 'postings' },
      ]
    : [{ kind, lexical: undefined }],
)

describe.each(backends)('ranking on $kind ($lexical)', ({ kind, lexical }) => {
  let database: Database
  let open: number
  let secret: number
  const ids = async (terms: string, options: { reach?: Reach; limit?: number; spaceKeys?: string[] } = {}) =>
    (await rankChunks(database, { terms: terms.split(' '), reach: everything, limit: 10, ...options })).map(
      ({ pageId }) => pageId,
    )

  beforeAll(async () => {
    const opened = await openTestDatabase(kind)
    database = lexical === undefined ? opened : { ...opened, lexical }
    const connection = await insertConnection(database, { baseUrl: 'https://acme.example/wiki' })
    open = await insertAccessSet(database, connection)
    secret = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, 'HR', 'People')
    const other = await insertSpace(database, connection, 'Ops', 'Operations')
    await insertPage(database, space, {
      pageId: 'leave',
      title: 'Parental leave',
      accessSetId: open,
      chunks: ['leav parent week', 'leav form sign', 'offic kei'],
      headingPath: ['Leave', 'How long'],
      anchor: 'How long',
    })
    await insertPage(database, space, { pageId: 'bonus', accessSetId: secret, chunks: ['bonu leav bonu'] })
    await insertPage(database, other, { pageId: 'deploy', accessSetId: open, chunks: ['deploi server offic'] })
  })
  afterAll(() => database.close())

  it('puts the chunk with the rarer and the repeated terms first and leaves out chunks without any', async () => {
    expect(await ids('parent form form')).toEqual(['leave', 'leave'])
    expect(await ids('parent leav')).toHaveLength(3)
    expect((await ids('parent leav')).at(0)).toBe('leave')
    expect(await ids('bonu offic')).toEqual(['bonus', 'leave', 'deploy'])
    expect(await ids('nothing')).toEqual([])
    expect(await rankChunks(database, { terms: [], reach: everything, limit: 10 })).toEqual([])
  })

  it('scores by BM25 with k1 1.2 and b 0.75 over all chunks', async () => {
    const [best] = await rankChunks(database, { terms: ['bonu'], reach: within(secret), limit: 1 })
    // 5 chunks of 14 terms in all, 2.8 on average; one of 3 terms holds `bonu` twice:
    // ln(1 + 4.5 / 1.5) × 2 × 2.2 / (2 + 1.2 × (0.25 + 0.75 × 3 / 2.8)) = 1.38629 × 4.4 / 3.26429
    expect(best?.score).toBeCloseTo(1.8686, 2)
  })

  it('lets a repeated term weigh more', async () => {
    expect((await ids('server kei kei kei')).at(0)).toBe('leave')
    expect((await ids('server server server kei')).at(0)).toBe('deploy')
  })

  it('returns what a passage needs', async () => {
    const [found] = await rankChunks(database, { terms: ['parent'], reach: within(open), limit: 1 })
    expect(found).toMatchObject({
      pageId: 'leave',
      ordinal: 0,
      title: 'Parental leave',
      spaceKey: 'HR',
      spaceName: 'People',
      headingPath: ['Leave', 'How long'],
      anchor: 'How long',
      webPath: '/spaces/X/pages/leave',
      versionAt: new Date('2026-03-04T05:06:07Z'),
      text: 'leav parent week',
      deployment: 'cloud',
      baseUrl: 'https://acme.example/wiki',
    })
  })

  it('returns nothing outside the reach, and nothing at all to a reach of no access set', async () => {
    expect(await ids('leav bonu', { reach: within(open) })).toEqual(['leave', 'leave'])
    expect(await ids('leav bonu', { reach: within(secret) })).toEqual(['bonus'])
    expect(await ids('leav bonu', { reach: within() })).toEqual([])
  })

  it('applies the reach before the limit', async () => {
    expect(await ids('bonu leav', { reach: within(open), limit: 1 })).toEqual(['leave'])
  })

  it('searches only the named spaces, whatever the case of their keys', async () => {
    expect(await ids('offic', { spaceKeys: ['ops'] })).toEqual(['deploy'])
    expect(await ids('offic', { spaceKeys: ['OPS', 'hr'] })).toHaveLength(2)
    expect(await ids('offic', { spaceKeys: [] })).toEqual([])
  })

  it('takes any text as a term', async () => {
    expect(await ids(`"; drop' \\ { } , NULL a"b\\c \0 \uD800 x:* chunks_bm25:x`)).toEqual([])
  })

  it('ranks a question of 20,000 characters by its first terms', async () => {
    const terms = ['parent', ...Array.from({ length: 4_000 }, (_, n) => `w${n}`)].join(' ')
    expect(await ids(terms)).toEqual(['leave'])
  })

  it('finds the chunks beside a chunk, within the reach', async () => {
    const [found] = await rankChunks(database, { terms: ['form'], reach: everything, limit: 1 })
    const texts = async (reach: Reach) =>
      (await listNeighbours(database.db, found === undefined ? [] : [found], reach)).map(({ text }) => text)
    expect(await texts(within(open))).toEqual(['leav parent week', 'offic kei'])
    expect(await texts(within(secret))).toEqual([])
  })

  it('names the spaces that hold a page within the reach', async () => {
    expect(await listSearchedSpaces(database.db, everything)).toEqual(['Operations', 'People'])
    expect(await listSearchedSpaces(database.db, within(secret))).toEqual(['People'])
    expect(await listSearchedSpaces(database.db, within())).toEqual([])
  })
})

describe.each(backends)('what is not served on $kind ($lexical)', ({ kind, lexical }) => {
  let database: Database
  beforeAll(async () => {
    const opened = await openTestDatabase(kind)
    database = lexical === undefined ? opened : { ...opened, lexical }
  })
  afterAll(() => database.close())

  it.each([
    { state: 'active', isServed: true },
    { state: 'paused', isServed: true },
    { state: 'draft', isServed: false },
    { state: 'removed', isServed: false },
  ] as const)('serves pages of a connection that is $state: $isServed', async ({ state, isServed }) => {
    const connection = await insertConnection(database, { state })
    const set = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, state)
    await insertPage(database, space, { pageId: state, accessSetId: set, chunks: [`zebra ${state}`] })
    for (const reach of [everything, within(set)]) {
      expect(await rankChunks(database, { terms: [state], reach, limit: 5 })).toHaveLength(isServed ? 1 : 0)
      expect((await listSearchedSpaces(database.db, reach)).includes(`Space ${state}`)).toBe(isServed)
    }
  })

  it('does not serve a tombstoned page, nor one whose chunks and row disagree about who may read it', async () => {
    const connection = await insertConnection(database)
    const set = await insertAccessSet(database, connection)
    const narrower = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, 'GONE')
    const gone = await insertPage(database, space, { pageId: 'gone', accessSetId: set, chunks: ['giraff one'] })
    const torn = await insertPage(database, space, { pageId: 'torn', accessSetId: set, chunks: ['giraff two'] })
    const homeless = await insertPage(database, space, {
      pageId: 'homeless',
      accessSetId: set,
      chunks: ['giraff three'],
    })
    const found = async () => rankChunks(database, { terms: ['giraff'], reach: within(set), limit: 5 })
    expect(await found()).toHaveLength(3)
    await database.db.execute(sql`update pages set tombstoned_at = now() where id = ${gone}`)
    await database.db.execute(sql`update pages set access_set_id = ${narrower} where id = ${torn}`)
    await database.db.execute(sql`update pages set access_set_id = null where id = ${homeless}`)
    expect(await found()).toEqual([])
  })
})

describe.each(backends)('a narrow reach on $kind ($lexical)', ({ kind, lexical }) => {
  let database: Database
  let wide: number
  let narrow: number
  beforeAll(async () => {
    const opened = await openTestDatabase(kind)
    database = lexical === undefined ? opened : { ...opened, lexical }
    const connection = await insertConnection(database)
    wide = await insertAccessSet(database, connection)
    narrow = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, 'BIG')
    const big = await insertPage(database, space, { pageId: 'big', accessSetId: wide, chunks: [] })
    const small = await insertPage(database, space, { pageId: 'small', accessSetId: narrow, chunks: [] })
    // The readable chunks are long, so that thousands of others rank before them.
    await insertManyChunks(database, {
      pageRowId: big,
      spaceId: space,
      setId: wide,
      count: 9_950,
      terms: `'alpha beta' || n`,
    })
    const padding = `'alpha alpha' || repeat(' filler', 40) || ' gamma' || n`
    await insertManyChunks(database, { pageRowId: small, spaceId: space, setId: narrow, count: 50, terms: padding })
  })
  afterAll(() => database.close())

  it.each([20, 50, 200])(
    'returns every hit there is, up to %i, when the reach holds 0.5 %% of the chunks',
    async (limit) => {
      const found = await rankChunks(database, { terms: ['alpha'], reach: within(narrow), limit })
      expect(found).toHaveLength(Math.min(limit, 50))
      expect(new Set(found.map(({ chunkId }) => chunkId)).size).toBe(found.length)
      expect(new Set(found.map(({ pageId }) => pageId))).toEqual(new Set(['small']))
    },
  )

  it('keeps doing so once the tables were analysed', async () => {
    await database.db.execute(sql`analyze`)
    expect(await rankChunks(database, { terms: ['alpha', 'gamma7'], reach: within(narrow), limit: 60 })).toHaveLength(
      50,
    )
    expect(await rankChunks(database, { terms: ['alpha'], reach: within(wide), limit: 60 })).toHaveLength(60)
  })
})

describe('the two back ends', () => {
  it('rank alike', async () => {
    const database = await openTestDatabase('embedded')
    const connection = await insertConnection(database)
    const set = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, 'S')
    for (let n = 0; n < 60; n++) {
      const words = Array.from({ length: 3 + (n % 11) }, (_, k) => `w${(n * 7 + k * k * 3) % 23}`)
      await insertPage(database, space, { pageId: `p${n}`, accessSetId: set, chunks: [words.join(' ')] })
    }
    for (const terms of [['w1'], ['w2', 'w3'], ['w5', 'w5', 'w9', 'w14'], ['w0', 'w22', 'missing']]) {
      const options = { terms, reach: within(set), limit: 100 }
      const [extension, postings] = await Promise.all([
        rankChunks({ ...database, lexical: 'pg_textsearch' }, options),
        rankChunks({ ...database, lexical: 'postings' }, options),
      ])
      expect(extension.length).toBeGreaterThan(0)
      const expected = new Map(postings.map(({ pageId, score }) => [pageId, score]))
      expect(new Set(extension.map(({ pageId }) => pageId))).toEqual(new Set(expected.keys()))
      // The extension rounds lengths.
      for (const { pageId, score } of extension) expect(score / (expected.get(pageId) ?? 0)).toBeCloseTo(1, 1)
    }
    await database.close()
  })
})
