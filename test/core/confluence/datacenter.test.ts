import { describe, expect, test } from 'vitest'
import { all, deadLink, list, notFound, page, signal, space, withDataCenterSite } from './datacenter-fixtures.ts'
import type { Reply } from './scripted-server.ts'

describe('census', () => {
  test('reads dates with offsets, anonymous authors, and the last ancestor as the parent', async () => {
    await withDataCenterSite(
      ({ path }) =>
        path.endsWith('/scan') ? list([page('2', { ancestors: [{ id: '8' }, { id: '1' }] })], 200) : notFound,
      async (site, asked) => {
        expect(await all(site.iterateCensus(space, signal))).toEqual([
          {
            pageId: '2',
            kind: 'page',
            title: 'Page 2',
            status: 'current',
            parentId: '1',
            parentType: 'page',
            position: undefined,
            versionNumber: 2,
            versionAt: new Date('2022-04-04T11:38:45.793Z'),
            createdAt: new Date('2019-08-16T04:41:14.448Z'),
            authorId: undefined,
            lastEditorId: 'k2',
            webPath: '/display/IT/Page+2',
          },
        ])
        expect(Object.fromEntries(asked.at(-1)!.query)).toMatchObject({
          spaceKey: 'IT',
          type: 'page',
          status: 'current',
        })
      },
    )
  })

  test('follows the cursor of a scan', async () => {
    await withDataCenterSite(
      ({ query }) => {
        if (query.get('limit') === '1') return list([page('1')], 1)
        return query.get('cursor') === null
          ? list([page('1')], 200, '/rest/api/content/scan?cursor=content:false:393229&limit=200')
          : list([page('2')], 200)
      },
      async (site, asked) => {
        expect((await all(site.iterateCensus(space, signal))).map(({ pageId }) => pageId)).toEqual(['1', '2'])
        expect(asked.at(-1)?.query.get('cursor')).toBe('content:false:393229')
      },
    )
  })

  test.each<[string, Reply]>([
    ['400', { status: 400, json: {} }],
    ['404', notFound],
    ['404 as a web page', deadLink],
    ['500', { status: 500, json: {} }],
  ])(
    'without a scan (%s), start moves by the limit that the answer reports, not by the rows shown',
    async (_, reply) => {
      const store = Array.from({ length: 120 }, (_, n) => page(String(n)))
      await withDataCenterSite(
        ({ path, query }) => {
          if (path.endsWith('/scan')) return reply
          const start = Number(query.get('start'))
          const rows = store.slice(start, start + 50).filter((row) => Number(row.id) % 3 !== 0)
          // The server's own next skips by the limit that was asked for.
          return list(rows, 50, start + 50 < store.length ? `/rest/api/content?start=${start + 200}` : undefined)
        },
        async (site) => {
          const ids = (await all(site.iterateCensus(space, signal))).map(({ pageId }) => pageId)
          expect(ids).toHaveLength(80)
          expect(new Set(ids).size).toBe(80)
        },
      )
    },
  )

  test('an old server without next is listed to its end', async () => {
    const store = Array.from({ length: 400 }, (_, n) => page(String(n)))
    await withDataCenterSite(
      ({ path, query }) => {
        const start = Number(query.get('start'))
        return path.endsWith('/scan') ? notFound : list(store.slice(start, start + 200), 200)
      },
      async (site) => expect(await all(site.iterateCensus(space, signal))).toHaveLength(400),
    )
  })

  test('a server that gives the same page for ever is noticed', async () => {
    await withDataCenterSite(
      ({ path }) => (path.endsWith('/scan') ? notFound : list([page('1'), page('2')], 2, '/rest/api/content?start=2')),
      async (site) => {
        await expect(all(site.iterateCensus(space, signal))).rejects.toMatchObject({ code: 'listing_loops' })
      },
    )
  })

  test('a page whose ancestors are missing from the answer is not taken for a root page', async () => {
    await withDataCenterSite(
      () => list([page('1', { ancestors: undefined })], 200),
      async (site) => {
        await expect(all(site.iterateCensus(space, signal))).rejects.toMatchObject({ code: 'answer_malformed' })
      },
    )
  })
})

test('spaces are asked for by status, and listed once where the server ignores that', async () => {
  const old = { id: 12, key: 'OLD', name: 'Old', type: 'global', status: 'archived', homepage: null }
  const it = { id: 11, key: 'IT', name: 'IT', type: 'global', status: 'current', homepage: { id: '98' } }
  await withDataCenterSite(
    () => list([it, old], 25),
    async (site) => {
      expect(await all(site.iterateSpaces(signal))).toEqual([
        { spaceId: '11', key: 'IT', name: 'IT', type: 'global', status: 'current', homepageId: '98' },
        { spaceId: '12', key: 'OLD', name: 'Old', type: 'global', status: 'archived', homepageId: undefined },
      ])
    },
  )
})

const body = (pageId: string, status = 'current') => ({
  id: pageId,
  status,
  version: { number: 4, when: 'whenever' },
  body: { storage: { value: `<p>${pageId}</p>` } },
})

test('bodies come by search; what the index misses is fetched one by one; what is gone is absent', async () => {
  await withDataCenterSite(
    ({ path }) => {
      if (path.endsWith('/search')) return list([body('1'), body('3', 'trashed')], 50)
      return path.endsWith('/content/2') ? { json: body('2') } : notFound
    },
    async (site, asked) => {
      const { bodies } = await site.fetchBodies('page', ['1', '2', '3'], signal)
      expect(bodies.map(({ pageId, storage }) => [pageId, storage])).toEqual([
        ['1', '<p>1</p>'],
        ['2', '<p>2</p>'],
      ])
      expect(asked[0]?.query.get('cql')).toBe('id in (1,2,3)')
    },
  )
})

test('a dead token that is answered as anonymous is refused', async () => {
  await withDataCenterSite(
    () => ({ json: { type: 'anonymous' }, headers: { 'x-ausername': 'anonymous' } }),
    async (site) => {
      await expect(site.fetchCurrentUser(signal)).rejects.toMatchObject({ name: 'ConnectionRevokedError' })
      await expect(all(site.iterateSpaces(signal))).rejects.toMatchObject({ name: 'ConnectionRevokedError' })
    },
  )
})
