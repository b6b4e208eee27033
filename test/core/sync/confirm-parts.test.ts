import { describe, expect, it } from 'vitest'
import { findGoneParts } from '../../../src/core/sync/confirm-parts.ts'
import type { StoredPart } from '../../../src/db/queries/page-parts.ts'

const parts = (count: number): StoredPart[] =>
  Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    pageRowId: 1,
    pageId: '1',
    partId: String(i + 1),
    kind: 'comment',
    title: '',
    webPath: null,
    versionNumber: 1,
    indexedVersion: 1,
    indexedByRun: 1,
    readAt: null,
    isStale: false,
    exclusion: null,
    failure: null,
  }))

/** A site that has only what `lives` says; it keeps what it was asked for. */
function siteWhere(lives: (partId: number) => boolean) {
  const asked: string[] = []
  return {
    asked,
    fetchExistingParts: async (wanted: { partId: string }[]) => {
      asked.push(...wanted.map(({ partId }) => partId))
      return new Set(wanted.map(({ partId }) => partId).filter((partId) => lives(Number(partId))))
    },
  }
}

const askOf = (site: ReturnType<typeof siteWhere>, missing: StoredPart[], runId = 1) =>
  findGoneParts(site, missing, runId, () => {}, new AbortController().signal)

describe('parts that the search does not list any more', () => {
  it('are all asked for, and those that the site does not have are gone', async () => {
    const site = siteWhere((id) => id % 3 === 0)
    const gone = await askOf(site, parts(250))
    expect(site.asked).toHaveLength(250)
    expect(gone).toHaveLength(250 - 83)
  })

  it('are gone however many they are', async () => {
    const site = siteWhere(() => false)
    expect(await askOf(site, parts(5_000))).toHaveLength(5_000)
  })

  it('are not asked for without end when they live: the index is broken, and nothing of it is lost', async () => {
    const site = siteWhere(() => true)
    expect(await askOf(site, parts(5_000))).toEqual([])
    expect(site.asked.length).toBeLessThanOrEqual(400)
  })

  it('are asked for in turn by the runs, so that what is gone among them is found in the end', async () => {
    const missing = parts(2_000)
    const site = siteWhere((id) => id !== 1_777)
    let gone: StoredPart[] = []
    let run = 0
    while (gone.length === 0 && run < 20) gone = await askOf(site, missing, ++run)
    expect(gone.map(({ partId }) => partId)).toEqual(['1777'])
    expect(run).toBeLessThanOrEqual(7)
  })
})
