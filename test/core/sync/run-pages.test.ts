import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { editConnection, confirmEdit } from '../../../src/core/connections/edit.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { describeFetched, fetchPage } from '../../../src/core/jobs/fetch-page.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { listHints } from '../../../src/db/queries/page-hints.ts'
import { listSpacesByKey } from '../../../src/db/queries/spaces.ts'
import { chunks, pages, spaces } from '../../../src/db/schema/content.ts'
import { syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { soon, syncAndWait } from '../../support/core.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

/** What lists a space: content, permissions, attachments, comments. */
const listings = /spaces\/\d+\/(pages|blogposts)|content\/(scan|search)|\/search\?|[?&]space-id=/

describe.each(everywhere)('a page that is asked for on %s with %s', (kind, flavour) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(kind, flavour)
    await syncAndWait(company.open)
    company.wait()
    // So that nothing is new about places and readers.
    await syncAndWait(company.open)
  })
  afterAll(() => company.close())
  beforeEach(() => {
    company.wait()
    company.site.clearRequests()
  })

  const address = (pageId: string) => `${company.site.url}/pages/viewpage.action?pageId=${pageId}`
  const fetchNow = async (pageId: string, isFull = false): Promise<string> => {
    const { core } = company.open
    const { page, remarks } = await startSync(core, address(pageId), { isFull, requestedBy: 'ann' }, soon())
    if (page === undefined) throw new Error('no page')
    expect([page.pageId, remarks]).toEqual([pageId, []])
    const fetched = await fetchPage(core, page.run, pageId, 5_000, soon())
    expect(fetched.run).toMatchObject({ kind: 'pages', state: 'succeeded', requestedBy: 'ann' })
    return describeFetched(fetched, page.spaceKey)
  }
  const db = () => company.open.core.database.db
  const space = async (key: string) => {
    const [found] = await listSpacesByKey(db(), key)
    if (found === undefined) throw new Error(`no space ${key}`)
    return found.space
  }
  const stored = async (pageId: string, key = 'HR') =>
    (
      await db()
        .select()
        .from(pages)
        .where(and(eq(pages.pageId, pageId), eq(pages.spaceId, (await space(key)).id)))
    )[0]
  const openRuns = () => db().select().from(syncRuns).where(eq(syncRuns.state, 'queued'))
  const settle = async (): Promise<void> => {
    company.wait()
    await syncAndWait(company.open)
  }

  it('is fetched alone, and the person is told its version', async () => {
    const before = await space('HR')
    company.site.editPage('3', { storage: '<p>The quokka carries over nine capybaras.</p>' })
    expect(await fetchNow('3')).toBe('Carry-over: updated to version 2.')
    expect(await company.servedTo('ann@acme.example', 'capybaras')).toEqual(['3'])
    expect(company.site.requests.filter(({ url }) => listings.test(url)).map(({ url }) => url)).toEqual([])
    expect(company.site.countRequests()).toBeLessThan(15)
    expect(await space('HR'), 'neither watermark nor time of the last sync nor state').toEqual(before)
    expect(await openRuns()).toEqual([])
    expect(await listHints(db(), before.id, 10)).toEqual([])
    await company.expectMirror()
  })

  it('that is the same says so, and its chunks stay', async () => {
    const row = await stored('2')
    const idsOf = async () =>
      (
        await db()
          .select({ id: chunks.id })
          .from(chunks)
          .where(eq(chunks.pageId, row?.id ?? 0))
      ).map(({ id }) => id)
    const before = await idsOf()
    expect(await fetchNow('2')).toBe('Holidays: unchanged, version 1.')
    expect(await idsOf()).toEqual(before)
    expect(await fetchNow('2', true)).toBe('Holidays: indexed again, version 1.')
    expect(await idsOf()).not.toEqual(before)
    expect((await stored('3'))?.indexedVersion).toBe(2)
  })

  it('that is new is found by its address on the site', async () => {
    const { id } = company.site.addPage({
      spaceKey: 'HR',
      title: 'Parking & bikes',
      parentId: '1',
      storage: '<p>Okapi quokka.</p>',
    })
    expect(await fetchNow(id)).toBe('Parking & bikes: added, version 1.')
    expect(await company.servedTo('ann@acme.example', 'okapi')).toEqual([id])
    await company.expectMirror()
  })

  it('is served to those who may read it now, without a new version', async () => {
    company.site.restrict('2', { users: ['max'] })
    expect(await fetchNow('2')).toBe('Holidays: unchanged, version 1; who may read it has changed.')
    // Those below it as well, at once; a census looks at them again.
    await company.expectMirror()
    expect(await openRuns()).toMatchObject([{ kind: 'incremental' }])
    company.site.unrestrict('2')
    await settle()
    await company.expectMirror()
  })

  it('that moved below a restriction is closed with it', async () => {
    company.site.movePage('3', { parentId: '5' })
    await fetchNow('3')
    await company.expectMirror()
    company.site.movePage('3', { parentId: '2' })
    await settle()
    await company.expectMirror()
  })

  it('whose place cannot be read is served to nobody', async () => {
    company.site.fail({
      kind: 'status',
      status: 403,
      path: /restriction|content\/5|pages\/5|expand=restrictions/,
      times: 50,
    })
    await fetchNow('6')
    company.site.clearFaults()
    for (const name of ['ann', 'max'])
      expect(await company.servedTo(`${name}@acme.example`, 'Bonus')).not.toContain('6')
    await settle()
    await company.expectMirror()
  })

  it('that is gone, or not visible any more, is out of the answers at once', async () => {
    company.site.trashPage('4')
    expect(await fetchNow('4')).toBe('Deep: no longer visible, removed from answers.')
    expect(await stored('4')).toMatchObject({ tombstonedAt: company.open.core.now() })
    await company.expectMirror()
    expect(await fetchNow('4')).toBe('Deep: not visible to the account of the connection.')
    company.site.restorePage('4')
    expect(await fetchNow('4')).toMatch(/^Deep: added, version \d\.$/)
    await company.expectMirror()
  })

  it('that moved to another synced space goes there', async () => {
    company.site.movePage('4', { spaceKey: 'ENG', parentId: '50' })
    const { core } = company.open
    const { page } = await startSync(core, address('4'), { isFull: false, requestedBy: 'ann' }, soon())
    if (page === undefined) throw new Error('no page')
    const { outcome } = await fetchPage(core, page.run, '4', 5_000, soon())
    expect(outcome).toMatchObject({ what: 'moved', text: 'Deep: moved to space ENG, from which it is fetched now.' })
    expect((await stored('4'))?.tombstonedAt).not.toBeNull()
    const [next] = await openRuns()
    expect(next).toMatchObject({ kind: 'pages', spaceId: (await space('ENG')).id })
    if (next !== undefined) await fetchPage(core, { ...next, isFollowed: false }, '4', 5_000, soon())
    await company.expectMirror()
    company.site.movePage('4', { spaceKey: 'HR', parentId: '3' })
    await settle()
  })

  it('that a rule leaves out says which', async () => {
    const connection = await getConnection(company.open.core, 'acme')
    const exclusions = { ...connection.exclusions, labels: ['draft'] }
    const edit = await editConnection(company.open.core, connection, { exclusions }, 'ann', soon())
    if (edit.kind === 'consent') await confirmEdit(company.open.core, edit.editId, 'ann', soon())
    await settle()
    company.site.setLabels('7', ['draft'])
    expect(await fetchNow('7')).toBe('In the drawer: excluded by label draft.')
    expect(await company.servedTo('ann@acme.example', 'drawer')).not.toContain('7')
    company.site.setLabels('7', [])
    expect(await fetchNow('7')).toMatch(/^In the drawer: added, version \d\.$/)
    await company.expectMirror()
  })

  it('that the site breaks down on fails, is told so, and is tried again', async () => {
    company.site.editPage('2', { storage: '<p>Quokka of May.</p>' })
    company.site.fail({
      kind: 'status',
      status: 500,
      path: /body-format=storage|expand=body\.storage|body\.storage/,
      times: 99,
    })
    expect(await fetchNow('2')).toMatch(/^Holidays: .+\.$/)
    expect((await stored('2'))?.failure).not.toBeNull()
    company.site.clearFaults()
    expect(await fetchNow('2')).toBe('Holidays: updated to version 2.')
  })

  it('stays hinted at when the site is away', async () => {
    company.site.fail({ kind: 'status', status: 400, path: '', times: 99 })
    const { core } = company.open
    const { page } = await startSync(core, address('2'), { isFull: false, requestedBy: 'ann' }, soon())
    if (page === undefined) throw new Error('no page')
    const fetched = await fetchPage(core, page.run, '2', 5_000, soon())
    company.site.clearFaults()
    expect(fetched).toMatchObject({ run: { state: 'failed' }, outcome: undefined })
    expect(describeFetched(fetched, 'HR')).toMatch(/^The page could not be fetched: .+\.$/)
    expect(await space('HR'), 'that says nothing about the space').toMatchObject({ state: 'INGESTED', error: null })
    expect(await openRuns(), 'and is not tried again at once').toEqual([])
    expect((await listHints(db(), (await space('HR')).id, 9)).map(({ pageId }) => pageId)).toEqual(['2'])
    company.wait()
    await syncAndWait(company.open, 'HR')
    expect(await listHints(db(), (await space('HR')).id, 9), 'a complete sync knows of it').toEqual([])
  })

  it('of a space that was never synced waits for its first sync', async () => {
    await db().update(spaces).set({ layerId: null }).where(eq(spaces.key, 'ENG'))
    const { core } = company.open
    const { page } = await startSync(core, address('51'), { isFull: false, requestedBy: 'ann' }, soon())
    if (page === undefined) throw new Error('no page')
    const fetched = await fetchPage(core, page.run, '51', 5_000, soon())
    expect(fetched.outcome).toBeUndefined()
    expect(await openRuns()).toMatchObject([{ kind: 'incremental' }])
    await settle()
    await company.expectMirror()
  })
})
