import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, askAll, smallSite, wideSite } from './small-site.ts'

let cloud: RunningConfluence
let datacenter: RunningConfluence
beforeEach(async () => {
  const site = wideSite(19)
  site.now = () => new Date('2026-05-01T10:00:00.000Z')
  cloud = await startConfluence({ flavour: 'cloud', site })
  datacenter = await startConfluence({ flavour: 'datacenter', site: wideSite(19) })
})
afterEach(() => Promise.all([cloud.close(), datacenter.close()]))

const all = ['999', ...Array.from({ length: 19 }, (_, index) => String(1000 + index))]
const pages = '/api/v2/pages?limit=4'
const search = (cql: string, rest = '') => `/rest/api/content/search?cql=${encodeURIComponent(cql)}${rest}`
const searched = search('space = W and type = page', '&limit=4')
const cursorOf = (next: string) => encodeURIComponent(new URL(next, cloud.url).searchParams.get('cursor') ?? '')

describe('lists', () => {
  test.each([pages, searched])('%s: empty answers before each page of results lose nothing', async (path) => {
    cloud.setTraps({ emptyLists: 2 })
    const { ids, sizes } = await askAll(cloud, path)
    expect(ids).toEqual(all)
    expect(sizes).toEqual([0, 0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 4])
  })

  test.each([pages, searched])('%s: answers that fill only part of the limit lose nothing', async (path) => {
    cloud.setTraps({ listFill: 0.5 })
    const { ids, sizes } = await askAll(cloud, path)
    expect([ids, new Set(sizes)]).toEqual([all, new Set([2])])
  })

  test.each([pages, searched])('%s: a cursor that repeats itself never comes to an end', async (path) => {
    cloud.setTraps({ repeatCursorFrom: 2 })
    const origin = path === pages ? new URL(cloud.url).origin : cloud.url
    const cursors: string[] = []
    let next = `${cloud.url}${path}`
    for (let count = 0; count < 5; count++) {
      const { json } = await ask(cloud, next)
      next = `${origin}${json._links.next}`
      cursors.push(cursorOf(json._links.next))
    }
    expect(new Set(cursors).size).toBe(1)
  })

  test('rows are lost where next goes on too late, in both flavours', async () => {
    cloud.setTraps({ skipRowsInNext: 1 })
    datacenter.setTraps({ skipRowsInNext: 1 })
    const kept = all.filter((_id, index) => index % 5 !== 4)
    expect((await askAll(cloud, pages)).ids).toEqual(kept)
    expect((await askAll(datacenter, '/rest/api/content?spaceKey=W&limit=4')).ids).toEqual(kept)
    expect((await askAll(datacenter, '/rest/api/content/scan?spaceKey=W&limit=4')).ids).toEqual(kept)
  })

  test('cursors die of age', async () => {
    cloud.setTraps({ cursorTtlMs: 1000 })
    const { json } = await ask(cloud, pages)
    const next = `${pages}&cursor=${cursorOf(json._links.next)}`
    cloud.advanceClock(999)
    expect((await ask(cloud, next)).status).toBe(200)
    cloud.advanceClock(1)
    expect((await ask(cloud, next)).status).toBe(400)
  })

  test('unknown parameters are left unread or refused', async () => {
    expect((await ask(cloud, '/api/v2/pages?space-key=W')).status).toBe(200)
    cloud.setTraps({ unknownParameters: 'refuse' })
    expect((await ask(cloud, '/api/v2/pages?space-key=W')).status).toBe(400)
    for (const path of [
      '/api/v2/pages?limit=1&status=current&sort=id&id=999&space-id=500&body-format=storage&title=x&subtype=page',
      '/api/v2/spaces?keys=W&type=global&status=current&limit=1',
      '/api/v2/spaces/500/pages?depth=all&limit=1',
      '/api/v2/pages/999?include-labels=true&body-format=storage',
      '/api/v2/pages/999/descendants?depth=2&limit=1',
    ])
      expect([path, (await ask(cloud, path)).status]).toEqual([path, 200])
  })

  test('an old Data Center gives no next', async () => {
    datacenter.setTraps({ listsWithoutNext: true })
    const { json } = await ask(datacenter, '/rest/api/content?spaceKey=W&limit=4')
    expect([json.size, json._links.next]).toEqual([4, undefined])
  })
})

