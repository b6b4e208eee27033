import { describe, expect, it } from 'vitest'
import { type ListedPage, ancestorTitles, compareCensus } from '../../../src/core/sync/compare.ts'
import type { StoredPage } from '../../../src/db/queries/pages.ts'

const at = new Date('2026-05-01T12:00:00Z')
const listed = (pageId: string, changes: Partial<ListedPage> = {}): ListedPage => ({
  pageId,
  kind: 'page',
  title: `Page ${pageId}`,
  status: 'current',
  parentId: undefined,
  parentType: undefined,
  position: 0,
  versionNumber: 3,
  versionAt: at,
  createdAt: at,
  authorId: undefined,
  lastEditorId: undefined,
  webPath: `/pages/${pageId}`,
  labels: ['a', 'b'],
  accessSetId: 1,
  exclusion: undefined,
  ...changes,
})
const stored = (pageId: string, changes: Partial<StoredPage> = {}): StoredPage => ({
  id: Number(pageId),
  pageId,
  title: `Page ${pageId}`,
  status: 'current',
  parentId: null,
  position: 0,
  versionNumber: 3,
  indexedVersion: 3,
  indexedByRun: 1,
  exclusion: null,
  labels: ['b', 'a'],
  webPath: `/pages/${pageId}`,
  accessSetId: 1,
  fingerprint: 'same',
  isStale: false,
  failure: null,
  tombstonedAt: null,
  ...changes,
})

const idsOf = (pages: { pageId: string }[]): string[] => pages.map(({ pageId }) => pageId)

function compareAll(pages: ListedPage[], known: StoredPage[], isFull = false) {
  return compareCensus(new Map(pages.map((each) => [each.pageId, each])), known, { id: 2, isFull })
}

function compare(pages: ListedPage[], known: StoredPage[], isFull = false) {
  const { toIndex, staleIds, gone } = compareAll(pages, known, isFull)
  return { toIndex: idsOf(toIndex), stale: [...staleIds], gone: idsOf(gone) }
}

describe('a page of the census', () => {
  it.each<[string, Partial<ListedPage>, StoredPage | undefined, { toIndex: string[]; stale: string[] }]>([
    ['is new', {}, undefined, { toIndex: ['1'], stale: [] }],
    ['is as it was, labels in another order', {}, stored('1'), { toIndex: [], stale: [] }],
    ['is in another place among its siblings', { position: 9 }, stored('1'), { toIndex: [], stale: [] }],
    ['has a new version', { versionNumber: 4 }, stored('1'), { toIndex: ['1'], stale: [] }],
    [
      'was listed with its version before, but never indexed',
      {},
      stored('1', { indexedVersion: null }),
      { toIndex: ['1'], stale: [] },
    ],
    [
      'has an older version than the stored one, after a restore',
      { versionNumber: 2 },
      stored('1'),
      { toIndex: ['1'], stale: [] },
    ],
    ['failed before', {}, stored('1', { failure: 'no text' }), { toIndex: ['1'], stale: [] }],
    ['was left stale before', {}, stored('1', { isStale: true }), { toIndex: ['1'], stale: [] }],
    ['has a new title under its old version', { title: 'New' }, stored('1'), { toIndex: ['1'], stale: ['1'] }],
    ['has another label', { labels: ['a', 'c'] }, stored('1'), { toIndex: ['1'], stale: ['1'] }],
    ['has one label less', { labels: ['a'] }, stored('1'), { toIndex: ['1'], stale: ['1'] }],
    [
      'was a tombstone',
      {},
      stored('1', { tombstonedAt: at, title: 'Old', indexedVersion: null }),
      { toIndex: ['1'], stale: [] },
    ],
    ['was hidden with its chunks kept', {}, stored('1', { tombstonedAt: at }), { toIndex: [], stale: [] }],
  ])('that %s', (_, changes, known, expected) => {
    expect(compare([listed('1', changes)], known === undefined ? [] : [known])).toEqual({ ...expected, gone: [] })
  })

  it('is made anew in a full run, whatever it is, but only once when the run is taken up again', () => {
    expect(compare([listed('1')], [stored('1')], true)).toEqual({ toIndex: ['1'], stale: [], gone: [] })
    const resumed = compareAll([listed('1'), listed('2')], [stored('1', { indexedByRun: 2 }), stored('2')], true)
    expect(idsOf(resumed.toIndex)).toEqual(['2'])
    expect(resumed.alreadyIndexed).toBe(1)
  })

  it('that a rule leaves out is not fetched, and loses the chunks it had', () => {
    const pages = [listed('1', { exclusion: 'label draft' }), listed('2', { exclusion: 'label draft' })]
    const { toIndex, dropped, changed } = compareAll(pages, [stored('1'), stored('2', { indexedVersion: null })])
    expect([toIndex, idsOf(dropped), idsOf(changed)]).toEqual([[], ['1'], ['1', '2']])
  })

  it.each<[string, Partial<ListedPage>, Partial<StoredPage>]>([
    ['its readers', { accessSetId: 5 }, {}],
    ['its place among its siblings', { position: 9 }, {}],
    ['its address', { webPath: '/moved' }, {}],
    ['its tombstone', {}, { tombstonedAt: at }],
    ['the rule that left it out', {}, { exclusion: 'label draft' }],
    ['its title', { title: 'New' }, {}],
  ])('is written again when %s changed, and not otherwise', (_, changes, known) => {
    expect(idsOf(compareAll([listed('1', changes)], [stored('1', known)]).changed)).toEqual(['1'])
    expect(compareAll([listed('1')], [stored('1')]).changed).toEqual([])
  })
})

