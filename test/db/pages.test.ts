import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, rows } from '../../src/db/database.ts'
import {
  type PageRow,
  listLivingPages,
  listStoredPages,
  markFailed,
  tombstonePages,
  upsertPages,
} from '../../src/db/queries/pages.ts'
import { type IndexedPage, writeIndexedPages } from '../../src/db/queries/indexed-pages.ts'
import { chunks, pages } from '../../src/db/schema/content.ts'
import { databaseKinds } from '../support/database.ts'
import { insertAccessSet, openTestSpace } from './content.ts'

const indexed = (id: number, text: string, changes: Partial<IndexedPage> = {}): IndexedPage => ({
  id,
  versionNumber: 1,
  fingerprint: `of ${text}`,
  isDegraded: false,
  unrenderedMacros: [],
  links: [],
  chunks: [{ ordinal: 0, headingPath: [], anchor: undefined, text, terms: text.split(' ') }],
  ...changes,
})

describe.each(databaseKinds)('pages on %s', (kind) => {
  let database: Database
  let space: number
  let open: number
  let closed: number
  beforeAll(async () => {
    const opened = await openTestSpace(kind)
    ;({ database, space, accessSet: open } = opened)
    closed = await insertAccessSet(database, opened.connection)
  })
  afterAll(() => database.close())

  const listed = (pageId: string, changes: Partial<PageRow> = {}): PageRow => ({
    pageId,
    kind: 'page',
    title: `Page ${pageId}`,
    status: 'current',
    parentId: null,
    parentType: null,
    ancestorIds: [],
    ancestorTitles: [],
    position: null,
    versionNumber: 1,
    versionAt: '2026-03-04T05:06:07.000Z',
    sourceCreatedAt: null,
    authorId: null,
    lastEditorId: null,
    labels: [],
    webPath: `/pages/${pageId}`,
    accessSetId: open,
    exclusion: null,
    isStale: false,
    ...changes,
  })
  const write = async (row: PageRow, text: string): Promise<number> => {
    const id = (await upsertPages(database.db, space, [row])).get(row.pageId) ?? 0
    await writeIndexedPages(database, [indexed(id, text)], 1)
    return id
  }
  const chunksOf = (id: number) => database.db.select().from(chunks).where(eq(chunks.pageId, id))
  const pageOf = async (id: number) => (await database.db.select().from(pages).where(eq(pages.id, id)))[0]

  it('hold NUL and half a surrogate pair, which PostgreSQL refuses, as replacement characters', async () => {
    const id = await write(
      listed('1', { title: 'a\0b \uD83D', labels: ['x\0y'], webPath: '/pages/1?\uDC00' }),
      'nul\0 half\uDC00 whole\u{1F600}',
    )
    await markFailed(database.db, [{ id, reason: 'because of \0 and \uD800' }])
    expect(await pageOf(id)).toMatchObject({
      title: 'a\uFFFDb \uFFFD',
      labels: ['x\uFFFDy'],
      webPath: '/pages/1?\uFFFD',
      failure: 'because of \uFFFD and \uFFFD',
    })
    expect(await chunksOf(id)).toMatchObject([
      { text: 'nul\uFFFD half\uFFFD whole\u{1F600}', terms: 'nul\uFFFD half\uFFFD whole\u{1F600}', termCount: 3 },
    ])
  })

  it('take their chunks along to another access set', async () => {
    const id = await write(listed('2'), 'moving')
    expect(await chunksOf(id)).toMatchObject([{ accessSetId: open }])
    await upsertPages(database.db, space, [listed('2', { accessSetId: closed })])
    expect(await chunksOf(id)).toMatchObject([{ accessSetId: closed }])
  })

  it('lose their chunks, postings and access set with a tombstone, and come back without them', async () => {
    const id = await write(listed('3'), 'gone')
    const at = new Date('2026-04-01T00:00:00.000Z')
    await tombstonePages(database.db, [id], at)
    expect(await chunksOf(id)).toEqual([])
    expect(await rows(database.db, sql`select count(*)::int as count from postings where term = 'gone'`)).toEqual([
      { count: 0 },
    ])
    expect(await pageOf(id)).toMatchObject({
      tombstonedAt: at,
      accessSetId: null,
      indexedVersion: null,
      fingerprint: null,
    })
    expect((await upsertPages(database.db, space, [listed('3')])).get('3')).toBe(id)
    expect(await pageOf(id)).toMatchObject({ tombstonedAt: null, accessSetId: open, indexedVersion: null })
  })

  it('get no chunks when they were taken away while their text was fetched', async () => {
    const id = (await upsertPages(database.db, space, [listed('4')])).get('4') ?? 0
    await tombstonePages(database.db, [id], new Date())
    await writeIndexedPages(database, [indexed(id, 'too late')], 1)
    expect(await chunksOf(id)).toEqual([])
  })

  it('keep their chunks when only the version is new, and are stale until they are indexed', async () => {
    const id = await write(listed('5'), 'kept')
    const [before] = await chunksOf(id)
    await upsertPages(database.db, space, [listed('5', { versionNumber: 2, isStale: true })])
    expect(await pageOf(id)).toMatchObject({ versionNumber: 2, indexedVersion: 1, isStale: true })
    // A second census that sees no difference any more must not forget the first one's verdict.
    await upsertPages(database.db, space, [listed('5', { versionNumber: 2 })])
    expect(await pageOf(id)).toMatchObject({ isStale: true })
    await writeIndexedPages(database, [indexed(id, 'kept', { versionNumber: 2, chunks: undefined })], 1)
    expect(await pageOf(id)).toMatchObject({ versionNumber: 2, indexedVersion: 2, isStale: false })
    expect(await chunksOf(id)).toEqual([before])
  })

  it('are listed with their path, which those in one place share', async () => {
    const path = { ancestorIds: ['1', '20'], ancestorTitles: ['Page 1', 'Drawer \0'] }
    await upsertPages(database.db, space, [listed('6', path), listed('7', { kind: 'blogpost', ...path }), listed('8')])
    const stored = new Map((await listStoredPages(database.db, space)).map((page) => [page.pageId, page]))
    const expected = { ancestorIds: ['1', '20'], ancestorTitles: ['Page 1', 'Drawer \uFFFD'] }
    expect(stored.get('6')).toMatchObject({ kind: 'page', ...expected })
    expect(stored.get('7')).toMatchObject({ kind: 'blogpost', ...expected })
    expect(stored.get('8')).toMatchObject({ ancestorIds: [], ancestorTitles: [] })
    expect(stored.get('6')?.ancestorIds).toBe(stored.get('7')?.ancestorIds)
    expect((await listLivingPages(database.db, space)).map(({ pageId, kind }) => `${kind} ${pageId}`)).toEqual(
      expect.arrayContaining(['page 6', 'blogpost 7', 'page 8']),
    )
    await tombstonePages(
      database.db,
      [...stored.values()].slice(-3).map(({ id }) => id),
      new Date(),
    )
    expect((await listLivingPages(database.db, space)).map(({ pageId }) => pageId)).not.toContain('8')
  })

  it('keep the links of their last text, as long as they are served', async () => {
    const id = await write(listed('9'), 'linking')
    const link = { kind: 'link' as const, targetPageId: '12', targetSpaceKey: null, targetTitle: null }
    const include = { kind: 'include' as const, targetPageId: null, targetSpaceKey: 'HR', targetTitle: 'A \0 title' }
    const linksOf = () =>
      rows(
        database.db,
        sql`select kind, target_page_id as id, target_space_key as key,
      target_title as title from page_links where page_id = ${id} order by id`,
      )
    await writeIndexedPages(database, [indexed(id, 'linking', { chunks: undefined, links: [link, include] })], 1)
    expect(await linksOf()).toEqual([
      { kind: 'link', id: '12', key: null, title: null },
      { kind: 'include', id: null, key: 'HR', title: 'A \uFFFD title' },
    ])
    await writeIndexedPages(database, [indexed(id, 'linking', { links: [link] })], 1)
    expect(await linksOf()).toHaveLength(1)
    await tombstonePages(database.db, [id], new Date())
    expect(await linksOf()).toEqual([])
    await writeIndexedPages(database, [indexed(id, 'too late', { links: [link] })], 1)
    expect(await linksOf()).toEqual([])
  })

  it('are listed with their tombstones, by space', async () => {
    const stored = await listStoredPages(database.db, space)
    expect(stored.map(({ pageId, tombstonedAt }) => [pageId, tombstonedAt !== null]).toSorted(byFirst)).toEqual([
      ['1', false],
      ['2', false],
      ['3', false],
      ['4', true],
      ['5', false],
      ['6', true],
      ['7', true],
      ['8', true],
      ['9', true],
    ])
    expect(await listStoredPages(database.db, space + 1)).toEqual([])
  })
})

function byFirst([a]: unknown[], [b]: unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}