describe('answers that are too heavy', () => {
  test('fail above a number of rows, with bodies only where that is said', async () => {
    cloud.setTraps({ tooHeavy: { rows: 5, status: 502, onlyWithBody: true } })
    expect((await ask(cloud, '/api/v2/pages?limit=6')).status).toBe(200)
    const heavy = await ask(cloud, '/api/v2/pages?limit=6&body-format=storage')
    expect([heavy.status, heavy.headers.get('content-type')]).toEqual([502, 'text/html'])
    expect((await ask(cloud, '/api/v2/pages?limit=5&body-format=storage')).status).toBe(200)
    datacenter.setTraps({ tooHeavy: { rows: 5, status: 504 } })
    expect((await ask(datacenter, '/rest/api/content?limit=6')).status).toBe(504)
    expect((await ask(datacenter, '/rest/api/content/scan?limit=6')).status).toBe(504)
  })

  test('one page that cannot be rendered spoils every answer that holds it', async () => {
    cloud.setTraps({ unrenderablePages: ['1003'] })
    const bodies = async (ids: string) => (await ask(cloud, `/api/v2/pages?id=${ids}&body-format=storage`)).status
    expect([await bodies('1002,1003,1004'), await bodies('1002,1004'), await bodies('1003')]).toEqual([500, 200, 500])
    expect((await ask(cloud, '/api/v2/pages/1003?body-format=storage')).status).toBe(500)
    expect((await ask(cloud, '/api/v2/pages/1003')).status).toBe(200)
  })
})

describe('search', () => {
  test('knows changes only after a while', async () => {
    cloud.setTraps({ searchLagMs: 30_000 })
    const { id } = cloud.addPage({ spaceKey: 'W', title: 'New' })
    cloud.advanceClock(29_999)
    expect((await askAll(cloud, searched)).ids).not.toContain(id)
    cloud.advanceClock(1)
    expect((await askAll(cloud, searched)).ids).toContain(id)
    cloud.editPage('1001', { title: 'Edited' })
    const finds = async (cql: string) => (await askAll(cloud, search(cql))).ids
    expect(await finds('title = "Edited"')).toEqual([])
    expect(await finds('title = "Page 1" and lastmodified < "2025-01-01"')).toEqual(['1001'])
    cloud.advanceClock(30_000)
    expect(await finds('title = "Edited" and lastmodified > now("-1h")')).toEqual(['1001'])
    cloud.advanceClock(3_600_000)
    expect(await finds('title = "Edited" and lastmodified > now("-1h")')).toEqual([])
  })

  test('may go on finding what was thrown away', async () => {
    cloud.setTraps({ searchKeepsDeleted: true })
    cloud.trashPage('1001')
    cloud.purgePage('1002')
    const { results } = await askAll(cloud, searched)
    const rows = new Map(results.map(({ id, status }) => [id, status]))
    expect([rows.get('1001'), rows.has('1002')]).toEqual(['trashed', true])
    cloud.setTraps({ searchKeepsDeleted: false })
    expect((await askAll(cloud, search('id in (1001, 1002, 1003)'))).ids).toEqual(['1003'])
  })

  test('takes ISO dates only where it does', async () => {
    cloud.editPage('1004', { title: 'Later' })
    const path = search('type = page and lastmodified >= "2026-05-01T10:00:00Z"')
    expect((await ask(cloud, path)).status).toBe(400)
    cloud.setTraps({ searchTakesIsoDates: true })
    expect((await askAll(cloud, path)).ids).toEqual(['1004'])
  })

  test('fails as a whole when the restrictions of an unreadable ancestor are expanded', async () => {
    const site = smallSite()
    const company = await startConfluence({ flavour: 'cloud', site })
    const path = search('space = HR and type = page', '&expand=ancestors.restrictions.read.restrictions.user')
    const bonus = (await ask(company, path)).json.results.find(({ id }: { id: string }) => id === '4')
    const folder = bonus.ancestors.find(({ id }: { id: string }) => id === '20')
    expect(folder.restrictions.read.restrictions.user.size).toBe(2)
    site.contents.get('3')!.status = 'trashed'
    site.epoch++
    expect((await ask(company, path)).status).toBe(404)
    expect((await ask(company, search('space = HR and type = page', '&expand=ancestors'))).status).toBe(200)
    company.setTraps({ ancestorExpansionFails: false })
    expect((await ask(company, path)).status).toBe(200)
    await company.close()
  })

  test('has a broader form that wraps what it finds and counts it', async () => {
    const path = `/rest/api/search?cql=${encodeURIComponent('type = page')}&limit=3&expand=content.version`
    for (const confluence of [cloud, datacenter]) {
      const { json } = await ask(confluence, path)
      expect([json.totalSize, json.size, json.results[0].entityType]).toEqual([20, 3, 'content'])
      expect(json.results[0].content).toMatchObject({ id: '999', version: { number: 1 } })
      const { results } = await askAll(confluence, path)
      expect(results.map(({ content }) => content.id)).toEqual(all)
    }
  })
})

