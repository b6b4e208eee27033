import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { findConnection, updateConnection } from '../../../src/db/queries/connections.ts'
import { findSpaceById } from '../../../src/db/queries/spaces.ts'
import { pageHints, syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { connect, openTestCore, soon, syncAndWait } from '../../support/core.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'
import { databaseKinds } from '../../support/database.ts'

describe.each(databaseKinds)('what to sync on %s', (kind) => {
  let open: OpenCore
  let cloud: RunningConfluence
  let server: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind)
    cloud = await startConfluence({ flavour: 'cloud', site: smallSite() })
    server = await startConfluence({ flavour: 'datacenter', site: smallSite() })
  })
  afterAll(async () => {
    await cloud.close()
    await server.close()
    await open.close()
  })

  const start = (target?: string, isFull = false) =>
    startSync(open.core, target, { isFull, requestedBy: 'ann' }, soon())
  /** Keys of the spaces whose runs were started or joined. */
  const started = async (target?: string): Promise<string[]> => {
    const { runs } = await start(target)
    const found = await Promise.all(runs.map(({ spaceId }) => findSpaceById(open.core.database.db, spaceId)))
    return found.map((space) => space?.key ?? '').toSorted()
  }

  it('is nothing before a site is connected', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'nothing_connected' })
  })

  it('is a connection, by its name in any case, or everything', async () => {
    await connect(open.core, cloud, { name: 'acme', spaces: 'HR,ENG' })
    await connect(open.core, server, { name: 'intra', spaces: 'HR,OLD' })
    await syncAndWait(open)
    expect(await started('ACME')).toEqual(['ENG', 'HR'])
    expect(await started()).toEqual(['ENG', 'HR', 'HR', 'OLD'])
  })

  it('joins the run that is open instead of starting another', async () => {
    const [first, second] = [await start('acme', true), await start('acme')]
    expect(second.runs.map(({ id }) => id)).toEqual(first.runs.map(({ id }) => id))
  })

  it('is a space, by its key, or by the address of the space or of one of its pages', async () => {
    expect(await started('eng')).toEqual(['ENG'])
    for (const address of [
      `${cloud.url}/spaces/ENG/overview`,
      `${cloud.url}/spaces/ENG/pages/7/Runbook`,
      `${cloud.url}/pages/viewpage.action?pageId=7`,
      `${server.url}/display/OLD/History`,
      `${server.url}/pages/viewpage.action?pageId=8`,
    ])
      expect(await started(address), address).toEqual([address.startsWith(cloud.url) ? 'ENG' : 'OLD'])
  })

  it('is the address of a site or space with or without https://, and a page by every address that it has', async () => {
    const host = cloud.url.replace('http://', '')
    expect(await started(cloud.url), 'the site itself').toEqual(['ENG', 'HR'])
    expect(await started(`${host}/spaces/ENG`)).toEqual(['ENG'])
    expect(await started(`${server.url}/`)).toEqual(['HR', 'OLD'])
    const pageOf = async (address: string) => (await start(address)).page
    for (const [address, page] of [
      [`${cloud.url}/spaces/ENG/pages/7/Runbook`, ['7', 'ENG']],
      [`${host}/x/BwAAAA`, ['7', 'ENG']],
      [`${server.url}/pages/viewpage.action?pageId=8`, ['8', 'OLD']],
      [`${server.url}/display/OLD/History`, ['8', 'OLD']],
    ] as const)
      await expect(pageOf(address), address).resolves.toMatchObject({ pageId: page[0], spaceKey: page[1] })
    expect(await start(`${cloud.url}/spaces/ENG`)).not.toHaveProperty('page')
  })

  it('is a page that the site knows but the store does not', async () => {
    const fresh = cloud.addPage({ spaceKey: 'ENG', title: 'Fresh', storage: '<p>New.</p>' })
    const elsewhere = cloud.addPage({ spaceKey: 'OLD', title: 'Elsewhere', storage: '<p>New.</p>' })
    const address = (id: string) => `${cloud.url}/pages/viewpage.action?pageId=${id}`
    expect((await start(address(fresh.id))).page).toMatchObject({ pageId: fresh.id, spaceKey: 'ENG' })
    expect((await start(`${cloud.url}/display/ENG/Fresh`)).page).toMatchObject({ pageId: fresh.id })
    await expect(start(address(elsewhere.id))).rejects.toMatchObject({
      code: 'page_outside',
      message: 'That page is outside of what connection acme covers.',
    })
    await expect(start(address('999999'))).rejects.toMatchObject({
      code: 'target_unknown',
      message: expect.stringMatching(/^There is no such page that the account of acme can see/),
    })
  })

  it('under way is followed by what is asked for, and the person is told', async () => {
    const { db } = open.core.database
    await db.delete(syncRuns)
    const [run] = (await start('ENG')).runs
    await db
      .update(syncRuns)
      .set({ state: 'running', worker: 'one' })
      .where(eq(syncRuns.id, run?.id ?? 0))
    expect((await start('ENG', true)).remarks).toEqual(['ENG is syncing already; a full sync follows when that ends.'])
    expect((await start(`${cloud.url}/spaces/ENG/pages/7/Runbook`)).remarks).toEqual([
      'ENG is syncing already; the page follows when that ends.',
    ])
    expect((await start('acme')).remarks).toEqual(['ENG is syncing already; another sync follows when that ends.'])
    await db.delete(syncRuns)
    await db.delete(pageHints)
  })

  it('is asked back when it could be two things', async () => {
    await expect(start('HR')).rejects.toMatchObject({
      code: 'target_ambiguous',
      message: `"HR" could be space HR of acme (${cloud.url}) or space HR of intra (${server.url}). Give the address of the space, or the connection's name.`,
    })
    expect(await started(`${server.url}/display/HR`)).toEqual(['HR'])
    await connect(open.core, cloud, { name: 'OLD', spaces: 'OLD' })
    await expect(start('old')).rejects.toMatchObject({
      code: 'target_ambiguous',
      message: expect.stringMatching(/^"old" could be the connection OLD or space OLD of /),
    })
  })

  it.each([
    ['ENGG', 'There is no connection and no synced space called ENGG. Did you mean ENG?'],
    // Which of the connections comes first is the database's order.
    [
      'warehouse',
      expect.stringMatching(/ called warehouse\. Known here: (acme, intra, OLD|OLD, acme, intra), (\w+(, |\.$)){2}$/),
    ],
    ['acmee', 'There is no connection and no synced space called acmee. Did you mean acme?'],
  ])('is refused for %s', async (target, message) => {
    await expect(start(target)).rejects.toMatchObject({ code: 'target_unknown', message })
  })

  it('is refused for an address that belongs to nothing here, or to another site', async () => {
    const refused = {
      code: 'target_unknown',
      message: expect.stringContaining('belongs to no space that is synced here'),
    }
    await expect(start('https://elsewhere.example/wiki/spaces/ENG')).rejects.toMatchObject(refused)
    await expect(start(`${cloud.url}/spaces/~ada/overview`)).rejects.toMatchObject(refused)
    // The same beginning, but another port.
    await expect(start(`${cloud.url.replace('/wiki', '')}0/wiki/spaces/ENG`)).rejects.toThrow()
  })

  it('names spaces that were chosen but are not to be seen any more, and syncs the others', async () => {
    server.setSpaceReaders('OLD', { users: ['ada'] })
    server.removeSpace('OLD')
    const { runs, missing } = await start('intra')
    expect([runs.length, missing]).toEqual([
      1,
      [expect.stringMatching(/^The account of intra no longer sees space OLD, .*Give it the right to view the space/)],
    ])
  })

  it('is what can be synced when everything is meant, with the reasons why the rest cannot', async () => {
    const { db } = open.core.database
    const acme = await findConnection(db, 'acme')
    await updateConnection(db, acme?.id ?? 0, { state: 'paused' })
    server.fail({ kind: 'status', status: 400, path: '/rest/api/user/current', times: 9 })
    const { runs, refusals } = await start()
    const keys = await Promise.all(runs.map(async ({ spaceId }) => (await findSpaceById(db, spaceId))?.key))
    expect(keys).toEqual(['OLD'])
    expect(refusals).toEqual([expect.stringMatching(/^acme is paused /), expect.stringMatching(/^intra: .+\.$/)])
    await expect(start('acme'), 'named, it is an error').rejects.toMatchObject({ code: 'connection_paused' })
    await expect(start('intra')).rejects.toThrow(/^(?!intra: )/)
    server.clearFaults()
  })
})
