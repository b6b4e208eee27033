import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, askAll, smallSite, wideSite } from './small-site.ts'

let confluence: RunningConfluence
let wide: RunningConfluence
beforeAll(async () => {
  confluence = await startConfluence({ flavour: 'cloud', site: smallSite() })
  // Bo may read the first page and every fifth from the eleventh on: pages of results come out short, some empty.
  const site = wideSite(40, (index) => (index > 0 && (index < 10 || index % 5 > 0) ? ['ada'] : undefined))
  wide = await startConfluence({ flavour: 'cloud', site })
})
afterAll(() => Promise.all([confluence.close(), wide.close()]))

describe('spaces', () => {
  test('are listed by id with keys, types and statuses, personal and archived ones included', async () => {
    const { json } = await ask(confluence, '/api/v2/spaces')
    const rows = json.results.map(({ id, key, type, status, homepageId }: Record<string, string>) => [
      id,
      key,
      type,
      status,
      homepageId,
    ])
    expect(rows).toEqual([
      ['100', 'HR', 'global', 'current', '1'],
      ['200', 'ENG', 'global', 'current', '7'],
      ['300', 'OLD', 'global', 'archived', '8'],
      ['400', '~ada', 'personal', 'current', '9'],
    ])
  })

  test('are found by key, id, type and status', async () => {
    expect((await askAll(confluence, '/api/v2/spaces?keys=ENG,hr')).ids).toEqual(['100', '200'])
    expect((await askAll(confluence, '/api/v2/spaces?ids=300&ids=400')).ids).toEqual(['300', '400'])
    expect((await askAll(confluence, '/api/v2/spaces?type=personal')).ids).toEqual(['400'])
    expect((await askAll(confluence, '/api/v2/spaces?status=archived')).ids).toEqual(['300'])
  })

  test('that the asker may not read are missing from lists, which still go on, and are 404', async () => {
    const { ids, sizes } = await askAll(confluence, '/api/v2/spaces?limit=1', 'bo')
    expect({ ids, sizes }).toEqual({ ids: ['100', '300'], sizes: [1, 0, 1, 0] })
    const answer = await ask(confluence, '/api/v2/spaces/200', 'bo')
    expect([answer.status, answer.json]).toEqual([
      404,
      { errors: [{ status: 404, code: 'NOT_FOUND', title: 'Not Found', detail: null }] },
    ])
    expect((await ask(confluence, '/api/v2/spaces/200/pages', 'bo')).status).toBe(404)
  })

  test('tell their readers one entry each, beside rights that let nobody read', async () => {
    const { results } = await askAll(confluence, '/api/v2/spaces/200/permissions?limit=2')
    const readers = results.filter(({ operation }) => operation.key === 'read' && operation.targetType === 'space')
    const engineers = confluence.site.groupIdByName.get('engineers')
    expect(readers.map(({ principal }) => principal)).toEqual([
      { type: 'group', id: engineers },
      { type: 'user', id: 'ada' },
    ])
    expect(results.length).toBeGreaterThan(readers.length)
    const open = await ask(confluence, '/api/v2/spaces/300/permissions')
    expect(open.json.results[0].principal).toEqual({ type: 'access-class', id: 'ALL_LICENSED_USERS' })
  })
})

