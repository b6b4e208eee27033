// Archived pages, blog posts and live documents, on both deployments.
import { describe, expect, test } from 'vitest'
import { pageUrl } from '../../../src/core/confluence/links.ts'
import type { SiteSpace } from '../../../src/core/confluence/site.ts'
import { smallSite, values } from '../../sandbox/confluence/small-site.ts'
import { all, openSandbox, signal } from './sandbox-site.ts'

const mixed = () =>
  smallSite({
    pages: [
      ...(values.pages ?? []),
      { id: '30', spaceKey: 'HR', title: 'News', type: 'blogpost', labels: ['news'], storage: '<p>Cake</p>' },
      { id: '31', spaceKey: 'HR', title: 'Payday', type: 'blogpost', read: { users: ['bo'] } },
      { id: '32', spaceKey: 'HR', title: 'Live notes', parentId: '1', subtype: 'live' },
      { id: '33', spaceKey: 'HR', title: 'Below the archived', parentId: '5' },
      { id: '34', spaceKey: 'ENG', title: 'Elsewhere', type: 'blogpost' },
      { id: '36', spaceKey: 'HR', title: 'Thrown away too', type: 'blogpost', status: 'trashed' },
    ],
  })

const space = (spaces: Map<string, SiteSpace>, key = 'HR') => spaces.get(key)!

