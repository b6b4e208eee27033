import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, askAll, smallSite } from './small-site.ts'

let confluence: RunningConfluence
beforeEach(async () => {
  confluence = await startConfluence({
    flavour: 'cloud',
    site: smallSite({ now: () => new Date('2026-05-01T10:00:00.000Z') }),
  })
})
afterEach(() => confluence.close())

const page = async (id: string, as?: string) =>
  (await ask(confluence, `/api/v2/pages/${id}?body-format=storage`, as)).json
const pagesOf = async (spaceId: string, status = 'current') =>
  (await askAll(confluence, `/api/v2/spaces/${spaceId}/pages?status=${status}`)).ids
const control = async (name: string, ...args: unknown[]) =>
  ask(confluence, new URL(`/_control/${name}`, confluence.url).href, null, {
    method: 'POST',
    body: JSON.stringify({ args }),
  })

describe('changes', () => {
  test('an edit makes a version', async () => {
    confluence.editPage('2', { title: 'Leave', storage: '<p>New</p>', authorId: 'bo' })
    const { title, version, body } = await page('2')
    expect([title, body.storage.value]).toEqual(['Leave', '<p>New</p>'])
    expect(version).toMatchObject({ number: 2, createdAt: '2026-05-01T10:00:00.000Z', authorId: 'bo' })
  })

  test('restrictions, groups, space readers and labels make none', async () => {
    confluence.restrict('2', { users: ['bo@example.com'] })
    expect((await ask(confluence, '/api/v2/pages/2', 'cy')).status).toBe(404)
    confluence.unrestrict('2')
    expect((await ask(confluence, '/api/v2/pages/2', 'cy')).status).toBe(200)
    confluence.removeMembers('staff', ['cy'])
    expect((await ask(confluence, '/api/v2/pages/2', 'cy')).status).toBe(404)
    confluence.setSpaceReaders('HR', { users: ['cy'] })
    expect((await ask(confluence, '/api/v2/pages/2', 'cy')).status).toBe(200)
    confluence.setLabels('2', ['x'])
    expect((await page('2')).version.number).toBe(1)
  })

  test('a move takes everything below along and bumps the version only when told to', async () => {
    confluence.movePage('3', { spaceKey: 'ENG', parentId: '7' })
    expect(await pagesOf('200')).toEqual(['3', '4', '7'])
    expect(await pagesOf('100')).toEqual(['1', '2'])
    expect(await page('3')).toMatchObject({ parentId: '7', spaceId: '200', version: { number: 1 } })
    confluence.movePage('3', { parentId: '1', bumpsVersion: true })
    expect(await page('3')).toMatchObject({ parentId: '1', spaceId: '100', version: { number: 2 } })
    expect(() => confluence.movePage('3', { parentId: '4' })).toThrow('cannot hang below itself')
  })

  test('a page in the trash leaves the lists, its children move up, and it can come back', async () => {
    confluence.trashPage('3')
    expect(await pagesOf('100')).toEqual(['1', '2', '4'])
    expect((await page('4')).parentId).toBe('20')
    expect((await page('3')).status).toBe('trashed')
    confluence.setSwitches({ trashedNeedsStatus: true })
    expect((await ask(confluence, '/api/v2/pages/3')).status).toBe(404)
    expect((await ask(confluence, '/api/v2/pages/3?status=trashed')).status).toBe(200)
    confluence.restorePage('3')
    expect(await page('3')).toMatchObject({ status: 'current', parentId: '20' })
  })

  test('what is purged is gone; what is archived is listed as that', async () => {
    confluence.purgePage('2')
    expect((await ask(confluence, '/api/v2/pages/2')).status).toBe(404)
    confluence.archivePage('3', { withChildren: true })
    expect([await pagesOf('100'), await pagesOf('100', 'archived')]).toEqual([['1'], ['3', '4', '5']])
  })

  test('pages, folders, spaces and people can be added', async () => {
    confluence.addSpace({ key: 'NEW' })
    const home = confluence.addPage({ spaceKey: 'NEW', title: 'Home' })
    const folder = confluence.addFolder({ spaceKey: 'NEW', title: 'Drawer', read: { groups: ['leads'] } })
    const inside = confluence.addPage({ spaceKey: 'NEW', title: 'Inside', parentId: folder.id })
    confluence.addUser({ accountId: 'dee', email: 'dee@example.com' })
    expect((await askAll(confluence, '/api/v2/spaces?keys=NEW', 'dee')).results[0]).toMatchObject({
      homepageId: home.id,
    })
    expect((await ask(confluence, `/api/v2/pages/${inside.id}`, 'dee')).status).toBe(404)
    confluence.addMembers('leads', ['dee'])
    expect((await page(inside.id, 'dee')).parentType).toBe('folder')
    confluence.removeSpace('NEW')
    expect((await ask(confluence, `/api/v2/pages/${inside.id}`, 'dee')).status).toBe(404)
  })

  test('the same controls work over HTTP', async () => {
    expect((await control('editPage', '2', { title: 'Over HTTP' })).json.result).toMatchObject({
      id: '2',
      title: 'Over HTTP',
    })
    expect((await control('isVisible', '4', 'bo')).json.result).toBe(false)
    expect((await control('isVisible', '4')).json.result).toBe(false)
    expect((await control('editPage', '77', {})).json.message).toBe('The site has no page or folder "77".')
    expect((await control('nothing')).status).toBe(404)
    expect(confluence.writes).toEqual([])
  })
})

