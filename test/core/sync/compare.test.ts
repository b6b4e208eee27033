import { describe, expect, it } from 'vitest'
import { type ListedPage, compareCensus } from '../../../src/core/sync/compare.ts'
import type { StoredPage } from '../../../src/db/queries/pages.ts'

const at = new Date('2026-05-01T12:00:00Z')
const listed = (pageId: string, changes: Partial<ListedPage> = {}): ListedPage => ({
  pageId,
  kind: 'page',
  title: `Page ${pageId}`,
  status: 'current',
  parentId: undefined,
  ancestorIds: ['9'],
  ancestorTitles: ['Top'],
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
  kind: 'page',
  title: `Page ${pageId}`,
  status: 'current',
  parentId: null,
  ancestorIds: ['9'],
  ancestorTitles: ['Top'],
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
    [
      'was hidden with its chunks kept, and got a label meanwhile',
      { labels: ['a', 'b', 'c'] },
      stored('1', { tombstonedAt: at }),
      { toIndex: ['1'], stale: ['1'] },
    ],
    ['hangs below a renamed folder', { ancestorTitles: ['New'] }, stored('1'), { toIndex: ['1'], stale: ['1'] }],
    [
      'hangs below another page of the same title',
      { ancestorIds: ['8'] },
      stored('1'),
      { toIndex: ['1'], stale: ['1'] },
    ],
    [
      'has another title and was never indexed',
      { title: 'New' },
      stored('1', { indexedVersion: null }),
      { toIndex: ['1'], stale: [] },
    ],
  ])('that %s', (_, changes, known, expected) => {
    expect(compare([listed('1', changes)], known === undefined ? [] : [known])).toEqual({ ...expected, gone: [] })
  })

  it('is made anew in a full run, whatever it is, but only once when the run is taken up again', () => {
    expect(compare([listed('1')], [stored('1')], true)).toEqual({ toIndex: ['1'], stale: [], gone: [] })
    const resumed = compareAll([listed('1'), listed('2')], [stored('1', { indexedByRun: 2 }), stored('2')], true)
    expect(idsOf(resumed.toIndex)).toEqual(['2'])
    expect(resumed.alreadyIndexed).toBe(1)
  })

  it('that a rule leaves out is not fetched, and loses the chunks or the failure it had', () => {
    const pages = ['1', '2', '3'].map((id) => listed(id, { exclusion: 'label draft', accessSetId: null }))
    const { toIndex, dropped, changed } = compareAll(pages, [
      stored('1'),
      stored('2', { indexedVersion: null }),
      stored('3', { indexedVersion: null, failure: 'no text' }),
    ])
    expect([toIndex, idsOf(dropped), idsOf(changed)]).toEqual([[], ['1', '3'], ['1', '2', '3']])
  })

  it.each<[string, Partial<ListedPage>, Partial<StoredPage>]>([
    ['its readers', { accessSetId: 5 }, {}],
    ['its place among its siblings', { position: 9 }, {}],
    ['its address', { webPath: '/moved' }, {}],
    ['its tombstone', {}, { tombstonedAt: at }],
    ['the rule that left it out', {}, { exclusion: 'label draft' }],
    ['its title', { title: 'New' }, {}],
    ['its labels, without having been indexed,', { labels: [] }, { indexedVersion: null, exclusion: null }],
    ['its path, without having been indexed,', { ancestorTitles: ['New'] }, { indexedVersion: null }],
    ['its archiving', { status: 'archived' }, {}],
  ])('is written again when %s changed, and not otherwise', (_, changes, known) => {
    expect(idsOf(compareAll([listed('1', changes)], [stored('1', known)]).changed)).toEqual(['1'])
    expect(compareAll([listed('1')], [stored('1')]).changed).toEqual([])
  })
})

it('stored pages that are not listed are gone, tombstones are not gone again', () => {
  expect(compare([listed('1')], [stored('1'), stored('2'), stored('3', { tombstonedAt: at })])).toMatchObject({
    gone: ['2'],
  })
})