describe('pages', () => {
  test('are current and archived ones unless a status is named', async () => {
    expect((await askAll(confluence, '/api/v2/pages?space-id=100')).ids).toEqual(['1', '2', '3', '4', '5'])
    expect((await askAll(confluence, '/api/v2/pages?space-id=100&status=current')).ids).toEqual(['1', '2', '3', '4'])
    expect((await askAll(confluence, '/api/v2/spaces/100/pages?status=trashed,archived')).ids).toEqual(['5', '6'])
  })

  test('carry a body only when one is asked for', async () => {
    const bare = await ask(confluence, '/api/v2/pages/2')
    expect(bare.json).toMatchObject({ parentId: '1', parentType: 'page', spaceId: '100', body: {} })
    expect(bare.json._links).toMatchObject({ webui: '/spaces/HR/pages/2/Holidays+%26+leave', base: confluence.url })
    const { json } = await ask(confluence, '/api/v2/pages?id=2,7&body-format=storage')
    expect(json.results.map((page: { body: unknown }) => page.body)).toEqual([
      { storage: { representation: 'storage', value: '<p>Thirty days</p>' } },
      { storage: { representation: 'storage', value: '' } },
    ])
  })

  test('know their ancestors from the top down, folders among them', async () => {
    const { json } = await ask(confluence, '/api/v2/pages/4/ancestors')
    expect(json.results).toEqual([
      { id: '1', type: 'page' },
      { id: '20', type: 'folder' },
      { id: '3', type: 'page' },
    ])
    expect((await ask(confluence, '/api/v2/folders/20')).json).toMatchObject({
      type: 'folder',
      parentId: '1',
      parentType: 'page',
    })
    expect((await ask(confluence, '/api/v2/pages/20')).status).toBe(404)
  })

  test('have labels', async () => {
    const { results } = await askAll(confluence, '/api/v2/pages/7/labels?limit=1')
    expect(results.map(({ name, prefix }) => [name, prefix])).toEqual([
      ['ops', 'global'],
      ['on-call', 'global'],
    ])
  })

  test('come in the order asked for', async () => {
    const { ids } = await askAll(confluence, '/api/v2/pages?sort=-modified-date&limit=1&status=current')
    expect(ids).toEqual(['7', '9', '8', '4', '3', '2', '1'])
    expect((await askAll(confluence, '/api/v2/pages?space-id=100&sort=title&limit=2')).ids).toEqual([
      '4',
      '2',
      '5',
      '3',
      '1',
    ])
  })

  test('keep their place when the list changes between two requests', async () => {
    const site = wideSite(4)
    const changing = await startConfluence({ flavour: 'cloud', site })
    const first = await ask(changing, '/api/v2/pages?limit=2')
    changing.purgePage('1000')
    const second = await ask(changing, `${new URL(changing.url).origin}${first.json._links.next}`)
    await changing.close()
    expect(second.json.results.map(({ id }: { id: string }) => id)).toEqual(['1001', '1002'])
  })
})

describe('paging', () => {
  test('cuts first and hides afterwards: short and empty pages of results with a next', async () => {
    const { ids, sizes } = await askAll(wide, '/api/v2/pages?space-id=500&limit=4', 'bo')
    expect(ids).toEqual(['999', '1000', '1010', '1015', '1020', '1025', '1030', '1035'])
    // Cuts of four over 999, 1000 … 1039.
    expect(sizes).toEqual([2, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0])
  })

  test('hands out next with the context path, the base on every page and both in the Link header', async () => {
    const first = await ask(wide, '/api/v2/pages?limit=30')
    const link = first.headers.get('link')
    expect(first.json._links.next).toMatch(/^\/wiki\/api\/v2\/pages\?limit=30&cursor=/)
    expect(link).toBe(`<${first.json._links.next}>; rel="next", <${wide.url}>; rel="base"`)
    const last = await ask(wide, `${new URL(wide.url).origin}${first.json._links.next}`)
    expect(last.json._links).toEqual({ base: wide.url })
    expect(last.headers.get('link')).toBe(`<${wide.url}>; rel="base"`)
  })

  test('refuses a cursor whose plus became a space, one that expired and one that is none', async () => {
    const { json } = await ask(wide, '/api/v2/pages?limit=5')
    const cursor = new URL(json._links.next, wide.url).searchParams.get('cursor') ?? ''
    expect(cursor).toMatch(/\+.*\/.*=/)
    const spoilt = await ask(wide, `/api/v2/pages?limit=5&cursor=${cursor}`)
    expect(spoilt.json.errors[0].title).toBe(
      "Provided value for 'cursor' is not the correct type. Expected type is Cursor.",
    )
    expect((await ask(wide, `/api/v2/pages?limit=5&cursor=${encodeURIComponent(cursor)}`)).status).toBe(200)
    wide.expireCursors()
    expect((await ask(wide, `/api/v2/pages?limit=5&cursor=${encodeURIComponent(cursor)}`)).status).toBe(400)
    expect((await ask(wide, '/api/v2/spaces?cursor=x')).status).toBe(400)
  })

  test.each(['limit=251', 'limit=0', 'limit=x', 'sort=size', 'id=a'])('refuses %s', async (query) => {
    expect((await ask(confluence, `/api/v2/pages?${query}`)).status).toBe(400)
  })
})