describe('pages below a page', () => {
  const tree = [listed('1'), listed('2', { parentId: '1' }), listed('3', { parentId: '2' }), listed('4')]
  const known = [stored('1'), stored('2', { parentId: '1' }), stored('3', { parentId: '2' }), stored('4')]

  it('are stale when it is renamed', () => {
    expect(compare([listed('1', { title: 'New' }), ...tree.slice(1)], known)).toEqual({
      toIndex: ['1', '2', '3'],
      stale: ['1', '2', '3'],
      gone: [],
    })
  })

  it('are stale when it hangs elsewhere', () => {
    const moved = tree.map((page) => (page.pageId === '2' ? { ...page, parentId: '4' } : page))
    expect(compare(moved, known)).toMatchObject({ toIndex: ['2', '3'], stale: ['2', '3'] })
  })

  it('are stale when it is gone', () => {
    const left = tree.filter(({ pageId }) => pageId !== '2')
    expect(compare(left, known)).toEqual({ toIndex: ['3'], stale: ['3'], gone: ['2'] })
  })
})

it('stored pages that are not listed are gone, tombstones are not gone again', () => {
  expect(compare([listed('1')], [stored('1'), stored('2'), stored('3', { tombstonedAt: at })])).toMatchObject({
    gone: ['2'],
  })
})

const titles = (parents: Record<string, string | undefined>) =>
  ancestorTitles('page', new Map(Object.entries(parents).map(([id, parentId]) => [id, { title: `T${id}`, parentId }])))

describe('titles of ancestors', () => {
  it.each<[string, Record<string, string | undefined>, string[]]>([
    ['stand top first', { page: 'b', b: 'a', a: undefined }, ['Ta', 'Tb']],
    ['stop at a folder', { page: 'b', b: 'folder' }, ['Tb']],
    ['end in a cycle', { page: 'b', b: 'a', a: 'b' }, ['Ta', 'Tb']],
    ['are none for a page below itself', { page: 'page' }, []],
    ['are none for an unknown page', {}, []],
  ])('%s', (_, parents, expected) => {
    expect(titles(parents)).toEqual(expected)
  })
})
