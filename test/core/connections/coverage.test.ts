// Which pages a connection covers, what it leaves out, and what the disclaimer says of it, on both deployments.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { type Draft, confirmConnection, draftConnection } from '../../../src/core/connections/draft.ts'
import { confirmEdit, editConnection } from '../../../src/core/connections/edit.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { recordInstallation } from '../../../src/core/connections/installations.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { purgeConnection } from '../../../src/db/queries/connections.ts'
import { auditLog, connections, installations } from '../../../src/db/schema/connections.ts'
import { openTestCore, requestFor, soon, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { values } from '../../sandbox/confluence/small-site.ts'

const company = {
  ...values,
  spaces: values.spaces.map((space) =>
    space.key === 'OLD' ? { ...space, read: { licensed: true, anonymous: true } } : space,
  ),
  pages: [
    ...(values.pages ?? []),
    { id: '30', spaceKey: 'HR', title: 'Draft of the bonus', parentId: '4', labels: ['Draft'] },
    { id: '31', spaceKey: 'HR', title: 'Template - Meeting', parentId: '1' },
  ],
}

describe.each(databaseKinds)('what a connection covers, on %s', (kind) => {
  let open: OpenCore
  let cloud: RunningConfluence
  let datacenter: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind)
    cloud = await startConfluence({ flavour: 'cloud', site: createSite({ ...company, anonymousAccess: true }) })
    datacenter = await startConfluence({ flavour: 'datacenter', site: createSite(company) })
  })
  afterEach(async () => {
    const { db } = open.core.database
    for (const { id } of await db.select().from(connections)) await purgeConnection(db, id)
    await db.delete(installations)
    await db.delete(auditLog)
  })
  afterAll(async () => {
    await cloud.close()
    await datacenter.close()
    await open.close()
  })
  const draft = (changes: Partial<ConnectRequest>, site = cloud): Promise<Draft> =>
    draftConnection(open.core, requestFor(site, changes), 'ann', soon())

  it.each<[string, (site: RunningConfluence) => Partial<ConnectRequest>, object, number]>([
    [
      'a page with all below it',
      ({ url }) => ({ tree: `${url}/spaces/HR/pages/4/Bonus` }),
      { kind: 'tree', spaceKey: 'HR', pageId: '4' },
      2,
    ],
    [
      'one page',
      ({ url }) => ({ page: `${url}/pages/viewpage.action?pageId=2` }),
      { kind: 'page', spaceKey: 'HR', pageId: '2' },
      1,
    ],
    [
      'what a query finds in all spaces',
      () => ({ cql: 'label = "ops"' }),
      { kind: 'cql', keys: [], query: 'label = "ops"' },
      1,
    ],
    [
      'what a query finds in some',
      () => ({ cql: 'label = "ops"', spaces: 'eng' }),
      { kind: 'cql', keys: ['ENG'], query: 'label = "ops"' },
      1,
    ],
  ])('is %s', async (_what, changes, scope, pages) => {
    for (const site of [cloud, datacenter]) {
      const { connection, facts } = await draft(changes(site), site)
      expect(connection.scope, site.url).toEqual(scope)
      expect(facts.pages, site.url).toBe(pages)
    }
  })

  it('finds the page of a /display/ address by its title', async () => {
    const { connection } = await draft({ tree: `${datacenter.url}/display/HR/Pay+bands` }, datacenter)
    expect(connection.scope).toEqual({ kind: 'tree', spaceKey: 'HR', pageId: '3' })
  })

  it('finds the page of an address by space and title, and all below a folder', async () => {
    const title = `${datacenter.url}/pages/viewpage.action?spaceKey=hr&title=Holidays+%26+leave`
    expect((await draft({ page: title }, datacenter)).connection.scope).toEqual({
      kind: 'page',
      spaceKey: 'HR',
      pageId: '2',
    })
    const folder = await draft({ tree: `${cloud.url}/spaces/HR/folder/20` })
    expect(folder.connection.scope).toEqual({ kind: 'tree', spaceKey: 'HR', pageId: '20' })
    expect(folder.facts.pages).toBe(3)
    const above = await draft({ tree: `${cloud.url}/spaces/HR/pages/1/People+home` })
    expect(above.facts.pages).toBe(6)
  })

  it('syncs what lies below a folder, and keeps it when another part is edited away', async () => {
    const { connection } = await draft({ tree: `${cloud.url}/spaces/HR/pages/1` })
    await confirmConnection(open.core, connection.id, 'ann', soon())
    expect((await syncAndWait(open, 'acme'))['HR']?.run.counts).toMatchObject({ updated: 6 })
    const edit = await editConnection(
      open.core,
      await getConnection(open.core, 'acme'),
      { coverage: { spaces: '', tree: `${cloud.url}/spaces/HR/folder/20` } },
      'ann',
      soon(),
    )
    if (edit.kind !== 'consent') throw new Error('no consent was asked for')
    // The archived page has a row too, but never had a text.
    expect((await confirmEdit(open.core, edit.editId, 'ann', soon())).dropped.pages).toBe(3)
    expect((await syncAndWait(open, 'acme'))['HR']?.run.counts).toMatchObject({ listed: 3, unchanged: 3 })
  })

  it.each<[string, (site: RunningConfluence) => string]>([
    ['by its id', ({ url }) => `${url}/pages/viewpage.action?pageId=2`],
    ['by its short link', ({ url }) => `${url}/x/AgA`],
    ['by its address', ({ url }) => `${url}/spaces/HR/pages/2/Holidays`],
    ['by the settings of its space', ({ url }) => `${url}/collector/pages.action?key=HR`],
  ])('takes the address of the site that names a page or space for its space: %s', async (_what, urlOf) => {
    for (const site of [cloud, datacenter]) {
      const { connection } = await draft({ url: urlOf(site) }, site)
      expect(connection).toMatchObject({ baseUrl: site.url, scope: { kind: 'spaces', keys: ['HR'] } })
      expect((await draft({ url: urlOf(site), allSpaces: true }, site)).connection.scope).toEqual({ kind: 'all' })
    }
  })

  it('asks back where an address names a page that cannot be seen, and where nothing is named', async () => {
    await expect(draft({ url: `${cloud.url}/pages/viewpage.action?pageId=999` })).rejects.toMatchObject({
      field: 'spaces',
      message:
        'The address names page 999, which this account cannot see, so its space is not known. Name the spaces, or choose all.',
    })
    await expect(draft({ allSpaces: false })).rejects.toMatchObject({ code: 'spaces_missing', field: 'spaces' })
    expect((await draft({ allSpaces: false, url: `${cloud.url}/x/AgA` })).connection.scope).toMatchObject({
      keys: ['HR'],
    })
  })

  it.each<[string, Partial<ConnectRequest>, { code: string; field: string; message: string | RegExp }]>([
    [
      'a page that is not there',
      { tree: '/spaces/HR/pages/999' },
      { code: 'page_invisible', field: 'tree', message: /no such page that this account can see/ },
    ],
    [
      'a folder that is not there',
      { tree: '/spaces/HR/folder/999' },
      { code: 'page_invisible', field: 'tree', message: /no such folder that this account can see/ },
    ],
    [
      'a page in the trash',
      { page: '/spaces/HR/pages/6' },
      { code: 'page_invisible', field: 'page', message: /no such page/ },
    ],
    [
      'the address of a space',
      { page: '/spaces/HR/overview' },
      { code: 'page_address_invalid', field: 'page', message: /copy its address/ },
    ],
    [
      'a page of another site',
      { tree: 'https://other.atlassian.net/wiki/spaces/HR/pages/2' },
      { code: 'page_elsewhere', field: 'tree', message: /^That page is not on/ },
    ],
    [
      'no address at all',
      { tree: 'the handbook' },
      { code: 'address_invalid', field: 'tree', message: /not an address/ },
    ],
    [
      'an empty page address',
      { tree: ' ' },
      { code: 'part_missing', field: 'tree', message: 'Give the address of the page.' },
    ],
    [
      'a query that is none',
      { cql: 'label = = x' },
      { code: 'cql_refused', field: 'cql', message: /^Confluence does not understand this CQL query/ },
    ],
    [
      'a query with an order',
      { cql: 'label = x order by title' },
      { code: 'cql_refused', field: 'cql', message: /Leave out “order by”/ },
    ],
    [
      'a page and a space',
      { page: '/spaces/HR/pages/2', spaces: 'HR' },
      { code: 'scope_ambiguous', field: 'page', message: /^Choose one of some spaces, one page/ },
    ],
    [
      'something that nobody named',
      { unclear: 'label = x' },
      { code: 'part_unclear', field: 'part', message: /^Choose whether/ },
    ],
    [
      'a pattern for everything',
      { exclusions: { labels: [], titles: [' * '], urls: [], templates: false, archived: true } },
      { code: 'exclusion_everything', field: 'excludeTitles', message: /leave every page out/ },
    ],
    [
      'a date that is none',
      { tokenExpires: '2027-02-30' },
      { code: 'token_expires_invalid', field: 'tokenExpires', message: /is no date/ },
    ],
    [
      'a date that is over',
      { tokenExpires: '2020-01-01' },
      { code: 'token_expires_past', field: 'tokenExpires', message: /^2020-01-01 is over/ },
    ],
  ])('refuses %s, and names the field', async (_what, changes, expected) => {
    const error: unknown = await draft(changes).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'InvalidInputError', code: expected.code, field: expected.field })
    expect((error as Error).message).toMatch(expected.message)
    expect(await open.core.database.db.select().from(connections)).toEqual([])
  })

  it('takes a tree for its space: another connection cannot have that', async () => {
    const { connection } = await draft({ tree: '/spaces/HR/pages/4' })
    await confirmConnection(open.core, connection.id, 'ann', soon())
    for (const changes of [{ spaces: 'HR' }, { page: '/spaces/HR/pages/2' }])
      await expect(draft({ name: 'second', ...changes })).rejects.toMatchObject({
        code: 'space_taken',
        message: 'Space HR is already connected through acme; use sync HR to refresh it.',
      })
    const [entry] = await open.core.database.db.select().from(auditLog)
    expect(entry?.details).toMatchObject({ scope: 'page 4 of HR and all below it' })
  })

  it('says in numbers what would be copied, left out, restricted, open, and who could ask', async () => {
    const exclusions = { labels: [' draft '], titles: ['nothing*'], urls: [], templates: true, archived: true }
    const { connection, facts, disclaimer } = await draft({ spaces: 'HR,OLD', exclusions })
    expect(connection.exclusions).toEqual({
      labels: ['draft'],
      titles: ['nothing*'],
      urls: [],
      templates: true,
      archived: true,
    })
    expect(facts).toEqual({
      pages: 5,
      isMore: false,
      isPartlyRead: false,
      spaces: ['HR', 'OLD'],
      personalSpaces: 0,
      excluded: { 'label draft': 1, 'title nothing*': 0, templates: 1, archived: 1 },
      restricted: 2,
      openSpaces: ['OLD'],
      askers: [],
    })
    expect(disclaimer).toEqual([
      expect.stringMatching(
        /^5 pages of 2 spaces \(HR, OLD\) that Footnote Sync can read on 127\.0\.0\.1:\d+ will be copied/,
      ),
      'Left out: 1 page by label draft, 0 pages by title nothing*, 1 page by templates, 1 page because archived.',
      'Mirrored access: each person is shown only what their own Confluence account may read.',
      '2 of the pages are restricted to some people in Confluence: they stay with those people here too.',
      'Space OLD is open to anybody in Confluence, without signing in.',
      'Nobody can ask in a chat yet: no Slack workspace and no Teams tenant is installed. Those that you install later will be able to.',
      'Passages that an answer needs are sent to Anthropic only when this server has an Anthropic API key.',
      'Accept only if you may make this content available in this way.',
    ])
  })

  it('names the workspaces and tenants that could ask, and counts what is restricted from above', async () => {
    await recordInstallation(open.core, { platform: 'slack', tenantId: 'T1', name: 'Acme' })
    await recordInstallation(open.core, { platform: 'teams', tenantId: 'tenant-1' })
    await recordInstallation(open.core, { platform: 'teams', tenantId: 'tenant-1', serviceUrl: 'https://smba.example' })
    const { disclaimer, facts } = await draft(
      { tree: `${datacenter.url}/spaces/HR/pages/4`, access: 'shared' },
      datacenter,
    )
    expect(facts).toMatchObject({ pages: 2, restricted: 2, openSpaces: [] })
    expect(disclaimer.join('\n')).toContain('(page 4 of HR and all below it)')
    expect(disclaimer).toContain(
      '2 of the pages are restricted to some people in Confluence: everybody will read them here.',
    )
    expect(disclaimer).toContain('None of the spaces can be read without signing in to Confluence.')
    expect(disclaimer).toContain(
      'Able to ask: the members of the Slack workspace Acme and the Teams tenant tenant-1, not their guests.',
    )
  })

  it('reads nothing but what it may', () => {
    expect([...cloud.writes, ...datacenter.writes]).toEqual([])
  })
})
