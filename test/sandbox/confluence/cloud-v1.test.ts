import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { ask, askAll, smallSite, wideSite } from './small-site.ts'

let confluence: RunningConfluence
let wide: RunningConfluence
beforeAll(async () => {
  confluence = await startConfluence({
    flavour: 'cloud',
    site: smallSite({ now: () => new Date('2026-03-02T08:00:00.000Z') }),
  })
  wide = await startConfluence({
    flavour: 'cloud',
    site: wideSite(260, (index) => (index % 2 === 0 ? ['ada'] : undefined)),
  })
})
afterAll(() => Promise.all([confluence.close(), wide.close()]))

const search = (cql: string, rest = '') => `/rest/api/content/search?cql=${encodeURIComponent(cql)}${rest}`

const limitOf = async (expand: string) =>
  (await ask(wide, search('type = page', `&limit=300&expand=${expand}`))).json.limit

describe('search', () => {
  test.each([
    ['space = "HR" and type = page', ['1', '2', '3', '4']],
    ['space = hr AND type = "page" AND label = home', ['1']],
    ['id in (2, 7, "99")', ['2', '7']],
    ['type = folder', ['20']],
    ['space in ("HR", "ENG") and type = page and id != 1', ['2', '3', '4', '7']],
    ['ancestor = 20', ['3', '4']],
    ['parent = 1 and type = page', ['2']],
    ['type = page and (title ~ "pay" or text ~ "thirty")', ['2', '3']],
    ['space = HR and type = page and not title = "Holidays & leave" order by title desc', ['1', '3', '4']],
    ['type = page and lastmodified >= "2026-03-01 23:30"', ['7']],
    ['type = page and lastmodified > "2026/03/01 23:30"', []],
    ['type = page and lastmodified >= now("-1d")', ['7']],
    ['space = "OLD" and type = page', []],
    ['space = "NONE" and type = page', []],
  ])('answers %s', async (cql, ids) => {
    expect((await askAll(confluence, search(cql, '&limit=2'))).ids).toEqual(ids)
  })

  test('reads dates in the zone of the site', async () => {
    const cql = search('type = page and lastmodified >= "2026-03-02 08:00"')
    expect((await askAll(confluence, cql)).ids).toEqual([])
    confluence.setSwitches({ searchTimeZone: 'Asia/Tokyo' })
    expect((await askAll(confluence, cql)).ids).toEqual(['7'])
    confluence.setSwitches({ searchTimeZone: 'UTC' })
  })

  test('finds archived spaces when told to, which only the broader search can be', async () => {
    const query = search('space = "OLD" and type = page', '&includeArchivedSpaces=true')
    const { results } = await askAll(confluence, query.replace('/content/search', '/search'))
    expect(results.map(({ content }) => content.id)).toEqual(['8'])
    expect((await askAll(confluence, query)).ids).toEqual([])
  })

  test.each(['space = ', 'colour = red', 'lastmodified > "2026-03-01T10:00:00Z"', 'type = page)', 'title > "a"', ''])(
    'refuses %j',
    async (cql) => {
      const { status, json } = await ask(confluence, search(cql))
      expect([status, json.statusCode]).toEqual([400, 400])
    },
  )

  test('expands restrictions, labels, version, ancestors and body, and nothing that was not asked for', async () => {
    const expand =
      'restrictions.read.restrictions.user,restrictions.read.restrictions.group,metadata.labels,version,ancestors,body.storage'
    const { json } = await ask(confluence, search('id = 4', `&expand=${expand}`))
    const [page] = json.results
    const { user, group } = page.restrictions.read.restrictions
    expect(user.results.map(({ accountId, email }: Record<string, string>) => [accountId, email])).toEqual([
      ['ada', 'ada@example.com'],
    ])
    expect(group.results).toMatchObject([{ name: 'leads', id: confluence.site.groupIdByName.get('leads') }])
    expect(page.ancestors.map(({ id, type }: Record<string, string>) => [id, type])).toEqual([
      ['1', 'page'],
      ['20', 'folder'],
      ['3', 'page'],
    ])
    expect([page.version.number, page.body.storage.value, page.metadata.labels.results]).toEqual([1, '', []])
    const bare = (await ask(confluence, search('id = 4'))).json.results[0]
    expect(bare).not.toHaveProperty('restrictions')
    expect(bare._expandable).toMatchObject({ restrictions: '/rest/api/content/4/restriction/byOperation', version: '' })
  })

  test('caps the limit without a word: 50 with a body, 200 with anything else expanded', async () => {
    expect([await limitOf('body.storage'), await limitOf('version'), await limitOf('')]).toEqual([50, 200, 300])
  })

  test('pages by cursor, hides after the cut, and names next without the context path', async () => {
    const { ids, sizes } = await askAll(wide, search('space = W and type = page', '&limit=100'), 'bo')
    expect(sizes).toEqual([50, 50, 31])
    expect(ids.slice(0, 3)).toEqual(['999', '1001', '1003'])
    const { json } = await ask(wide, search('space = W and type = page', '&limit=5'))
    expect(json._links.next).toMatch(/^\/rest\/api\/content\/search\?.*next=true.*&cursor=[^&]+$/)
    expect(json._links).toMatchObject({ base: wide.url, context: '/wiki' })
  })

  test('answers a broken cursor with 400, or with the first page again', async () => {
    const broken = search('type = page', '&limit=1&cursor=zzz')
    expect((await ask(confluence, broken)).status).toBe(400)
    confluence.setSwitches({ badV1Cursor: 'first-page' })
    expect((await ask(confluence, broken)).json.results[0].id).toBe('1')
    confluence.setSwitches({ badV1Cursor: 'refuse' })
  })

  test('lags behind while it is held, and only there', async () => {
    const site = smallSite()
    const lagging = await startConfluence({ flavour: 'cloud', site })
    lagging.holdSearch()
    const { id } = lagging.addPage({ spaceKey: 'HR', title: 'Brand new' })
    lagging.editPage('2', { storage: '<p>More</p>' })
    lagging.restrict('3', { users: ['cy'] })
    const found = () => askAll(lagging, search('space = HR and type = page'))
    expect((await found()).ids).toEqual(['1', '3', '4'])
    expect((await askAll(lagging, '/api/v2/pages?space-id=100&status=current')).ids).toEqual(['1', '2', '3', '4', id])
    lagging.flushSearch()
    expect((await found()).ids).toEqual(['1', '2', '3', '4', id])
    await lagging.close()
  })
})

