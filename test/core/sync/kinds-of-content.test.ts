// What is synced besides current pages in plain trees: blog posts, what hangs in folders, what is archived; and how it is known
// by the names of what stands above it.
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { SiteValues } from '../../../sandbox/confluence/values.ts'
import { readPages } from '../../../src/core/connections/list-pages.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { editConnection, confirmEdit } from '../../../src/core/connections/edit.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { findConnection, purgeConnection } from '../../../src/db/queries/connections.ts'
import { rows } from '../../../src/db/database.ts'
import { pages } from '../../../src/db/schema/content.ts'
import { defaultExclusions } from '../../../src/db/schema/connections.ts'
import { openTestCore, soon, stoppedClock, syncAndWait } from '../../support/core.ts'
import { type Company, everywhere, foundCompany, values } from './small-company.ts'

const ann = 'ann@acme.example'
const bob = 'bob@acme.example'

/** Counts of the run for HR, without those that are 0. */
const sync = async (company: Company, options: { isFull?: boolean } = {}) => {
  company.site.clearRequests()
  const { HR } = await syncAndWait(company.open, undefined, options)
  expect([HR?.run.state, HR?.run.error, HR?.failures]).toEqual(['succeeded', null, []])
  return Object.fromEntries(Object.entries(HR?.run.counts ?? {}).filter(([, count]) => count !== 0))
}
const stored = async ({ open: { core } }: Company, pageId: string) =>
  (await core.database.db.select().from(pages).where(eq(pages.pageId, pageId)))[0]

const link = (title: string) => `<ac:link><ri:page ri:content-title="${title}" /></ac:link>`

const mention = (attribute: string) => `<ac:link><ri:user ${attribute} /></ac:link>`

