import { describe, expect, test } from 'vitest'
import { createCloudSite } from '../../../src/core/confluence/cloud.ts'
import { all, list, page, signal, space, withCloudSite } from './cloud-fixtures.ts'
import { quick, startScripted, type Reply } from './scripted-server.ts'

describe('census', () => {
  test('follows next through short and empty pages, sending only the cursor to our own endpoint', async () => {
    const script = [
      list([page('1')], '/wiki/api/v2/spaces/7/pages?limit=5&cursor=a+b%2Fc%3D%3D&evil=1'),
      list([], '/wiki/api/v2/spaces/7/pages?cursor=second'),
      list([page('2'), page('3', { parentId: '9', parentType: 'folder' })]),
    ]
    await withCloudSite(
      (_, index) => script[index]!,
      async (site, asked) => {
        const pages = await all(site.iterateCensus(space, signal))
        expect(pages.map(({ pageId }) => pageId)).toEqual(['1', '2', '3'])
        expect(pages[0]).toEqual({
          pageId: '1',
          kind: 'page',
          title: 'Page 1',
          status: 'current',
          parentId: undefined,
          parentType: undefined,
          position: 3,
          versionNumber: 2,
          versionAt: new Date('2026-04-01T00:00:00Z'),
          createdAt: new Date('2026-03-19T14:23:48.080Z'),
          authorId: 'ann',
          lastEditorId: 'ben',
          webPath: '/spaces/IT/pages/1/Page',
        })
        expect(pages[2]).toMatchObject({ parentId: '9', parentType: 'folder' })
        expect(asked.map(({ path }) => path)).toEqual(Array(3).fill('/wiki/api/v2/spaces/7/pages'))
        expect(asked[0]?.rawQuery).toBe('?status=current&status=archived&depth=all&limit=250')
        expect(asked[1]?.rawQuery).toBe('?status=current&status=archived&depth=all&cursor=a%2Bb%2Fc%3D%3D&limit=250')
        expect(asked[2]?.rawQuery).toBe('?status=current&status=archived&depth=all&cursor=second&limit=250')
      },
    )
  })

  test.each<[string, string, string]>([
    ['another host', 'https://evil.example/wiki/api/v2/spaces/7/pages?cursor=x', 'listing_elsewhere'],
    ['another host without a scheme', '//evil.example/wiki/api/v2/spaces/7/pages?cursor=x', 'listing_elsewhere'],
    ['a page without a cursor', '/wiki/api/v2/spaces/7/pages?limit=250', 'listing_broken'],
  ])('rejects a next on %s', async (_, next, code) => {
    await withCloudSite(
      () => list([page('1')], next),
      async (site, asked) => {
        await expect(all(site.iterateCensus(space, signal))).rejects.toMatchObject({ name: 'TransientError', code })
        expect(asked).toHaveLength(1)
      },
    )
  })

  test('rejects when a cursor comes again, instead of listing for ever', async () => {
    await withCloudSite(
      (_, index) => list([page(String(index))], `/wiki/api/v2/spaces/7/pages?cursor=${index % 2}`),
      async (site, asked) => {
        await expect(all(site.iterateCensus(space, signal))).rejects.toMatchObject({ code: 'listing_loops' })
        expect(asked).toHaveLength(3)
      },
    )
  })

  test('rejects when empty pages never end', async () => {
    await withCloudSite(
      (_, index) => list([], `/wiki/api/v2/spaces/7/pages?cursor=${index}`),
      async (site, asked) => {
        await expect(all(site.iterateCensus(space, signal))).rejects.toMatchObject({ code: 'listing_endless' })
        expect(asked).toHaveLength(200)
      },
    )
  })

  test('asks for smaller pages when the server breaks down under large ones', async () => {
    await withCloudSite(
      ({ query }) => (Number(query.get('limit')) > 70 ? { status: 504, html: 'timeout' } : list([page('1')])),
      async (site, asked) => {
        expect(await all(site.iterateCensus(space, signal))).toHaveLength(1)
        expect(asked.map(({ query }) => query.get('limit'))).toEqual(['250', '250', '250', '250', '125', '125', '62'])
      },
    )
  })

  test('rejects when one row cannot be understood, naming the endpoint', async () => {
    await withCloudSite(
      () => list([page('1'), page('2', { version: { number: 'two', createdAt: '2026-04-01T00:00:00.000Z' } })]),
      async (site) => {
        const census = all(site.iterateCensus(space, signal))
        await expect(census).rejects.toMatchObject({ name: 'TransientError', code: 'answer_malformed' })
        await expect(census).rejects.toThrow('GET /api/v2/spaces/7/pages')
      },
    )
  })

  test('rejects for a space that is not there, so that no empty census is taken for a complete one', async () => {
    await withCloudSite(
      () => ({ status: 404, json: { errors: [{ status: 404, code: 'NOT_FOUND' }] } }),
      async (site) => {
        await expect(all(site.iterateCensus(space, signal))).rejects.toMatchObject({ name: 'AccessDeniedError' })
      },
    )
  })
})