describe.each(['cloud', 'datacenter'] as const)('kinds of content on %s', (deployment) => {
  const open = (traps = {}) => openSandbox(deployment, mixed(), traps)

  test('a census lists current and archived pages, live documents and blog posts, and nothing from the trash', async () => {
    await using opened = await open()
    const rows = await all(opened.site.iterateCensus(space(opened.spaces), signal))
    expect(rows.map(({ pageId, kind, status }) => `${kind} ${pageId} ${status}`).toSorted()).toEqual([
      'blogpost 30 current',
      'blogpost 31 current',
      'page 1 current',
      'page 2 current',
      'page 3 current',
      'page 32 current',
      'page 33 current',
      'page 4 current',
      'page 5 archived',
    ])
    const byId = new Map(rows.map((row) => [row.pageId, row]))
    expect(byId.get('33')).toMatchObject({ parentId: '5', parentType: 'page' })
    expect(byId.get('30')).toMatchObject({
      title: 'News',
      parentId: undefined,
      parentType: undefined,
      versionNumber: 1,
    })
    const link = { ...byId.get('30')!, anchor: undefined }
    expect(pageUrl(opened.site.address, link)).toMatch(/\/spaces\/HR\/blog\/\d{4}\/\d\d\/\d\d\/30\/News$/)
  })

  test('bodies are fetched of each kind, archived ones too, and of nothing else', async () => {
    await using opened = await open()
    const fetched = async (kind: 'page' | 'blogpost', ids: string[]) => {
      const { bodies, failures } = await opened.site.fetchBodies(kind, ids, signal)
      expect(failures).toEqual([])
      return bodies.map(({ pageId, status }) => `${pageId} ${status}`).toSorted()
    }
    expect(await fetched('page', ['2', '5', '6', '32', '99'])).toEqual(['2 current', '32 current', '5 archived'])
    expect(await fetched('page', ['5'])).toEqual(['5 archived'])
    expect(await fetched('blogpost', ['30', '31', '36'])).toEqual(['30 current', '31 current'])
    expect((await opened.site.fetchBodies('blogpost', ['30'], signal)).bodies[0]?.storage).toBe('<p>Cake</p>')
  })

  test('permissions and labels come for both kinds, listed and one by one', async () => {
    await using opened = await open()
    const listed = await all(opened.site.iteratePermissions(space(opened.spaces), signal))
    const found = new Map(listed.map((row) => [row.pageId, row]))
    const user = (accountId: string) =>
      deployment === 'cloud' ? accountId : opened.confluence.credentialsOf(accountId).userKey
    const news = { pageId: '30', kind: 'blogpost', readers: undefined, labels: ['news'] }
    const payday = { pageId: '31', kind: 'blogpost', readers: [{ kind: 'user', userId: user('bo') }], labels: [] }
    expect([found.get('30'), found.get('31')]).toEqual([news, payday])
    expect(found.get('4')).toMatchObject({ kind: 'page', readers: [{ kind: 'user' }, { kind: 'group' }] })
    expect(await opened.site.fetchPagePermissions('blogpost', '30', signal)).toEqual(news)
    expect(await opened.site.fetchPagePermissions('blogpost', '31', signal)).toEqual(payday)
    expect(await opened.site.fetchPagePermissions('page', '5', signal)).toMatchObject({
      readers: undefined,
      labels: [],
    })
  })

  test('rows of a census are found by id, wherever they are now; what is gone is absent', async () => {
    await using opened = await open()
    const { site, confluence } = opened
    confluence.movePage('33', { parentId: '7', spaceKey: 'ENG' })
    const asked = ['1', '5', '6', '33', '99'].map((pageId) => ({ pageId, kind: 'page' as const }))
    const posts = ['30', '34', '36'].map((pageId) => ({ pageId, kind: 'blogpost' as const }))
    const rows = await site.fetchCensusRows([...asked, ...posts], signal)
    expect(rows.map((row) => [row.pageId, row.kind, row.status, row.spaceId])).toEqual([
      ['1', 'page', 'current', '100'],
      ['5', 'page', 'archived', '100'],
      ['33', 'page', 'current', '200'],
      ['30', 'blogpost', 'current', '100'],
      ['34', 'blogpost', 'current', '200'],
    ])
    const census = new Map(
      (await all(site.iterateCensus(space(opened.spaces), signal))).map((row) => [row.pageId, row]),
    )
    expect(rows[0]).toEqual({ ...census.get('1'), spaceId: '100' })
  })

  test('an ancestor tells its title, an archived one too', async () => {
    await using opened = await open()
    expect(await opened.site.fetchAncestor('5', 'page', signal)).toMatchObject({ title: 'Old rules', parentId: '1' })
    expect(await opened.site.fetchAncestor('20', 'folder', signal)).toMatchObject({ title: 'Pay', parentId: '1' })
    expect(await opened.site.fetchAncestor('6', 'page', signal)).toBe('unreadable')
  })

  test('a blog post is found by its address, by id and by title', async () => {
    await using opened = await open()
    const news = { pageId: '30', kind: 'blogpost', title: 'News', spaceId: '100' }
    expect(await opened.site.findPage({ pageId: '30' }, signal)).toEqual(news)
    expect(await opened.site.findPage({ space: space(opened.spaces), title: 'News' }, signal)).toEqual(news)
    expect(await opened.site.findPage({ pageId: '2' }, signal)).toMatchObject({ kind: 'page' })
    expect(await opened.site.findPage({ pageId: '36' }, signal)).toBeUndefined()
    expect(await opened.site.findPage({ space: space(opened.spaces), title: 'Nowhere' }, signal)).toBeUndefined()
  })

  test('CQL finds blog posts, and what is in archived spaces', async () => {
    await using opened = await open()
    const matches = (key: string, cql: string) =>
      all(opened.site.iterateMatches(space(opened.spaces, key), cql, signal))
    expect(await matches('HR', 'label = news')).toEqual(['30'])
    expect(await matches('OLD', 'title ~ "history"')).toEqual(['8'])
  })

  test('an archived space gives its pages and their permissions', async () => {
    await using opened = await open()
    const attic = space(opened.spaces, 'OLD')
    expect((await all(opened.site.iterateCensus(attic, signal))).map(({ pageId }) => pageId)).toEqual(['8'])
    expect((await all(opened.site.iteratePermissions(attic, signal))).map(({ pageId }) => pageId)).toEqual(['8'])
    expect((await opened.site.fetchBodies('page', ['8'], signal)).bodies).toHaveLength(1)
  })
})

describe.each(['refused', 'not-implemented', 'breaks'] as const)(
  'a Data Center without archived pages (%s)',
  (archivedPages) => {
    test.each(['10.0.3', '7.4.0'])('%s is listed and asked by id all the same', async (version) => {
      await using opened = await openSandbox('datacenter', mixed(), { archivedPages, version })
      const { site, spaces } = opened
      const rows = await all(site.iterateCensus(spaces.get('HR')!, signal))
      expect(rows.map(({ pageId }) => pageId).toSorted()).toEqual(['1', '2', '3', '30', '31', '32', '33', '4'])
      const permissions = await all(site.iteratePermissions(spaces.get('HR')!, signal))
      expect(permissions).toHaveLength(rows.length)
      const asked = [...rows, { pageId: '6', kind: 'page' as const }]
      expect(await site.fetchCensusRows(asked, signal)).toHaveLength(rows.length)
      expect((await site.fetchBodies('page', ['2'], signal)).bodies).toHaveLength(1)
      expect(await site.fetchAncestor('3', 'page', signal)).toMatchObject({ title: 'Pay bands' })
      expect(await site.fetchPagePermissions('page', '4', signal)).toMatchObject({ readers: [{}, {}] })
    })
  },
)
