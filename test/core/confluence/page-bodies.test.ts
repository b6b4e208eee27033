import { describe, expect, test } from 'vitest'
import type { ConfluenceSite } from '../../../src/core/confluence/site.ts'
import { signal, withCloudSite } from './cloud-fixtures.ts'
import { withDataCenterSite } from './datacenter-fixtures.ts'
import type { Asked, Reply } from './scripted-server.ts'

type Flavour = {
  withSite: (answer: (asked: Asked) => Reply, work: (site: ConfluenceSite, asked: Asked[]) => Promise<void>) => unknown
  idsOf: (asked: Asked) => string[]
  account: object
}

const cloud: Flavour = {
  withSite: withCloudSite,
  idsOf: ({ query }) => query.getAll('id'),
  account: { type: 'known', accountId: 'ann', displayName: 'Ann' },
}
const dataCenter: Flavour = {
  withSite: withDataCenterSite,
  idsOf: ({ path, query }) =>
    path.endsWith('/search')
      ? (/\((.*)\)/.exec(query.get('cql') ?? '')?.[1]?.split(',') ?? [])
      : [path.split('/').at(-1) ?? ''],
  account: { type: 'known', userKey: 'ann', username: 'ann', displayName: 'Ann' },
}

const pageIds = Array.from({ length: 40 }, (_, i) => String(i + 1))
const broken: Reply = { status: 500, html: '' }
const isAccount = ({ path }: Asked) => path.endsWith('/user/current')

function bodies(flavour: Flavour, ids: string[], asked: Asked): Reply {
  const rows = ids.map((id) => ({
    id,
    type: 'page',
    status: 'current',
    version: { number: 4, when: 'whenever' },
    body: { storage: { representation: 'storage', value: `<p>${id}</p>` } },
  }))
  const isSingle = flavour === dataCenter && !asked.path.endsWith('/search')
  return { json: isSingle ? rows[0] : { results: rows, start: 0, limit: 50, _links: {} } }
}

describe.each([
  ['Cloud', cloud],
  ['Data Center', dataCenter],
])('a batch of bodies on %s', (_name, flavour) => {
  test('names the one page that the site breaks down on, and delivers all others', async () => {
    await flavour.withSite(
      (asked) => {
        if (isAccount(asked)) return { json: flavour.account, headers: { 'x-ausername': 'ann' } }
        const ids = flavour.idsOf(asked)
        return ids.includes('17') ? broken : bodies(flavour, ids, asked)
      },
      async (site) => {
        const fetched = await site.fetchBodies('page', pageIds, signal)
        expect(fetched.bodies.map(({ pageId }) => pageId)).toEqual(pageIds.filter((id) => id !== '17'))
        expect(fetched.failures).toEqual([{ pageId: '17', reason: expect.stringContaining('500') as string }])
      },
    )
  })

  test('blames no page when the site is down, and gives up soon', async () => {
    await flavour.withSite(
      () => broken,
      async (site, asked) => {
        await expect(site.fetchBodies('page', pageIds, signal)).rejects.toMatchObject({ code: 'server_error' })
        expect(asked.length).toBeLessThan(25)
      },
    )
  })

  test('gives up soon when the site tells who we are but gives no text at all', async () => {
    await flavour.withSite(
      (asked) => (isAccount(asked) ? { json: flavour.account, headers: { 'x-ausername': 'ann' } } : broken),
      async (site, asked) => {
        await expect(site.fetchBodies('page', pageIds, signal)).rejects.toMatchObject({ code: 'server_error' })
        expect(asked.length).toBeLessThan(45)
      },
    )
  })

  test('does not divide a batch that was refused for the pace of requests', async () => {
    await flavour.withSite(
      () => ({ status: 429, json: {}, headers: { 'retry-after': '0' } }),
      async (site, asked) => {
        await expect(site.fetchBodies('page', pageIds, signal)).rejects.toMatchObject({ code: 'rate_limited' })
        expect(asked.map((each) => flavour.idsOf(each).length)).toEqual([40, 40, 40, 40])
      },
    )
  })
})
