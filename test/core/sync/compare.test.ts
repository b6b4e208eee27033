import { describe, expect, it } from 'vitest'
import { type ListedPage, ancestorTitles, compareCensus } from '../../../src/core/sync/compare.ts'
import type { StoredPage } from '../../../src/db/queries/pages.ts'

const at = new Date('2026-05-01T12:00:00Z')
const listed = (pageId: string, changes: Partial<ListedPage> = {}): ListedPage => ({
  pageId,
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
  labels: ['b', 'a'],
  webPath: `/pages/${pageId}`,
  accessSetId: 1,
  fingerprint: 'same',
  isStale: false,
  failure: null,
  tombstonedAt: null,
  ...changes,
})

function compare(pages: ListedPage[], known: StoredPage[], isFull = false) {
  const { toIndex, staleIds, gone } = compareCensus(new Map(pages.map((each) => [each.pageId, each])), known, isFull)
  return { toIndex: toIndex.map(({ pageId }) => pageId), stale: [...staleIds], gone: gone.map(({ pageId }) => pageId) }
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
    ['was a tombstone', {}, stored('1', { tombstonedAt: at, title: 'Old' }), { toIndex: ['1'], stale: [] }],
  ])('that %s', (_, changes, known, expected) => {
    expect(compare([listed('1', changes)], known === undefined ? [] : [known])).toEqual({ ...expected, gone: [] })
  })

  it('is made anew in a full run, whatever it is', () => {
    expect(compare([listed('1')], [stored('1')], true)).toEqual({ toIndex: ['1'], stale: [], gone: [] })
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
