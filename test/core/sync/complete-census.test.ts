// Lists that lose rows: nothing is hidden, and nothing stays out, because a list did not name it.
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Traps } from '../../../sandbox/confluence/traps.ts'
import type { ContentValue } from '../../../sandbox/confluence/values.ts'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import { openSite } from '../../../src/core/confluence/open-site.ts'
import { findOverlooked } from '../../../src/core/sync/find-overlooked.ts'
import { type Synced, soon, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Company, type Flavour, openCompany } from './small-company.ts'

const leaves = (amount: number): ContentValue[] => [
  { id: '1', spaceKey: 'HR', title: 'Home', parentId: null, storage: '<p>Home.</p>' },
  ...Array.from({ length: amount }, (_, i) => ({
    id: String(1000 + i),
    spaceKey: 'HR',
    title: `Leaf ${i}`,
    parentId: '1',
    storage: `<p>Leaf ${i}.</p>`,
  })),
]

const openLeaves = async (flavour: Flavour, amount: number, traps: Partial<Traps> = {}): Promise<Company> => {
  const company = await openCompany('embedded', flavour, {
    spaces: [{ id: '100', key: 'HR', name: 'People', homepageId: '1', read: { groups: ['staff'] } }],
    folders: [],
    pages: leaves(amount),
  })
  onTestFinished(company.close)
  company.site.setTraps(traps)
  return company
}

const sync = async ({ open }: Company): Promise<Synced> => {
  const { HR } = await syncAndWait(open)
  if (HR === undefined) throw new Error('HR was not synced')
  return HR
}

describe('a list whose `next` skips rows', () => {
  it.each<[string, Flavour, Partial<Traps>]>([
    ['on Cloud', 'cloud', {}],
    ['on Data Center', 'datacenter', {}],
    ['by offset on an old Data Center', 'datacenter', { version: '7.4.0' }],
  ])('loses no page, neither at first nor later, %s', async (_name, flavour, traps) => {
    const company = await openLeaves(flavour, 520, { ...traps, skipRowsInNext: 5 })
    const whole = { listed: 521, stored: 521 }
    expect((await sync(company)).run).toMatchObject({ state: 'succeeded', counts: { ...whole, deleted: 0 } })
    company.site.editPage('1003', { title: 'Still there' })
    const { counts } = (await sync(company)).run
    expect(counts).toMatchObject({ ...whole, updated: 1, unchanged: 520, deleted: 0 })
    company.site.trashPage('1004')
    expect((await sync(company)).run.counts).toMatchObject({ listed: 520, stored: 520, deleted: 1 })
  })

  it('asks little for what it lost', async () => {
    const company = await openLeaves('cloud', 520, { skipRowsInNext: 5 })
    await sync(company)
    company.site.clearRequests()
    await sync(company)
    expect(company.site.countRequests(/\/api\/v2\/pages\?/)).toBe(1)
    company.site.setTraps({ skipRowsInNext: 0 })
    company.site.clearRequests()
    await sync(company)
    expect(company.site.countRequests(/\/api\/v2\/pages\?/), 'nothing where the list is whole').toBe(0)
  })
})

describe('a page that is deleted while an old Data Center is listed by offset', () => {
  it('takes no other page along', async () => {
    const company = await openLeaves('datacenter', 420, { version: '7.4.0' })
    await sync(company)
    const { site } = company
    site.clearRequests()
    site.setLatency(40)
    const syncing = sync(company)
    // The first part of the list is answered, the next one not yet asked for.
    while (site.countRequests(/content\?.*start=200/) === 0) {
      if (site.countRequests(/content\?.*start=0/) >= 2 && site.site.contents.get('1000')?.status === 'current')
        site.trashPage('1000')
      await delay(1)
    }
    const { run } = await syncing
    expect(site.site.contents.get('1000')?.status).toBe('trashed')
    site.setLatency(0)
    // Whether the list still named the trashed page depends on the moment.
    expect(run.counts?.deleted).toBeLessThanOrEqual(1)
    expect((await sync(company)).run.counts).toMatchObject({ listed: 420, stored: 420, updated: 0 })
  })
})

