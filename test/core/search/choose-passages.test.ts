import { describe, expect, it } from 'vitest'
import { choosePassages, groupByPage } from '../../../src/core/search/choose-passages.ts'
import type { RankedChunk } from '../../../src/db/queries/search.ts'

let nextId = 1
function chunk(pageRowId: number, score: number): RankedChunk {
  const chunkId = nextId++
  return {
    chunkId,
    partRowId: null,
    part: null,
    partAuthor: null,
    pageRowId,
    pageId: `p${pageRowId}`,
    ordinal: chunkId,
    title: `Page ${pageRowId}`,
    spaceKey: 'S',
    spaceName: 'Space',
    headingPath: [],
    anchor: null,
    webPath: `/p${pageRowId}`,
    versionAt: new Date(0),
    text: `chunk ${chunkId}`,
    deployment: 'cloud',
    baseUrl: 'https://acme.example/wiki',
    score,
  }
}

describe('grouping by page', () => {
  it('ranks a page by its best chunk, whatever number of others it has', () => {
    const pages = groupByPage([chunk(1, 9), chunk(2, 8), chunk(2, 8), chunk(2, 7), chunk(3, 1)])
    expect(pages.map(({ best }) => [best.pageRowId, best.score])).toEqual([
      [1, 9],
      [2, 8],
      [3, 1],
    ])
    expect(pages[1]?.others.map(({ score }) => score)).toEqual([8, 7])
  })

  it('keeps pages of two sites apart that share an id', () => {
    const [one, two] = [chunk(1, 2), { ...chunk(2, 1), pageId: 'p1' }]
    expect(groupByPage([one, two])).toHaveLength(2)
  })
})

describe('choosing passages', () => {
  it('takes the best chunk of each page first, in order of rank', () => {
    const pages = groupByPage([chunk(1, 9), chunk(1, 8.5), chunk(2, 8), chunk(3, 7)])
    expect(choosePassages(pages, []).map(({ score }) => score)).toEqual([9, 8, 7, 8.5])
  })

  it('takes at most three passages of a page and ten in all', () => {
    const ranked = Array.from({ length: 100 }, (_, n) => chunk(n % 10, 100 - n))
    const chosen = choosePassages(groupByPage(ranked), [])
    expect(chosen).toHaveLength(10)
    const ofPage = Map.groupBy(chosen, ({ pageRowId }) => pageRowId)
    expect(Math.max(...[...ofPage.values()].map((own) => own.length))).toBeLessThanOrEqual(3)
  })

  it('adds neighbours last, and none twice', () => {
    const [best, other, neighbour] = [chunk(1, 9), chunk(1, 5), chunk(1, 0)]
    expect(choosePassages(groupByPage([best, other]), [other, neighbour]).map(({ chunkId }) => chunkId)).toEqual([
      best.chunkId,
      other.chunkId,
      neighbour.chunkId,
    ])
  })

  it('is empty when nothing was found', () => {
    expect(choosePassages([], [])).toEqual([])
  })
})
