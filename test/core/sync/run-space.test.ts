import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { chunks, pages } from '../../../src/db/schema/content.ts'
import { syncAndWait } from '../../support/core.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

/** Requests that carry page bodies, on either deployment. */
const bodies = /body-format=storage|expand=body\.storage/

describe.each(everywhere)('a sync on %s with %s', (kind, flavour) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(kind, flavour)
  })
  afterAll(() => company.close())
  beforeEach(() => company.wait())

  /** Counts of the run for a space, without those that are 0. */
  const sync = async (key: 'HR' | 'ENG', options: { isFull?: boolean } = {}) => {
    company.site.clearRequests()
    const { run, space, failures } = (await syncAndWait(company.open, key, options))[key] ?? {}
    expect([run?.state, space?.state, run?.error, failures]).toEqual(['succeeded', 'INGESTED', null, []])
    return Object.fromEntries(Object.entries(run?.counts ?? {}).filter(([, count]) => count !== 0))
  }
  const db = () => company.open.core.database.db
  const stored = async (pageId: string) => (await db().select().from(pages).where(eq(pages.pageId, pageId)))[0]
  const chunksOf = async (pageId: string) =>
    db()
      .select()
      .from(chunks)
      .where(eq(chunks.pageId, (await stored(pageId))?.id ?? 0))
      .orderBy(chunks.ordinal)

  it('stores every page that the credential sees, with its place, labels and readers', async () => {
    expect((await syncAndWait(company.open))['ENG']?.run.counts).toMatchObject({ listed: 2, stored: 2, updated: 2 })
    const { site } = company
    expect(await stored('2')).toMatchObject({
      title: 'Holidays',
      parentId: '1',
      versionNumber: 1,
      indexedVersion: 1,
      labels: ['leave', 'policy'],
      authorId: flavour === 'cloud' ? site.credentials.accountId : site.credentials.userKey,
      webPath: expect.stringContaining('/'),
      failure: null,
      isDegraded: false,
    })
    expect((await chunksOf('2')).map(({ headingPath, text }) => [headingPath, text])).toEqual([
      [[], 'Quokka days.'],
      [['Summer'], expect.stringContaining('Six quokka weeks.')],
    ])
    expect(await stored('8'), 'what is in the trash is not listed').toBeUndefined()
    await company.expectMirror()
    const [hr] = Object.values(await syncAndWait(company.open, 'HR'))
    expect(hr?.space).toMatchObject({
      state: 'INGESTED',
      error: null,
      lastSyncedAt: company.open.core.now(),
      permissionsReadAt: company.open.core.now(),
      watermarkAt: new Date('2024-01-01T09:00:00.000Z'),
    })
  })

  it('fetches no body when nothing has changed', async () => {
    expect(await sync('HR')).toEqual({ listed: 7, stored: 7, unchanged: 7 })
    expect(company.site.countRequests(bodies)).toBe(0)
    await company.expectMirror()
  })

  it('fetches an edited page, and only that', async () => {
    company.site.editPage('3', { storage: '<p>Quokka days expire in March.</p>' })
    expect(await sync('HR')).toEqual({ listed: 7, stored: 7, unchanged: 6, updated: 1 })
    expect(company.site.countRequests(bodies)).toBe(1)
    expect(await company.servedTo('ann@acme.example', 'expire in March')).toEqual(['3'])
    expect(await stored('3')).toMatchObject({ versionNumber: 2, indexedVersion: 2 })
  })

  it('keeps the chunks of a page that was saved without a change', async () => {
    const before = await chunksOf('4')
    company.site.editPage('4', {})
    expect(await sync('HR')).toMatchObject({ updated: 1 })
    expect(await chunksOf('4')).toEqual(before)
    expect(await stored('4')).toMatchObject({ indexedVersion: 2 })
  })

  it('finds the pages below a renamed page by its new name', async () => {
    expect(await company.servedTo('ann@acme.example', 'vacation')).toEqual([])
    company.site.editPage('2', { title: 'Vacation' })
    expect(await sync('HR')).toMatchObject({ updated: 3, unchanged: 4 })
    expect(await company.servedTo('ann@acme.example', 'vacation')).toEqual(['2', '3', '4'])
    expect(await company.servedTo('ann@acme.example', 'holidays')).toEqual([])
  })

  it('notices labels, which make no version', async () => {
    company.site.setLabels('3', ['payroll'])
    expect(await sync('HR')).toMatchObject({ updated: 1, unchanged: 6 })
    expect(await stored('3')).toMatchObject({ labels: ['payroll'], versionNumber: 2 })
    expect(await company.servedTo('ann@acme.example', 'payroll')).toEqual(['3'])
    company.site.setLabels('3', [])
    expect(await sync('HR')).toMatchObject({ updated: 1 })
    expect(await company.servedTo('ann@acme.example', 'payroll')).toEqual([])
  })

  it('notices a move, which makes no version: other ancestors, other readers', async () => {
    expect(await company.servedTo('bob@acme.example')).toContain('4')
    company.site.movePage('4', { parentId: '5' })
    expect(await sync('HR')).toMatchObject({ updated: 1, unchanged: 6 })
    expect(await stored('4')).toMatchObject({ parentId: '5', versionNumber: 2 })
    expect(await company.servedTo('bob@acme.example')).not.toContain('4')
    expect(await company.servedTo('ann@acme.example', 'salaries')).toContain('4')
    await company.expectMirror()
    company.site.movePage('4', { parentId: '3' })
    await sync('HR')
    await company.expectMirror()
  })

  it('follows a page into another space, whichever is synced first', async () => {
    company.site.movePage('3', { spaceKey: 'ENG', parentId: '51' })
    expect(await sync('HR')).toMatchObject({ listed: 5, stored: 5, deleted: 2 })
    expect(await company.servedTo('ann@acme.example')).not.toContain('4')
    expect(await sync('ENG')).toMatchObject({ listed: 4, stored: 4, updated: 2 })
    await company.expectMirror()
    company.site.movePage('3', { spaceKey: 'HR', parentId: '2' })
    await sync('HR')
    await sync('ENG')
    await company.expectMirror()
  })

  it('stops serving what was trashed, keeps a tombstone, and serves it again when it is restored', async () => {
    company.site.trashPage('2')
    expect(await sync('HR')).toMatchObject({ listed: 6, stored: 6, deleted: 1 })
    expect(await stored('2')).toMatchObject({ tombstonedAt: company.open.core.now(), accessSetId: null })
    expect(await chunksOf('2')).toEqual([])
    await company.expectMirror()
    expect(await sync('HR'), 'a tombstone is not deleted again').toEqual({ listed: 6, stored: 6, unchanged: 6 })

    company.site.restorePage('2')
    company.site.movePage('3', { parentId: '2' })
    expect(await sync('HR')).toMatchObject({ listed: 7, stored: 7 })
    expect(await stored('2')).toMatchObject({ tombstonedAt: null, failure: null })
    expect(await company.servedTo('ann@acme.example', 'vacation summer')).toContain('2')
    await company.expectMirror()
  })

  it('follows restrictions, which make no version, without fetching a body', async () => {
    const { site } = company
    site.restrict('2', { users: ['bob'] })
    expect(await sync('HR')).toEqual({ listed: 7, stored: 7, unchanged: 7 })
    expect(await company.servedTo('ann@acme.example')).not.toContain('3')
    await company.expectMirror()
    site.restrict('2', { groups: ['leads'] })
    await sync('HR')
    await company.expectMirror()
    site.unrestrict('2')
    site.unrestrict('20')
    expect(await sync('HR')).toEqual({ listed: 7, stored: 7, unchanged: 7 })
    await company.expectMirror()
    site.restrict('20', { users: ['bob'] })
    await sync('HR')
    expect(await company.servedTo('bob@acme.example'), 'a page in a folder that was restricted').toContain('7')
    await company.expectMirror()
    expect(site.countRequests(bodies)).toBe(0)
  })

  it('follows groups, within ten minutes after which they are read again', async () => {
    const { site } = company
    site.addMembers('staff', ['kim'])
    site.removeMembers('staff', ['bob'])
    await sync('HR')
    await company.expectMirror()
    expect(await company.servedTo('bob@acme.example')).toEqual([])
    site.removeMembers('leads', ['max'])
    await syncAndWait(company.open)
    expect(await company.servedTo('max@acme.example'), 'read a moment ago').toContain('5')
    company.wait()
    await syncAndWait(company.open)
    await company.expectMirror()
    site.addMembers('staff', ['bob', 'max'])
    site.addMembers('leads', ['max'])
    site.removeMembers('staff', ['kim'])
    company.wait()
    await syncAndWait(company.open)
    await company.expectMirror()
  })

  it("follows a space's readers, guests and people who leave", async () => {
    const { site } = company
    site.setSpaceReaders('ENG', { groups: ['visitors'], users: ['gus'] })
    await syncAndWait(company.open)
    await company.expectMirror()
    site.setSpaceReaders('HR', { licensed: true })
    company.wait()
    await syncAndWait(company.open)
    await company.expectMirror()
    site.setActive('bob', false)
    site.setActive('kim', false)
    company.wait()
    await syncAndWait(company.open)
    expect(await company.servedTo('bob@acme.example')).toEqual([])
    await company.expectMirror()
    for (const name of ['bob', 'kim']) site.setActive(name, true)
    site.setSpaceReaders('HR', { groups: ['staff'] })
    company.wait()
    await syncAndWait(company.open)
    await company.expectMirror()
  })

  it('stops serving people whose account has gone, although no group and no restriction names them any more', async () => {
    const { site } = company
    site.addUser({ accountId: 'zoe', email: 'zoe@acme.example', groups: ['visitors'] })
    site.setSpaceReaders('ENG', { groups: ['visitors'] })
    await syncAndWait(company.open)
    expect(await company.servedTo('zoe@acme.example')).toEqual(['50', '51'])
    site.setSpaceReaders('ENG', { licensed: true })
    site.removeMembers('visitors', ['zoe'])
    company.wait()
    await syncAndWait(company.open)
    expect(await company.servedTo('zoe@acme.example')).toEqual(['50', '51'])
    site.setActive('zoe', false)
    company.wait()
    await syncAndWait(company.open)
    expect(await company.servedTo('zoe@acme.example')).toEqual([])
    site.setSpaceReaders('ENG', { users: ['ann', 'max', 'kim'] })
    await syncAndWait(company.open)
    await company.expectMirror()
  })

  it('takes nobody for licensed because a page mentions them, not even after their account was asked for again', async () => {
    const { site } = company
    site.addUser({ accountId: 'yan', email: 'yan@acme.example', displayName: 'Yan' })
    const id = flavour === 'cloud' ? 'ri:account-id="yan"' : `ri:userkey="${site.credentialsOf('yan').userKey}"`
    site.editPage('51', { storage: `<p>Quokka of <ac:link><ri:user ${id} /></ac:link>.</p>` })
    site.setSpaceReaders('ENG', { groups: ['visitors'] })
    await sync('ENG')
    expect(await company.servedTo('kim@acme.example', 'Yan')).toContain('51')
    if (flavour === 'cloud') {
      site.setSpaceReaders('ENG', { licensed: true })
      for (let time = 0; time < 2; time++) {
        company.wait()
        await sync('ENG')
        expect(await company.servedTo('yan@acme.example')).toEqual([])
      }
    }
    site.setSpaceReaders('ENG', { users: ['ann', 'max', 'kim'] })
    await sync('ENG')
    await company.expectMirror()
  })

  it('lets anonymous readers in only where the whole site is open to them', async () => {
    const { site } = company
    site.setSpaceReaders('ENG', { anonymous: true, users: ['ann'] })
    await sync('ENG')
    expect(await company.servedTo(undefined)).toEqual([])
    await company.expectMirror()
    site.site.anonymousAccess = true
    await sync('ENG')
    // Cloud's permissions do not name anonymous readers, so there they are let in by nothing.
    expect(await company.servedTo(undefined)).toEqual(flavour === 'cloud' ? [] : ['50', '51'])
    if (flavour === 'datacenter') await company.expectMirror()
    site.site.anonymousAccess = false
    site.setSpaceReaders('ENG', { users: ['ann', 'max', 'kim'] })
    await sync('ENG')
    await company.expectMirror()
  })

  it("is not misled by the site's search index when that lags behind", async () => {
    const { site } = company
    site.holdSearch('changed')
    site.addPage({
      id: '9',
      spaceKey: 'HR',
      title: 'Brand new',
      parentId: '2',
      storage: '<p>quokka</p>',
      read: { users: ['bob'] },
    })
    site.editPage('3', { storage: '<p>Quokka, edited late.</p>' })
    expect(await sync('HR')).toMatchObject({ listed: 8, stored: 8, updated: 2 })
    await company.expectMirror()
    expect(await company.servedTo('ann@acme.example', 'edited late')).toEqual(['3'])
    site.flushSearch()
    expect(await sync('HR')).toMatchObject({ unchanged: 8 })
    await company.expectMirror()
  })

  it('makes everything anew when that is asked for', async () => {
    const before = await chunksOf('1')
    expect(await sync('HR', { isFull: true })).toEqual({ listed: 8, stored: 8, updated: 8 })
    const after = await chunksOf('1')
    expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text))
    expect(after[0]?.id).not.toBe(before[0]?.id)
    await company.expectMirror()
  })

  it('stores titles and text that PostgreSQL would refuse', async () => {
    company.site.editPage('9', { title: 'Nul \0 title', storage: '<p>quokka \0 nul \uDC00 half</p>' })
    expect(await sync('HR')).toMatchObject({ updated: 1 })
    expect(await stored('9')).toMatchObject({ title: 'Nul \uFFFD title' })
    expect(await company.servedTo('bob@acme.example')).toContain('9')
  })

  it('never wrote to Confluence', () => {
    expect(company.site.writes).toEqual([])
    expect(company.site.requests.filter(({ method }) => !['GET', 'POST'].includes(method))).toEqual([])
  })
})