describe('moves', () => {
  test('bump the version only when made as the API makes them', async () => {
    cloud.movePage('1001', { parentId: '1000' })
    cloud.setTraps({ movesBumpVersion: true })
    cloud.movePage('1002', { parentId: '1000' })
    const numbers = ['1001', '1002'].map((id) => cloud.site.contents.get(id)?.version.number)
    expect(numbers).toEqual([1, 2])
  })
})

test('another alias changes every link of a space and no version', async () => {
  cloud.renameSpace('W', { alias: 'wide' })
  const { json } = await ask(cloud, '/api/v2/pages/1001')
  expect([json._links.webui, json.version.number]).toEqual(['/spaces/wide/pages/1001/Page+1', 1])
  const [space] = (await ask(cloud, '/api/v2/spaces?keys=W')).json.results
  expect([space.key, space.currentActiveAlias]).toEqual(['W', 'wide'])
})

describe('broken answers', () => {
  test('come in drips, whole in the end', async () => {
    cloud.fail({ kind: 'drip', pieces: 5, everyMs: 10 })
    expect((await ask(cloud, '/api/v2/pages?limit=20')).json.results).toHaveLength(20)
    expect(cloud.requests.at(-1)?.durationMs).toBeGreaterThan(35)
  })

  test('break off in the middle', async () => {
    cloud.fail({ kind: 'break-off' })
    await expect(ask(cloud, '/api/v2/pages?limit=20')).rejects.toThrow(/terminated|closed/)
    expect((await ask(cloud, '/api/v2/pages?limit=20')).status).toBe(200)
  })
})

test('roles take the place of readers where the site has gone over to them', async () => {
  cloud.setTraps({ spaceRoleMode: 'ROLES' })
  expect((await ask(cloud, '/api/v2/space-role-mode')).json).toEqual({ mode: 'ROLES' })
  const rows = (await askAll(cloud, '/api/v2/spaces/500/permissions')).results
  const readers = rows.filter(({ operation }) => operation.key === 'read')
  const [role] = (await askAll(cloud, '/api/v2/space-roles')).results
  expect(readers.map(({ principal }) => principal)).toEqual([{ type: 'role', id: role.id }])
  expect((await askAll(cloud, '/api/v2/spaces/500/role-assignments')).results).toEqual([
    { principal: { principalType: 'ACCESS_CLASS', principalId: 'ALL_LICENSED_USERS' }, roleId: role.id },
  ])
})
