import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, askAll, smallSite, wideSite } from './small-site.ts'

let confluence: RunningConfluence
let wide: RunningConfluence
beforeAll(async () => {
  confluence = await startConfluence({ flavour: 'datacenter', site: smallSite() })
  wide = await startConfluence({
    flavour: 'datacenter',
    contextPath: '',
    site: wideSite(260, (index) => (index < 5 ? ['ada'] : undefined)),
  })
})
afterAll(() => Promise.all([confluence.close(), wide.close()]))

describe('whom the server takes a request for', () => {
  test('a token and a password work, and two headers say so', async () => {
    const { username, password } = confluence.credentialsOf('ada')
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    for (const answer of [
      await ask(confluence, '/rest/api/user/current', 'ada'),
      await ask(confluence, '/rest/api/user/current', null, { headers: { authorization } }),
    ]) {
      expect(answer.json).toMatchObject({ type: 'known', username: 'ada', email: 'ada@example.com' })
      expect([answer.headers.get('x-ausername'), answer.headers.get('x-seraph-loginreason')]).toEqual(['ada', 'OK'])
    }
    confluence.setSwitches({ basicAuth: false })
    expect((await ask(confluence, '/rest/api/user/current', null, { headers: { authorization } })).status).toBe(403)
    confluence.setSwitches({ basicAuth: true })
  })

  test('a dead token is 401, or anonymous with 200 where the site does that', async () => {
    const dead = { headers: { authorization: 'Bearer dead' } }
    expect((await ask(confluence, '/rest/api/user/current', null, dead)).status).toBe(401)
    confluence.setSwitches({ deadTokenIsAnonymous: true })
    const { status, headers, json } = await ask(confluence, '/rest/api/user/current', null, dead)
    expect([status, headers.get('x-ausername'), headers.get('x-seraph-loginreason'), json.type]).toEqual([
      200,
      'anonymous',
      'AUTHENTICATED_FAILED',
      'anonymous',
    ])
    confluence.setSwitches({ deadTokenIsAnonymous: false })
  })
})