describe('restrictions', () => {
  test('are the page’s own, for reading and editing, in three forms', async () => {
    const leads = confluence.site.groupIdByName.get('leads')
    const one = (await ask(confluence, '/rest/api/content/4/restriction/byOperation/read')).json
    expect(one.restrictions.user.results.map(({ accountId }: { accountId: string }) => accountId)).toEqual(['ada'])
    expect(one.restrictions.group.results.map(({ id }: { id: string }) => id)).toEqual([leads])
    const map = (await ask(confluence, '/rest/api/content/4/restriction/byOperation')).json
    expect([map.read.restrictions, map.update.restrictions.user.size]).toEqual([
      { user: { ...one.restrictions.user, limit: 200 }, group: { ...one.restrictions.group, limit: 200 } },
      0,
    ])
    const list = (await ask(confluence, '/rest/api/content/3/restriction')).json
    expect(
      list.results.map(({ operation, restrictions }: Record<string, Record<string, { size: number }>>) => [
        operation,
        restrictions?.user?.size,
      ]),
    ).toEqual([
      ['read', 0],
      ['update', 0],
    ])
  })

  test('of folders are there too, unless this site has none of that', async () => {
    const path = '/rest/api/content/20/restriction/byOperation/read'
    expect((await ask(confluence, path)).json.restrictions.user.size).toBe(2)
    confluence.setSwitches({ folderRestrictions: false })
    expect((await ask(confluence, path)).status).toBe(404)
    confluence.setSwitches({ folderRestrictions: true })
  })

  test('with more people than fit page by start and limit', async () => {
    const users = Array.from({ length: 230 }, (_, index) => ({ accountId: `person-${index}` }))
    const read = { users: users.map(({ accountId }) => accountId) }
    const site = createSite({ spaces: [{ key: 'S' }], users, pages: [{ id: '5', spaceKey: 'S', title: 'Many', read }] })
    const many = await startConfluence({ flavour: 'cloud', site })
    const path = '/rest/api/content/5/restriction/byOperation/read'
    const sizes = []
    for (const start of [0, 100, 200])
      sizes.push((await ask(many, `${path}?start=${start}`)).json.restrictions.user.size)
    expect(sizes).toEqual([100, 100, 30])
    const expanded = await ask(many, search('id = 5', '&expand=restrictions.read.restrictions.user'))
    expect(expanded.json.results[0].restrictions.read.restrictions.user).toMatchObject({ size: 200, limit: 200 })
    await many.close()
  })

  test('of an invisible page are 404 with the body of this API', async () => {
    const { status, json } = await ask(confluence, '/rest/api/content/4/restriction/byOperation/read', 'bo')
    expect([status, json.statusCode, json.message]).toEqual([
      404,
      404,
      'com.atlassian.confluence.api.service.exceptions.NotFoundException: No content found with id: ContentId{id=4}',
    ])
  })
})