describe.each(everywhere)('on %s with %s', (kind, flavour) => {
  const clock = stoppedClock()
  let core: OpenCore
  beforeAll(async () => {
    core = await openTestCore(kind, { now: clock.now })
  })
  afterAll(() => core.close())
  const open = async (changes: Partial<SiteValues> = {}, request: Partial<ConnectRequest> = {}) => {
    const company = await foundCompany(core, clock, flavour, changes, request)
    onTestFinished(async () => {
      await company.close()
      const { db } = core.core.database
      await purgeConnection(db, (await findConnection(db, 'acme'))?.id ?? 0)
    })
    return company
  }
  const post = { id: '90', spaceKey: 'HR', type: 'blogpost' as const, title: 'News of June', parentId: null }
  const bodies = /body-format=storage|expand=body\.storage/

  describe('blog posts', () => {
    it('are stored, searched, restricted and forgotten like pages', async () => {
      const company = await open({
        pages: [...(values.pages ?? []), { ...post, storage: '<p>A quokka <b>wombat</b>.</p>', labels: ['news'] }],
      })
      const { site } = company
      expect(await sync(company)).toEqual({ listed: 8, stored: 8, updated: 8 })
      expect(await stored(company, '90')).toMatchObject({
        kind: 'blogpost',
        title: 'News of June',
        parentId: null,
        ancestorIds: [],
        labels: ['news'],
        indexedVersion: 1,
      })
      expect(await company.servedTo(bob, 'wombat news')).toEqual(['90'])
      await company.expectMirror()
      expect((await readPages(company.open.core, ['news of june'])).pages).toMatchObject([{ state: 'stored' }])
      expect(await sync(company)).toEqual({ listed: 8, stored: 8, unchanged: 8 })
      expect(site.countRequests(bodies)).toBe(0)

      site.restrict('90', { users: ['ann'] })
      site.editPage('90', { storage: '<p>A quokka numbat.</p>' })
      expect(await sync(company)).toEqual({ listed: 8, stored: 8, unchanged: 7, updated: 1 })
      expect([await company.servedTo(ann, 'numbat'), await company.servedTo(bob, 'numbat')]).toEqual([['90'], []])
      await company.expectMirror()
      site.addComment({ pageId: '90', id: '911', storage: '<p>Bandicoot.</p>' })
      expect(await sync(company)).toMatchObject({ parts: { stored: 1, failed: 0 } })
      expect(await company.servedTo(ann, 'bandicoot')).toEqual(['90'])
      site.trashPage('90')
      expect(await sync(company)).toMatchObject({ listed: 7, stored: 7, deleted: 1 })
      await company.expectMirror()
      site.restorePage('90')
      expect(await sync(company)).toMatchObject({ listed: 8, stored: 8, updated: 1 })
      await company.expectMirror()
    })
  })

  describe('folders', () => {
    const drawers: Partial<SiteValues> = {
      folders: [
        { id: '20', spaceKey: 'HR', title: 'Drawer', parentId: '2' },
        { id: '21', spaceKey: 'HR', title: 'Compartment', parentId: '20' },
      ],
      pages: [
        ...(values.pages ?? []).filter(({ id }) => id !== '7'),
        { id: '7', spaceKey: 'HR', title: 'Below', parentId: '21', storage: '<p>A quokka below.</p>' },
        { id: '9', spaceKey: 'HR', title: 'Deeper', parentId: '7', storage: '<p>A quokka deeper.</p>' },
      ],
    }

    it('are parts of the path by which a page is found, and make it stale when they are renamed or moved', async () => {
      const company = await open(drawers)
      const { site } = company
      await sync(company)
      expect(await stored(company, '7')).toMatchObject({
        parentId: '21',
        ancestorIds: ['1', '2', '20', '21'],
        ancestorTitles: ['People home', 'Holidays', 'Drawer', 'Compartment'],
      })
      expect(await stored(company, '9')).toMatchObject({ ancestorIds: ['1', '2', '20', '21', '7'] })
      expect(await company.servedTo(ann, 'compartment')).toEqual(['7', '9'])
      expect(await company.servedTo(ann, 'holidays')).toEqual(['2', '3', '4', '7', '9'])
      expect(await sync(company)).toEqual({ listed: 8, stored: 8, unchanged: 8 })

      site.editPage('20', { title: 'Cupboard' })
      expect(await sync(company)).toEqual({ listed: 8, stored: 8, unchanged: 6, updated: 2 })
      expect(await company.servedTo(ann, 'cupboard')).toEqual(['7', '9'])
      expect(await company.servedTo(ann, 'drawer')).toEqual([])
      site.movePage('20', { parentId: '5' })
      expect(await sync(company)).toEqual({ listed: 8, stored: 8, unchanged: 6, updated: 2 })
      expect(await company.servedTo(ann, 'salaries'), 'page 6 is not for her').toEqual(['5', '7', '9'])
      expect(await company.servedTo(ann, 'holidays')).toEqual(['2', '3', '4'])
      await company.expectMirror()
    })

    it('belong to a tree, with the pages in them', async () => {
      const company = await open(drawers)
      const { core } = company.open
      await syncAndWait(company.open)
      const change = async (tree: string): Promise<void> => {
        const acme = await getConnection(core, 'acme')
        const edit = await editConnection(core, acme, { coverage: { spaces: '', tree } }, 'test', soon())
        if (edit.kind !== 'consent') throw new Error('consent was not asked for')
        expect(edit.facts.pages).toBe(5)
        const { dropped } = await confirmEdit(core, edit.editId, 'test', soon())
        expect(dropped).toEqual({ spaces: 1, pages: 3 + 2 })
      }
      await change('/spaces/HR/pages/2')
      expect(await company.servedTo(ann)).toEqual(['2', '3', '4', '7', '9'])
      expect(await sync(company)).toEqual({ listed: 5, stored: 5, unchanged: 5 })
      company.site.movePage('20', { parentId: '5' })
      expect(await sync(company)).toEqual({ listed: 3, stored: 3, unchanged: 3, deleted: 2 })
      company.site.movePage('20', { parentId: '3' })
      expect(await sync(company)).toMatchObject({ listed: 5, stored: 5, updated: 2 })
      expect(await company.servedTo(ann)).toEqual(['2', '3', '4', '7', '9'])
    })
  })

  describe('archived pages', () => {
    const archived = { id: '9', spaceKey: 'HR', title: 'Old', parentId: '2', status: 'archived' as const }
    const old: Partial<SiteValues> = {
      pages: [
        ...(values.pages ?? []),
        { ...archived, storage: '<p>An old quokka.</p>' },
        { id: '10', spaceKey: 'HR', title: 'Below old', parentId: '9', storage: '<p>A quokka below.</p>' },
        { ...archived, id: '11', title: 'Older', storage: '<p>An older quokka.</p>' },
      ],
    }

    it('are listed and left out by that rule, and are asked nothing about unless they stand above a page', async () => {
      const company = await open(old)
      const { site } = company
      expect(await sync(company)).toEqual({
        listed: 10,
        stored: 8,
        updated: 8,
        excluded: 2,
        excludedBy: { archived: 2 },
      })
      expect(site.countRequests(/content\/9\//)).toBeGreaterThanOrEqual(flavour === 'cloud' ? 1 : 0)
      expect(site.countRequests(/content\/11\//), 'who may read it matters to nobody').toBe(0)
      expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4', '5', '7', '10', '50', '51'])
      expect(await stored(company, '11')).toMatchObject({
        exclusion: 'archived',
        accessSetId: null,
        indexedVersion: null,
      })
      expect(await stored(company, '10')).toMatchObject({ ancestorTitles: ['People home', 'Holidays', 'Old'] })
      expect(await sync(company)).toEqual({
        listed: 10,
        stored: 8,
        unchanged: 8,
        excluded: 2,
        excludedBy: { archived: 2 },
      })
    })

    it('are counted as left out before anybody consents', async () => {
      const company = await open(old)
      const acme = await getConnection(core.core, 'acme')
      const exclusions = { ...defaultExclusions, archivedSpaces: true, labels: ['leave'] }
      const edit = await editConnection(core.core, acme, { exclusions }, 'test', soon())
      expect(edit).toMatchObject({
        facts: { pages: 9, excluded: { archived: 2, 'label leave': 1 }, spaces: ['HR', 'ENG'] },
      })
      company.site.setSpaceStatus('ENG', 'archived')
      const again = await editConnection(core.core, acme, { exclusions }, 'test', soon())
      expect(again).toMatchObject({ facts: { pages: 7, spaces: ['HR'] } })
      const whole = await editConnection(
        core.core,
        acme,
        { exclusions: { ...exclusions, archived: false, archivedSpaces: false } },
        'test',
        soon(),
      )
      expect(whole).toMatchObject({ facts: { pages: 11, excluded: { 'label leave': 1 }, spaces: ['HR', 'ENG'] } })
    })

    it('are served again when they are restored, and no more when they are archived', async () => {
      const company = await open(old)
      await sync(company)
      company.site.restorePage('11')
      company.site.archivePage('3')
      expect(await sync(company)).toMatchObject({ listed: 10, stored: 8, updated: 2, excluded: 2, unchanged: 6 })
      expect(await company.servedTo(ann)).toEqual(['1', '2', '4', '5', '7', '10', '11', '50', '51'])
      company.site.restorePage('3')
      company.site.movePage('4', { parentId: '3' })
      expect(await sync(company)).toMatchObject({ stored: 9, updated: 2, excluded: 1 })
      await company.servedTo(ann)
    })

    it('are stored like the others where the rule is off', async () => {
      const company = await open(old, { exclusions: { ...defaultExclusions, archived: false } })
      expect(await sync(company)).toEqual({ listed: 10, stored: 10, updated: 10 })
      expect(await company.servedTo(ann)).toContain('11')
      expect(await stored(company, '11')).toMatchObject({ status: 'archived', exclusion: null })
      expect(await sync(company)).toEqual({ listed: 10, stored: 10, unchanged: 10 })
      company.site.restrict('11', { users: ['bob'] })
      await sync(company)
      expect(await company.servedTo(ann)).not.toContain('11')
    })
  })

  describe('an archived space', () => {
    const withArchive: Partial<SiteValues> = {
      spaces: [
        ...values.spaces,
        { id: '300', key: 'OLD', name: 'Old', homepageId: '60', status: 'archived', read: { users: ['ann'] } },
      ],
      pages: [...(values.pages ?? []), { id: '60', spaceKey: 'OLD', title: 'Old home', storage: '<p>quokka</p>' }],
    }

    it('of the whole site is left out where that is wanted, and so is one that is archived later', async () => {
      const company = await open(withArchive, { exclusions: { ...defaultExclusions, archivedSpaces: true } })
      expect(Object.keys(await syncAndWait(company.open)).toSorted()).toEqual(['ENG', 'HR'])
      company.site.setSpaceStatus('ENG', 'archived')
      const { ENG } = await syncAndWait(company.open)
      expect([ENG?.run.state, ENG?.run.counts]).toMatchObject([
        'succeeded',
        { listed: 2, stored: 0, excluded: 2, excludedBy: { archived: 2 } },
      ])
      expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4', '5', '7'])
      company.site.setSpaceStatus('ENG', 'current')
      await syncAndWait(company.open)
      expect(await company.servedTo(ann)).toEqual(['1', '2', '3', '4', '5', '7', '50', '51'])
    })

    it('that is named by its key is synced', async () => {
      const company = await open(withArchive, { spaces: 'OLD' })
      expect((await syncAndWait(company.open))['OLD']?.run.counts).toMatchObject({ listed: 1, stored: 1 })
      expect(await company.servedTo(ann)).toEqual(['60'])
    })
  })

  it('pages of a renamed space are found by its new name, without a full run', async () => {
    const company = await open()
    await sync(company)
    expect(await company.servedTo(ann, 'people')).toEqual(['1', '2', '3', '4', '5', '7'])
    company.site.renameSpace('HR', { name: 'Wombatland' })
    expect(await sync(company)).toEqual({ listed: 7, stored: 7, updated: 7 })
    expect(await company.servedTo(ann, 'wombatland')).toEqual(['1', '2', '3', '4', '5', '7'])
    expect(await sync(company)).toEqual({ listed: 7, stored: 7, unchanged: 7 })
  })

  it('pages that were hidden in great number come back with the labels, titles and path that they have by now', async () => {
    const leaves = Array.from({ length: 40 }, (_, i) => String(100 + i))
    const company = await open({
      pages: [
        ...(values.pages ?? []),
        ...leaves.map((id) => ({
          id,
          spaceKey: 'HR',
          title: `Leaf ${id}`,
          parentId: id === '100' ? '1' : '100',
          storage: '<p>Leaf.</p>',
        })),
      ],
    })
    const { site } = company
    await sync(company)
    site.trashPage('100', { withChildren: true })
    expect(await sync(company)).toMatchObject({ held: 40, stored: 7 })
    for (const id of leaves) {
      site.restorePage(id)
      site.setLabels(id, ['numbat'])
    }
    site.editPage('100', { title: 'Eucalyptus' })
    expect(await sync(company)).toMatchObject({ stored: 47, updated: 40, unchanged: 7 })
    expect(await company.servedTo(ann, 'numbat')).toHaveLength(40)
    expect(await company.servedTo(ann, 'eucalyptus')).toHaveLength(40)
    expect((await stored(company, '101'))?.labels).toEqual(['numbat'])
    expect(await sync(company)).toEqual({ listed: 47, stored: 47, unchanged: 47 })
  })

  it('a page that failed and is then left out is no failure any more', async () => {
    const company = await open({}, { exclusions: { ...defaultExclusions, labels: ['draft'] } })
    const body =
      flavour === 'cloud' ? /pages\?.*id=4&.*body-format/ : /content\/(4\?|search.*in%20\((\d+%2C)*4(%2C\d+)*\))/
    company.site.fail({ kind: 'status', status: 200, body: {}, path: body, times: 99 })
    const failed = await syncAndWait(company.open, 'HR')
    expect(failed['HR']?.failures).toMatchObject([{ pageId: '4' }])
    company.site.clearFaults()
    company.site.setLabels('4', ['draft'])
    expect(await sync(company)).toEqual({
      listed: 7,
      stored: 6,
      excluded: 1,
      excludedBy: { 'label draft': 1 },
      unchanged: 6,
    })
    expect(await stored(company, '4')).toMatchObject({ failure: null, exclusion: 'label draft' })
  })

  it('what a page links to and includes is kept, as long as it says so', async () => {
    const company = await open()
    const { db } = company.open.core.database
    const include = `<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link><ri:page
      ri:space-key="ENG" ri:content-title="Runbook" /></ac:link></ac:parameter></ac:structured-macro>`
    const linksOf = (pageId: string) =>
      rows(
        db,
        sql`select l.kind, l.target_page_id as id, l.target_space_key as key, l.target_title as title
              from page_links l join pages p on p.id = l.page_id where p.page_id = ${pageId} order by l.id`,
      )
    const absolute = `<a href="${company.site.url}/spaces/HR/pages/3/Carry-over">there</a>`
    company.site.editPage('4', { storage: `<p>quokka ${link('Holidays')} ${absolute}</p>${include}` })
    await sync(company)
    expect(await linksOf('4')).toEqual([
      { kind: 'link', id: null, key: null, title: 'Holidays' },
      { kind: 'link', id: '3', key: null, title: null },
      { kind: 'include', id: null, key: 'ENG', title: 'Runbook' },
    ])
    expect(await stored(company, '4')).toMatchObject({ sourceCreatedAt: new Date('2024-01-01T09:00:00.000Z') })
    company.site.editPage('4', { storage: `<p>quokka ${link('Salaries')}</p>` })
    await sync(company)
    expect(await linksOf('4')).toMatchObject([{ title: 'Salaries' }])
    company.site.trashPage('4')
    await sync(company)
    expect(await linksOf('4')).toEqual([])
  })

  it('people are named whom a page mentions in whatever way it says so', async () => {
    const company = await open()
    const { site } = company
    for (const name of ['Yan', 'Zoe'])
      site.addUser({
        accountId: name,
        displayName: `${name} Numbat`,
        username: `${name}-signs-in`,
        email: `${name}@acme.example`,
      })
    const id = (name: string) =>
      flavour === 'cloud' ? `ri:account-id='${name}'` : `ri:userkey='${site.credentialsOf(name).userKey}'`
    site.editPage('4', { storage: `<p>quokka ${mention(id('Yan'))}</p>` })
    site.editPage('3', { storage: `<p>quokka ${mention('ri:username="Zoe-signs-in"')}</p>` })
    site.addComment({ pageId: '2', id: '911', storage: `<p>quokka ${mention('ri:username="Zoe-signs-in"')}</p>` })
    await sync(company)
    expect(await company.servedTo(ann, 'Yan')).toEqual(['4'])
    // Cloud's accounts have no such names.
    expect(await company.servedTo(ann, 'Zoe')).toEqual(flavour === 'cloud' ? [] : ['2', '3'])
    expect(site.countRequests(/user\?.*username=/)).toBe(flavour === 'cloud' ? 0 : 1)
  })

  it('pages of which something was not rendered are shown as such', async () => {
    const company = await open()
    const { core } = company.open
    company.site.editPage('3', { storage: '<p>quokka</p><ac:structured-macro ac:name="made-up" />' })
    company.site.editPage('4', { storage: '<p>quokka <b>broken</p>' })
    await sync(company)
    const listed = async (...words: string[]) =>
      (await readPages(core, words)).pages.map(({ pageId, state, note }) => [pageId, state, note])
    expect(await listed('partial')).toEqual([
      ['3', 'stored', 'not rendered: made-up'],
      ['4', 'stored', 'its markup is damaged'],
    ])
    expect(await listed('holidays')).toEqual([['2', 'stored', undefined]])
    expect(await listed('partial', 'ENG')).toEqual([])
    company.site.editPage('3', { storage: '<p>quokka</p>' })
    await sync(company)
    expect(await listed('partial')).toMatchObject([['4', 'stored', 'its markup is damaged']])
  })
})