const body = (pageId: string, status = 'current') => ({
  id: pageId,
  status,
  version: { number: 4 },
  body: { storage: { representation: 'storage', value: `<p>${pageId}</p>` } },
})

describe('bodies', () => {
  test('leaves out pages that are gone, also those that are answered as trashed', async () => {
    await withCloudSite(
      () => list([body('1'), body('2', 'trashed')]),
      async (site, asked) => {
        expect(await site.fetchBodies('page', ['1', '2', '3'], signal)).toEqual({
          bodies: [{ pageId: '1', versionNumber: 4, status: 'current', storage: '<p>1</p>' }],
          failures: [],
        })
        expect(asked[0]?.rawQuery).toBe('?id=1&id=2&id=3&status=current&status=archived&body-format=storage&limit=250')
      },
    )
  })

  test('splits a batch that the server cannot deliver at once', async () => {
    await withCloudSite(
      ({ query }) => {
        const ids = query.getAll('id')
        return ids.length > 2 ? { status: 502, html: '' } : list(ids.map((pageId) => body(pageId)))
      },
      async (site) => {
        const { bodies } = await site.fetchBodies('page', ['1', '2', '3', '4', '5'], signal)
        expect(bodies.map(({ pageId }) => pageId)).toEqual(['1', '2', '3', '4', '5'])
      },
    )
  })
})

describe('the account', () => {
  test.each<[string, Reply, string]>([
    ['an anonymous answer', { json: { type: 'anonymous', displayName: 'Anonymous' } }, 'credential_ignored'],
    ['403', { status: 403, json: { message: 'Current user not permitted to use Confluence' } }, 'account_refused'],
    ['401', { status: 401, json: {} }, 'credential_refused'],
  ])('%s means that the credential is dead', async (_, reply, code) => {
    await withCloudSite(
      () => reply,
      async (site) => {
        await expect(site.fetchCurrentUser(signal)).rejects.toMatchObject({ name: 'ConnectionRevokedError', code })
      },
    )
  })

  test('a scoped token goes to the gateway, and next links there may name the site', async () => {
    await using server = await startScripted(({ path }, index) =>
      path.endsWith('/spaces') && index === 0
        ? list([], 'https://acme.atlassian.net/wiki/api/v2/spaces?cursor=x')
        : list([]),
    )
    const site = createCloudSite({
      ...quick,
      gatewayUrl: server.url,
      address: { deployment: 'cloud', baseUrl: 'https://acme.atlassian.net/wiki' },
      credential: { kind: 'scoped', email: 'ann@acme.example', secret: 'abc', cloudId: 'f00d' },
    })
    expect(await all(site.iterateSpaces(signal))).toEqual([])
    expect(server.asked.map(({ path }) => path)).toEqual(Array(2).fill('/ex/confluence/f00d/wiki/api/v2/spaces'))
    expect(server.asked[0]?.headers.authorization).toBe(`Basic ${btoa('ann@acme.example:abc')}`)
  })
})