describe('content', () => {
  test('has string ids, a numeric space id, dates with the server’s offset and user keys', async () => {
    const { json } = await ask(confluence, '/rest/api/content/7')
    expect(json).toMatchObject({
      id: '7',
      space: { id: 200, key: 'ENG' },
      version: { number: 3, when: '2026-03-02T01:30:00.000+02:00' },
    })
    expect(json.history.createdBy).toMatchObject({
      username: 'footnote-sync',
      userKey: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(json.history.createdBy).not.toHaveProperty('accountId')
    expect(json._links).toMatchObject({ base: confluence.url, context: '/confluence', webui: '/spaces/ENG/overview' })
  })

  test('is listed by space and status; any means current and trashed', async () => {
    const list = async (query: string) =>
      (await askAll(confluence, `/rest/api/content?spaceKey=HR&limit=2${query}`)).ids
    expect(await list('')).toEqual(['1', '2', '3', '4'])
    expect(await list('&status=any')).toEqual(['1', '2', '3', '4', '6'])
    expect(await list('&status=archived')).toEqual(['5'])
    expect((await ask(confluence, '/rest/api/content/6')).status).toBe(404)
    expect((await ask(confluence, '/rest/api/content/6?status=trashed')).json.status).toBe('trashed')
  })

  test('pages by offset with silent caps; the limit in the answer is the real one', async () => {
    const first = async (expand: string) =>
      (await ask(wide, `/rest/api/content?spaceKey=W&limit=2000&expand=${expand}`)).json
    const [withBody, withVersion, bare] = [await first('body.storage'), await first('version'), await first('')]
    expect([withBody.limit, withVersion.limit, bare.limit]).toEqual([50, 200, 1000])
    expect(withBody._links.next).toBe('/rest/api/content?spaceKey=W&limit=50&expand=body.storage&start=50')
    expect([bare.size, bare._links.next]).toEqual([261, undefined])
    const { ids, sizes } = await askAll(wide, '/rest/api/content?spaceKey=W&limit=3', 'bo')
    expect(sizes.slice(0, 4)).toEqual([1, 0, 3, 3])
    expect(ids).toHaveLength(256)
  })

  test('skips rows in next where the site has that bug', async () => {
    wide.setSwitches({ nextStartAsRequested: true })
    const { json } = await ask(wide, '/rest/api/content?spaceKey=W&limit=120&expand=body.storage')
    expect([json.size, json._links.next]).toEqual([
      50,
      '/rest/api/content?spaceKey=W&limit=50&expand=body.storage&start=120',
    ])
    wide.setSwitches({ nextStartAsRequested: false })
  })

  test('is scanned by cursor, from 7.18 on', async () => {
    const { ids } = await askAll(wide, '/rest/api/content/scan?spaceKey=W&limit=100')
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([261, '999', '1259'])
    expect((await ask(wide, '/rest/api/content/scan?spaceKey=W&limit=2')).json.nextCursor).toBe('content:false:1000')
    wide.setSwitches({ version: '7.13.0' })
    expect((await ask(wide, '/rest/api/content/scan?spaceKey=W')).status).toBe(404)
    wide.setSwitches({ version: '10.0.3' })
  })

  test('expands ancestors, restrictions, labels and body', async () => {
    const expand = 'ancestors,restrictions.read.restrictions.group,metadata.labels,body.storage'
    const { json } = await ask(confluence, `/rest/api/content?ids=4,7&expand=${expand}`)
    const [bonus, runbook] = json.results
    expect(bonus.ancestors.map(({ id }: { id: string }) => id)).toEqual(['1', '20', '3'])
    expect(bonus.restrictions.read.restrictions.group.results).toMatchObject([{ type: 'group', name: 'leads' }])
    expect(bonus.restrictions.read.restrictions).not.toHaveProperty('user')
    expect(runbook.metadata.labels.results.map(({ name }: { name: string }) => name)).toEqual(['ops', 'on-call'])
  })

  test('is searched by offset', async () => {
    const cql = encodeURIComponent('space = W and type = page')
    const { ids } = await askAll(wide, `/rest/api/content/search?cql=${cql}&limit=100`)
    expect(ids).toHaveLength(261)
  })

  test('that is absent or invisible is told in this API’s words', async () => {
    const { status, json } = await ask(confluence, '/rest/api/content/4', 'bo')
    expect([status, json.reason, json.message]).toEqual([404, 'Not Found', 'No content found with id: ContentId{id=4}'])
    const space = await ask(confluence, '/rest/api/content?spaceKey=ENG', 'bo')
    expect([space.status, space.json.message]).toEqual([404, 'No space with key : ENG'])
  })
})

describe('spaces, people and groups', () => {
  test('space permissions are for administrators and came with 9.1', async () => {
    const rows = (await ask(confluence, '/rest/api/space/ENG/permissions')).json
    const readers = rows.filter((row: { operation: { operationKey: string } }) => row.operation.operationKey === 'read')
    const ada = confluence.credentialsOf('ada').userKey
    expect(readers.map(({ subject }: { subject: unknown }) => subject)).toEqual([
      { type: 'group', name: 'engineers' },
      { type: 'user', userKey: ada },
    ])
    expect((await ask(confluence, '/rest/api/space/ENG/permissions', 'ada')).status).toBe(500)
    confluence.setSwitches({ version: '8.5.4' })
    expect((await ask(confluence, '/rest/api/space/ENG/permissions')).status).toBe(404)
    confluence.setSwitches({ version: '10.0.3' })
  })

  test('everyone with a licence is a group there', async () => {
    const [row] = (await ask(confluence, '/rest/api/space/OLD/permissions')).json
    expect(row.subject).toEqual({ type: 'group', name: 'confluence-users' })
    const { results } = await askAll(confluence, '/rest/api/group/confluence-users/member')
    expect(results.map(({ username }) => username)).toEqual(['footnote-sync', 'ada', 'bo', 'cy'])
  })

  test('a group’s members are the direct ones; groups within it are listed apart', async () => {
    expect((await askAll(confluence, '/rest/api/group/engineers/member')).results).toEqual([])
    expect((await askAll(confluence, '/rest/api/group/engineers/groupmember')).results).toMatchObject([
      { name: 'leads' },
    ])
    const { results } = await askAll(confluence, '/rest/api/group/leads/member')
    expect(results[0]).toMatchObject({ username: 'cy', userKey: confluence.credentialsOf('cy').userKey })
    expect(results[0]).not.toHaveProperty('email')
    const groups = await askAll(confluence, '/rest/api/user/memberof?username=cy&limit=2')
    expect(groups.results.map(({ name }) => name)).toEqual(['confluence-users', 'engineers', 'leads', 'staff'])
    expect((await ask(confluence, '/rest/api/user?username=cy')).json.email).toBe('cy@example.com')
  })

  test('spaces are listed with their home page when asked', async () => {
    const { json } = await ask(confluence, '/rest/api/space?expand=homepage&limit=2')
    expect(json.results.map(({ id, homepage }: { id: number; homepage: { id: string } }) => [id, homepage.id])).toEqual(
      [
        [100, '1'],
        [200, '7'],
      ],
    )
    expect((await askAll(confluence, '/rest/api/space?type=personal')).results.map(({ key }) => key)).toEqual(['~ada'])
    expect((await ask(confluence, '/rest/api/space/HR')).json.key).toBe('HR')
  })

  test('the version is told', async () => {
    expect((await ask(confluence, '/rest/api/server-information')).json).toMatchObject({
      version: '10.0.3',
      baseUrl: confluence.url,
    })
  })
})