describe('what a list seems to have lost', () => {
  it.each<[Flavour, RegExp]>([
    ['cloud', /\/api\/v2\/pages\?/],
    ['datacenter', /\/rest\/api\/content\/1003/],
  ])('is not hidden when the site cannot say whether it is there, on %s', async (flavour, asked) => {
    const company = await openLeaves(flavour, 30)
    await sync(company)
    company.site.trashPage('1003')
    company.site.fail({ kind: 'status', status: 200, body: { no: 'answer' }, path: asked, times: 99 })
    const { run, space } = await sync(company)
    expect([run.state, space.state, run.counts]).toMatchObject(['failed', 'ERROR', { stored: 0, deleted: 0 }])
    expect(await company.servedTo('ann@acme.example', 'leaf')).toContain('1003')
    company.site.clearFaults()
    expect((await sync(company)).run.counts).toMatchObject({ listed: 30, stored: 30, deleted: 1 })
  })

  it('may have moved to another space: then it is gone here', async () => {
    const company = await openCompany('embedded', 'cloud')
    onTestFinished(company.close)
    await syncAndWait(company.open)
    company.site.movePage('3', { spaceKey: 'ENG', parentId: '51' })
    expect((await syncAndWait(company.open, 'HR'))['HR']?.run.counts).toMatchObject({ listed: 5, deleted: 2 })
    await syncAndWait(company.open)
    await company.expectMirror()
  })

  it.each<Flavour>(['cloud', 'datacenter'])(
    'is asked for a thousand times at most where a thousand are really gone, on %s',
    async (flavour) => {
      const pages = leaves(1_500)
      const site = await startConfluence({
        flavour,
        site: createSite({ spaces: [{ id: '100', key: 'HR', homepageId: '1' }], pages }),
      })
      onTestFinished(() => site.close())
      const isCloud = flavour === 'cloud'
      const client = openSite(
        { deployment: flavour, baseUrl: site.url },
        isCloud
          ? { kind: 'token', email: site.credentials.email, secret: site.credentials.token }
          : { kind: 'pat', secret: site.credentials.token },
        { allowLoopback: true },
      )
      const space = {
        spaceId: '100',
        key: 'HR',
        name: 'HR',
        type: 'global' as const,
        status: 'current' as const,
        homepageId: '1',
      }
      const missing = pages.slice(1).map(({ id = '' }) => ({ pageId: id, kind: 'page' as const }))
      for (const { pageId } of missing) site.trashPage(pageId)
      const ask = async () => {
        site.clearRequests()
        const found = await findOverlooked(client, space, missing, () => {}, soon())
        return [
          found.map(({ pageId }) => pageId),
          site.countRequests(isCloud ? '/api/v2/pages' : /content\/\d+\?.*status=current/),
        ]
      }
      expect(await ask()).toEqual([[], isCloud ? 4 : 1_000])
      site.restorePage('1000')
      expect(await ask(), 'the list was wrong about one').toEqual([['1000'], isCloud ? 6 : 1_500])
    },
  )
})

describe.each(databaseKinds)('a query as scope on %s', (kind) => {
  it('deletes nothing because search found nothing, and asks it twice', async () => {
    const company = await openCompany(
      kind,
      'cloud',
      {
        pages: leaves(6).map((page) => ({ ...page, labels: ['ops'], storage: '<p>quokka</p>' })),
        folders: [],
        spaces: [{ id: '100', key: 'HR', name: 'People', homepageId: '1', read: { groups: ['staff'] } }],
      },
      { cql: 'label = "ops"' },
    )
    onTestFinished(company.close)
    const ann = 'ann@acme.example'
    expect((await sync(company)).run.counts).toMatchObject({ stored: 7 })
    const nothing = { kind: 'status', status: 200, path: /and%20\(label/ } as const
    const body = { results: [], start: 0, limit: 200, size: 0, _links: {} }
    company.site.fail({ ...nothing, body })
    expect((await sync(company)).run.counts, 'search is asked again').toMatchObject({ stored: 7, unchanged: 7 })
    company.site.fail({ ...nothing, body, times: 2 })
    expect((await sync(company)).run.counts).toMatchObject({ stored: 0, held: 7, deleted: 0 })
    expect(await company.servedTo(ann)).toEqual([])
    company.site.clearRequests()
    expect((await sync(company)).run.counts).toMatchObject({ stored: 7, unchanged: 7, updated: 0 })
    expect(company.site.countRequests(/body-format/), 'what was held is not fetched again').toBe(0)
    expect(await company.servedTo(ann)).toHaveLength(7)
    company.site.setLabels('1000', [])
    expect((await sync(company)).run.counts).toMatchObject({ stored: 6, deleted: 1 })
  })
})
