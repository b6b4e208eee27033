import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, wideSite } from './small-site.ts'

let cloud: RunningConfluence
let datacenter: RunningConfluence
beforeEach(async () => {
  const sites = [wideSite(9), wideSite(9)]
  for (const site of sites) site.now = () => new Date('2026-05-01T10:15:00.000Z')
  cloud = await startConfluence({ flavour: 'cloud', ...(sites[0] ? { site: sites[0] } : {}) })
  datacenter = await startConfluence({ flavour: 'datacenter', ...(sites[1] ? { site: sites[1] } : {}) })
})
afterEach(() => Promise.all([cloud.close(), datacenter.close()]))

describe('Cloud', () => {
  test('counts points of OAuth tokens by what they get, and says what is left', async () => {
    cloud.setTraps({ rateLimit: { kind: 'cloud-points', pointsPerHour: 20 } })
    const { secret } = cloud.issueToken('ada', { kind: 'oauth' })
    const pages = `${cloud.gatewayUrl}/ex/confluence/${cloud.cloudId}/wiki/api/v2/pages?limit=8`
    const get = () => ask(cloud, pages, null, { headers: { authorization: `Bearer ${secret}` } })
    const first = (await get()).headers
    expect([first.get('x-ratelimit-limit'), first.get('x-ratelimit-remaining')]).toEqual(['20', '11'])
    expect(first.get('x-ratelimit-reset')).toBe('2026-05-01T11:00:00.000Z')
    expect(first.get('beta-ratelimit')).toBe('"global-app-quota";r=11;t=2700')
    expect((await get()).headers.get('x-ratelimit-nearlimit')).toBe('true')
    await get()
    const refused = await get()
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('ratelimit-reason')]).toEqual([
      429,
      '2700',
      'confluence-quota-global-based',
    ])
    expect((await ask(cloud, '/api/v2/pages')).status).toBe(200)
    cloud.advanceClock(45 * 60_000)
    expect((await get()).status).toBe(200)
  })

  test('stops bursts of every credential', async () => {
    cloud.setTraps({ rateLimit: { kind: 'cloud-burst', perSecond: 2 } })
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await ask(cloud, '/api/v2/spaces')).status)
    expect(statuses).toEqual([200, 200, 429])
    cloud.advanceClock(1000)
    expect((await ask(cloud, '/api/v2/spaces')).status).toBe(200)
  })
})

describe('Data Center', () => {
  test('has a bucket for each account, and its headers on every answer', async () => {
    datacenter.setTraps({ rateLimit: { kind: 'datacenter', capacity: 2, fillPerSecond: 1 } })
    const get = (as: string) => ask(datacenter, '/rest/api/space', as)
    const first = (await get('ada')).headers
    expect(
      ['limit', 'remaining', 'fillrate', 'interval-seconds'].map((name) => first.get(`x-ratelimit-${name}`)),
    ).toEqual(['2', '1', '1', '1'])
    expect(first.get('retry-after')).toBe('0')
    await get('ada')
    const refused = await get('ada')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await get('bo')).status).toBe(200)
    datacenter.advanceClock(1000)
    expect((await get('ada')).status).toBe(200)
  })

  test.each([
    ['none', null],
    ['huge', '9223372036854775807'],
  ] as const)('may refuse with %s for a time to wait, and as 403', async (retryAfter, header) => {
    datacenter.setTraps({
      rateLimit: { kind: 'datacenter', capacity: 0, fillPerSecond: 0 },
      retryAfter,
      rateLimitStatus: 403,
    })
    const { status, headers } = await ask(datacenter, '/rest/api/space')
    expect([status, headers.get('retry-after'), headers.get('x-ratelimit-remaining')]).toEqual([403, header, '0'])
  })
})