describe('people and groups', () => {
  test('the account behind the token is told', async () => {
    expect((await ask(confluence, '/rest/api/user/current', 'bo')).json).toMatchObject({
      type: 'known',
      accountId: 'bo',
      email: 'bo@example.com',
    })
    const nobody = await ask(confluence, '/rest/api/user/current', null)
    expect([nobody.status, nobody.json]).toEqual([
      403,
      { message: 'Current user not permitted to use Confluence', statusCode: 403 },
    ])
  })

  test('groups and their members page by start; more than 200 at once is refused', async () => {
    const { results } = await askAll(confluence, '/rest/api/group?limit=2')
    expect(results.map(({ name }) => name)).toEqual(['engineers', 'leads', 'staff'])
    const staff = confluence.site.groupIdByName.get('staff')
    const members = await askAll(confluence, `/rest/api/group/${staff}/membersByGroupId?limit=1`)
    expect(members.results.map(({ accountId }) => accountId)).toEqual(['ada', 'bo', 'cy'])
    expect((await ask(confluence, `/rest/api/group/${staff}/membersByGroupId?limit=201`)).status).toBe(400)
    const groups = await askAll(confluence, '/rest/api/user/memberof?accountId=cy')
    expect(groups.results.map(({ name }) => name)).toEqual(['engineers', 'leads', 'staff'])
  })

  test('permission/check answers for others when an administrator asks', async () => {
    const check = (pageId: string, identifier: string, as?: string) =>
      ask(confluence, `/rest/api/content/${pageId}/permission/check`, as, {
        method: 'POST',
        body: JSON.stringify({ subject: { type: 'user', identifier }, operation: 'read' }),
      })
    expect((await check('4', 'ada')).json).toEqual({ hasPermission: true, errors: [] })
    expect((await check('4', 'cy')).json.hasPermission).toBe(false)
    expect((await check('4', 'ada', 'bo')).status).toBe(403)
    expect(confluence.writes).toEqual([])
  })

  test('the old space address tells of anonymous readers and warns that it will go', async () => {
    confluence.setSpaceReaders('OLD', { licensed: true, anonymous: true })
    const { json, headers } = await ask(confluence, '/rest/api/space/OLD?expand=permissions')
    expect(headers.get('deprecation')).toBe('true')
    expect(
      json.permissions.map((entry: Record<string, unknown>) => [entry.anonymousAccess, 'subjects' in entry]),
    ).toEqual([
      [false, false],
      [true, false],
    ])
  })

  test('the cloud id is told to anybody', async () => {
    const { json } = await ask(confluence, new URL('/_edge/tenant_info', confluence.url).href, null)
    expect(json.cloudId).toMatch(/^[0-9a-f-]{36}$/)
  })
})