describe('faults', () => {
  test('hit the next answers of a path, as often as told', async () => {
    confluence.fail({ kind: 'status', path: '/api/v2/pages', status: 429, headers: { 'retry-after': '7' }, times: 2 })
    expect((await ask(confluence, '/api/v2/spaces')).status).toBe(200)
    const limited = await ask(confluence, '/api/v2/pages')
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await ask(confluence, '/api/v2/pages')).status).toBe(429)
    expect((await ask(confluence, '/api/v2/pages')).status).toBe(200)
  })

  test('can wait for a later request and be taken back', async () => {
    confluence.fail({ kind: 'status', status: 503, after: 1 })
    expect((await ask(confluence, '/api/v2/spaces')).status).toBe(200)
    expect((await ask(confluence, '/api/v2/spaces')).status).toBe(503)
    confluence.fail({ kind: 'status', status: 500, times: 99 })
    confluence.clearFaults()
    expect((await ask(confluence, '/api/v2/spaces')).status).toBe(200)
  })

  test('may be a login page, half an answer, a dropped connection or lateness', async () => {
    confluence.fail({ kind: 'login-page' })
    const login = await ask(confluence, '/api/v2/spaces')
    expect([login.status, login.headers.get('content-type'), login.text.includes('os_username')]).toEqual([
      200,
      'text/html;charset=UTF-8',
      true,
    ])
    confluence.fail({ kind: 'truncate' })
    const half = await ask(confluence, '/api/v2/spaces')
    expect([half.status, half.json, half.text.startsWith('{"results":[')]).toEqual([200, undefined, true])
    confluence.fail({ kind: 'drop' })
    await expect(ask(confluence, '/api/v2/spaces')).rejects.toThrow('fetch failed')
    confluence.fail({ kind: 'delay', delayMs: 30_000 })
    const late = fetch(`${confluence.url}/api/v2/spaces`, { signal: AbortSignal.timeout(50) })
    await expect(late).rejects.toThrow('timeout')
    await control('fail', { kind: 'status', path: '/spaces', status: 502 })
    expect((await ask(confluence, '/api/v2/spaces')).status).toBe(502)
  })

  test('latency holds every answer back', async () => {
    confluence.setLatency(30)
    await ask(confluence, '/api/v2/spaces')
    expect(confluence.requests.at(-1)?.durationMs).toBeGreaterThan(25)
  })
})

describe('the log', () => {
  test('counts requests by path and knows who asked', async () => {
    await ask(confluence, '/api/v2/pages?limit=1', 'bo')
    await ask(confluence, '/api/v2/pages/4', 'bo')
    expect(confluence.requests.map(({ path, status, principal }) => [path, status, principal])).toEqual([
      ['/wiki/api/v2/pages', 200, 'bo'],
      ['/wiki/api/v2/pages/4', 404, 'bo'],
    ])
    expect([
      confluence.countRequests('/pages'),
      confluence.countRequests(/\/pages\/\d/),
      confluence.countRequests('/spaces'),
    ]).toEqual([2, 1, 0])
    confluence.clearRequests()
    expect(confluence.countRequests()).toBe(0)
  })
})

describe.each(['cloud', 'datacenter'] as const)('writing to %s', (flavour) => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is refused, recorded and changes nothing', async (method) => {
    const site = smallSite()
    const target = await startConfluence({ flavour, site })
    const path = flavour === 'cloud' ? '/api/v2/pages/2' : '/rest/api/content/2'
    const answers = [
      await ask(target, path, undefined, { method, body: '{"title":"Mine now"}' }),
      await ask(target, '/rest/api/content/2/label', undefined, {
        method,
        body: 'not json',
        headers: { 'content-type': 'text/plain' },
      }),
      await ask(target, '/nowhere', null, { method }),
    ]
    const writes = target.takeWrites()
    await target.close()
    expect(answers.map(({ status }) => status)).toEqual([405, 405, 405])
    expect(writes.map((write) => [write.method, write.path.split('/').at(-1), write.body])).toEqual([
      [method, '2', { title: 'Mine now' }],
      [method, 'label', 'not json'],
      [method, 'nowhere', null],
    ])
    expect(site.contents.get('2')?.title).toBe('Holidays & leave')
  })
})