test('refuses more than 250 ids', async () => {
  const ids = Array.from({ length: 251 }, (_, index) => String(100_000_000 + index))
  expect((await ask(confluence, `/api/v2/pages?id=${ids.join(',')}`)).status).toBe(400)
  expect((await ask(confluence, `/api/v2/pages?id=${ids.slice(1).join(',')}`)).status).toBe(200)
})

describe('people', () => {
  test('are answered in bulk; unknown ids are left out, hidden addresses are empty', async () => {
    const post = { method: 'POST', body: JSON.stringify({ accountIds: ['ada', 'nobody', 'guest'] }) }
    const { json } = await ask(confluence, '/api/v2/users-bulk', undefined, post)
    expect(json.results.map(({ accountId, email }: Record<string, string>) => [accountId, email])).toEqual([
      ['ada', 'ada@example.com'],
      ['guest', 'guest@example.com'],
    ])
    confluence.setSwitches({ hideEmails: true })
    expect((await ask(confluence, '/api/v2/users-bulk', undefined, post)).json.results[0].email).toBe('')
    confluence.setSwitches({ hideEmails: false })
    expect(confluence.writes).toEqual([])
  })

  test('with a wrong or revoked token, or none, are turned away', async () => {
    const authorization = `Basic ${Buffer.from('ada@example.com:wrong').toString('base64')}`
    const wrong = await ask(confluence, '/api/v2/spaces', null, { headers: { authorization } })
    expect([wrong.status, wrong.headers.get('x-seraph-loginreason')]).toEqual([401, 'AUTHENTICATED_FAILED'])
    confluence.revokeCredential('ada')
    expect((await ask(confluence, '/api/v2/spaces', 'ada')).status).toBe(401)
    confluence.revokeCredential('ada', false)
    expect((await ask(confluence, '/api/v2/spaces', 'ada')).status).toBe(200)
    expect((await ask(confluence, '/api/v2/spaces', null)).status).toBe(401)
  })
})

test('a scoped token works through the gateway only, where next and base still are the site’s', async () => {
  const { email, scopedToken } = confluence.credentialsOf()
  const init = { headers: { authorization: `Basic ${Buffer.from(`${email}:${scopedToken}`).toString('base64')}` } }
  const gateway = `${new URL(confluence.url).origin}/ex/confluence/${confluence.cloudId}/wiki`
  expect((await ask(confluence, '/api/v2/pages', null, init)).status).toBe(401)
  const { status, json } = await ask(confluence, `${gateway}/api/v2/pages?limit=1`, null, init)
  expect([status, json._links.base]).toEqual([200, confluence.url])
  expect(json._links.next).toMatch(/^\/wiki\/api\/v2\/pages\?limit=1&cursor=/)
  const search = await ask(confluence, `${gateway}/rest/api/content/search?cql=type%3Dpage&limit=1`, null, init)
  expect(search.json._links.next).toMatch(/^\/rest\/api\/content\/search\?/)
  const gone = await ask(confluence, `${gateway}/rest/api/space/HR`, null, init)
  expect([gone.status, gone.json.message]).toEqual([
    410,
    'com.atlassian.confluence.api.service.exceptions.GoneException: This deprecated endpoint has been removed.',
  ])
})
