import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { readStatus } from '../../../src/core/connections/status.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import type { Core } from '../../../src/core/core.ts'
import { workRun } from '../../../src/core/jobs/worker.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { findConnection } from '../../../src/db/queries/connections.ts'
import { listRuns } from '../../../src/db/queries/sync-runs.ts'
import { type Synced, soon, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

const ann = 'ann@acme.example'
const bob = 'bob@acme.example'
const notGiven = 'The site listed the page but did not give its text.'
/** 200 with JSON that is no answer: nothing that a client tries again at once. */
const malformed = { kind: 'status', status: 200, body: {}, times: 99 } as const

describe.each(everywhere)('trouble during a sync on %s with %s', (kind, flavour) => {
  const isCloud = flavour === 'cloud'
  let company: Company
  beforeAll(async () => {
    company = await openCompany(kind, flavour)
    await syncAndWait(company.open)
  })
  afterAll(() => company.close())
  beforeEach(() => company.wait())

  const sync = async (): Promise<Synced> => {
    const synced = (await syncAndWait(company.open, 'HR'))['HR']
    company.site.clearFaults()
    if (synced === undefined) throw new Error('HR was not synced')
    return synced
  }
  const bodyOf = (pageId: string): RegExp =>
    isCloud
      ? new RegExp(`pages\\?.*id=${pageId}&.*body-format`)
      : new RegExp(`content/(${pageId}\\?|search.*in%20\\((\\d+%2C)*${pageId}(%2C\\d+)*\\))`)

  const acme = async () => findConnection(company.open.core.database.db, 'acme')
  /** The listing begins, and cannot go on. */
  const cutOff = () =>
    isCloud
      ? {
          path: '/api/v2/spaces/100/pages',
          body: { results: [], _links: { next: '/wiki/api/v2/spaces/100/pages?cursor=gone' } },
        }
      : {
          path: /content\/scan\?.*expand=version/,
          body: { results: [], limit: 200, _links: { next: '/confluence/rest/api/content/scan?cursor=gone' } },
        }

  /** Whatever happened, a run without trouble puts it right. */
  const expectRecovery = async (): Promise<void> => {
    const { run, space, failures } = await sync()
    expect([run.state, space.state, space.error, failures]).toEqual(['succeeded', 'INGESTED', null, []])
    await company.expectMirror()
  }

  describe('with one page', () => {
    it('lists it with the reason, serves its last good version, and tries again in the next run', async () => {
      company.site.editPage('3', { storage: '<p>quokka: the new words</p>' })
      company.site.editPage('4', { storage: '<p>quokka: beside it</p>' })
      company.site.fail({ ...malformed, path: bodyOf('3') })
      const { run, space, failures } = await sync()
      expect([run.state, space.state, run.counts]).toEqual([
        'succeeded',
        'INGESTED',
        expect.objectContaining({ listed: 7, unchanged: 5, updated: 1, failed: 1, stored: 7 }),
      ])
      const reason = expect.stringContaining('in a form that is not understood') as string
      expect(failures).toMatchObject([{ pageId: '3', title: 'Carry-over', reason }])
      expect(await company.servedTo(ann, 'beside it')).toEqual(['4'])
      expect(await company.servedTo(ann, 'the new words')).toEqual([])
      expect(await company.servedTo(ann)).toContain('3')
      await expectRecovery()
      expect(await company.servedTo(ann, 'the new words')).toEqual(['3'])
    })

    it('that is longer than any page that people write, leaves it out until it is shorter', async () => {
      company.site.editPage('4', { storage: `<p>quokka ${'long '.repeat(1_000_001)}</p>` })
      const { run, failures } = await sync()
      expect(run.counts).toMatchObject({ updated: 0, failed: 1 })
      expect(failures).toMatchObject([{ pageId: '4', reason: expect.stringContaining('longer than 5,000,000') }])
      company.site.editPage('4', { storage: '<p>quokka, short again</p>' })
      await expectRecovery()
    })

    it('that was trashed between the list and its text, forgets it in the next run', async () => {
      company.site.editPage('4', { storage: '<p>quokka, doomed</p>' })
      company.site.clearRequests()
      company.site.fail({ kind: 'delay', path: bodyOf('4'), delayMs: 250 })
      const syncing = sync()
      while (company.site.countRequests(bodyOf('4')) === 0) await delay(5)
      company.site.trashPage('4')
      expect((await syncing).failures).toMatchObject([{ pageId: '4', reason: notGiven }])
      await expectRecovery()
      company.site.restorePage('4')
      company.site.movePage('4', { parentId: '3' })
      await expectRecovery()
    })
  })

  it('with the names of people whom a page mentions, stores the page all the same', async () => {
    const mention = isCloud ? 'ri:account-id="zoe"' : 'ri:userkey="zoe"'
    company.site.editPage('4', { storage: `<p>quokka: ask <ac:link><ri:user ${mention} /></ac:link></p>` })
    // On Cloud the first question is about the members of groups.
    company.site.fail({
      ...malformed,
      body: [],
      ...(isCloud ? { path: /users-bulk/, after: 1 } : { path: /\/user\?key=zoe/ }),
    })
    const { run, failures } = await sync()
    expect([run.state, run.counts?.updated, failures]).toEqual(['succeeded', 1, []])
    await expectRecovery()
  })

  describe('with the list of pages', () => {
    it('that breaks off in the middle, hides and deletes nothing and says so', async () => {
      const before = await company.servedTo(ann)
      company.site.trashPage('4')
      company.site.fail({ kind: 'status', status: 200, ...cutOff() })
      const { run, space } = await sync()
      expect([run.state, space.state]).toEqual(['failed', 'ERROR'])
      expect(run.error).toMatch(/no longer knows where the listing stood: start it again\./)
      expect(space.error).toBe(run.error)
      expect(await company.servedTo(ann)).toEqual(before)
      await expectRecovery()
      company.site.restorePage('4')
      company.site.movePage('4', { parentId: '3' })
      await expectRecovery()
    })

    it('that is empty, believes nothing of it', async () => {
      const before = await company.servedTo(ann)
      const answer = { results: [], limit: 200, _links: {} }
      company.site.fail({ ...cutOff(), kind: 'status', status: 200, body: answer })
      const { run, space } = await sync()
      expect([run.state, space.state]).toEqual(['failed', 'ERROR'])
      expect(run.error).toMatch(/^The site listed no page of space HR, not even its home page\./)
      expect(await company.servedTo(ann)).toEqual(before)
      await expectRecovery()
    })
  })

  describe('with who may read', () => {
    it('of the whole space, shows it to nobody and says what to do', async () => {
      company.site.fail({
        kind: 'status',
        times: 2,
        ...(isCloud
          ? { path: '/spaces/100/permissions', status: 403 }
          : { path: '/space/HR/permissions', status: 500 }),
      })
      const { run, space } = await sync()
      expect([run.state, space.state, run.counts]).toMatchObject(['succeeded', 'INGESTED', { stored: 7 }])
      expect(space.error).toBe(
        "This credential may not read who can see space HR, so nobody is shown its pages. Give its account the right to view the space's permissions, or use shared access.",
      )
      expect([await company.servedTo(ann), await company.servedTo(bob)]).toEqual([['50', '51'], []])
      await expectRecovery()
    })

    it('of a group, lets its members in nowhere by it, until the next run', async () => {
      company.site.fail({ kind: 'status', status: 403, path: isCloud ? 'membersByGroupId' : '/member', times: 99 })
      await sync()
      expect([await company.servedTo(ann), await company.servedTo(bob)]).toEqual([['50', '51'], []])
      await expectRecovery()
    })

    it('of a folder above a page, shows that page to nobody', async () => {
      expect(await company.servedTo(ann)).toContain('7')
      const path = isCloud ? '/api/v2/folders/20' : '/rest/api/content/20?expand=ancestors'
      company.site.fail({ kind: 'status', status: 404, path, times: 99 })
      expect((await sync()).run.state).toBe('succeeded')
      expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4', '5', '50', '51'])
      await expectRecovery()
    })

    it('of a page that hangs below itself, shows it and what is below to nobody', async () => {
      const page = company.site.site.contents.get('3')
      if (page === undefined) throw new Error('page 3 is gone')
      company.site.restrict('3', { users: ['ann'] })
      page.parentId = '4'
      expect((await sync()).run).toMatchObject({ state: 'succeeded', error: null })
      expect(await company.servedTo(ann)).toEqual(['1', '2', '5', '7', '50', '51'])
      page.parentId = '2'
      company.site.unrestrict('3')
      await expectRecovery()
    })

    it.runIf(isCloud)('of one page that search does not hold, shows it and what is below to nobody', async () => {
      company.site.holdSearch('changed')
      company.site.editPage('2', {})
      company.site.fail({ kind: 'status', status: 403, path: '/rest/api/content/2/restriction', times: 99 })
      expect((await sync()).run.state).toBe('succeeded')
      expect(await company.servedTo(ann)).toEqual(['1', '5', '7', '50', '51'])
      company.site.flushSearch()
      await expectRecovery()
    })

    it('of its pages, keeps everything as it was and says so', async () => {
      company.site.restrict('1', { users: ['ann'] })
      const listing = isCloud ? /content\/search\?cql=space/ : /content\/scan\?.*restrictions/
      company.site.fail({ ...malformed, path: listing })
      const { run } = await sync()
      expect([run.state, run.error]).toEqual(['failed', expect.stringContaining('in a form that is not understood')])
      expect(run.counts, 'how far it came').toMatchObject({ listed: 7 })
      expect(await company.servedTo(bob)).toContain('1')
      await expectRecovery()
      company.site.unrestrict('1')
      await expectRecovery()
    })
  })

  describe('with the credential', () => {
    it('that has died, pauses the connection and keeps what is served', async () => {
      const before = await company.servedTo(ann)
      company.site.revokeCredential(company.site.credentials.accountId)
      const { run, space } = await sync()
      expect([run.state, space.state]).toEqual(['failed', 'ERROR'])
      expect(run.error).toContain('refused the credential')
      const remedy = expect.stringMatching(/refused the credential.* Make a new API token/) as string
      expect(await acme()).toMatchObject({ state: 'paused', testResult: 'Auth Failed', testRemedy: remedy })
      expect(await company.servedTo(ann)).toEqual(before)
      await expect(syncAndWait(company.open, 'HR')).rejects.toMatchObject({ code: 'connection_paused' })

      company.site.revokeCredential(company.site.credentials.accountId, false)
      const paused = await acme()
      if (paused !== undefined) await testStoredConnection(company.open.core, paused, soon())
      expect(await acme()).toMatchObject({ state: 'active', testResult: 'Works' })
      await expectRecovery()
    })

    it('that cannot be opened, says so and asks the site nothing', async () => {
      const { core } = company.open
      const other: Core = { ...core, encryptionKey: () => Buffer.alloc(32, 99) }
      const { runs } = await startSync(core, 'HR', { isFull: false, requestedBy: 'test' }, soon())
      company.site.clearRequests()
      for (const run of runs) await workRun(other, run.id, soon())
      const ids = runs.map(({ id }) => id)
      expect(await listRuns(core.database.db, ids)).toMatchObject([
        { state: 'failed', error: expect.stringContaining('FOOTNOTE_ENCRYPTION_KEY is not the key') },
      ])
      expect(company.site.countRequests()).toBe(0)
      expect(await acme()).toMatchObject({ state: 'active' })
      await expectRecovery()
    })
  })
})

describe.each(databaseKinds)('a space on %s that its account no longer sees', (kind) => {
  it('is not served any more, says so, and comes back with the right to view it', async () => {
    const company = await openCompany(kind, 'cloud', {
      syncAccount: { accountId: 'footnote', seesAll: false, isAdmin: true },
      spaces: [
        { id: '100', key: 'HR', homepageId: '1', read: { groups: ['staff'], users: ['footnote'] } },
        { id: '200', key: 'ENG', homepageId: '50', read: { users: ['ann', 'footnote'] } },
      ],
    })
    onTestFinished(company.close)
    const { site } = company
    const status = async () => {
      const [acme] = await readStatus(company.open.core, 'acme')
      return acme?.spaces.map(({ key, state, stored, error }) => [key, state, stored, error])
    }
    await syncAndWait(company.open)
    expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4', '50', '51'])

    site.setSpaceReaders('ENG', { users: ['ann'] })
    expect(Object.keys(await syncAndWait(company.open))).toEqual(['HR'])
    expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4'])
    expect(await status()).toEqual([
      [
        'ENG',
        'ERROR',
        0,
        'The account of acme no longer sees space ENG, so its pages are not answered from. Give it the right to view the space, then sync again; if the space was deleted, take it out with edit acme.',
      ],
      ['HR', 'INGESTED', 4, undefined],
    ])

    site.setSpaceReaders('HR', { groups: ['staff'] })
    await expect(syncAndWait(company.open)).rejects.toMatchObject({ code: 'spaces_none' })
    expect(await company.servedTo(ann), 'hidden, not deleted').toEqual([])

    site.setSpaceReaders('HR', { groups: ['staff'], users: ['footnote'] })
    site.setSpaceReaders('ENG', { users: ['ann', 'footnote'] })
    await syncAndWait(company.open)
    expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4', '50', '51'])
    expect((await status())?.map(([key, state, , error]) => [key, state, error])).toEqual([
      ['ENG', 'INGESTED', undefined],
      ['HR', 'INGESTED', undefined],
    ])
  })
})
