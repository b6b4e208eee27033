import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, askAll, richSite } from './small-site.ts'

let cloud: RunningConfluence
let datacenter: RunningConfluence
beforeAll(async () => {
  cloud = await startConfluence({ flavour: 'cloud', site: richSite() })
  datacenter = await startConfluence({ flavour: 'datacenter', site: richSite() })
})
afterAll(() => Promise.all([cloud.close(), datacenter.close()]))

const search = (cql: string, rest = '') => `/rest/api/content/search?cql=${encodeURIComponent(cql)}${rest}`

describe.each(['cloud', 'datacenter'] as const)('search on %s', (flavour) => {
  const site = () => (flavour === 'cloud' ? cloud : datacenter)
  const attachment = (id: string) => (flavour === 'cloud' ? `att${id}` : id)

  test('finds comments and attachments with their container, by the rights of their page', async () => {
    const cql = 'space = HR and type in (attachment, comment)'
    const path = search(cql, '&expand=version,container,metadata&limit=3')
    const { results } = await askAll(site(), path)
    expect(results.map(({ id, type, container }) => [id, type, container.id])).toEqual([
      [attachment('70'), 'attachment', '4'],
      [attachment('71'), 'attachment', '2'],
      ...['80', '81', '82', '83', '84'].map((id) => [id, 'comment', '2']),
      ['85', 'comment', '4'],
    ])
    expect(results[0]).toMatchObject({ metadata: { mediaType: 'text/csv' }, extensions: { fileSize: 3 } })
    expect((await askAll(site(), path, 'cy')).ids).not.toContain('85')
    expect((await askAll(site(), path, 'cy')).ids).not.toContain(attachment('70'))
  })

  test('finds them by id, container and words, with bodies', async () => {
    const ids = async (cql: string) => (await askAll(site(), search(cql))).ids
    expect(await ids('type = comment and id in (81, 85, 99)')).toEqual(['81', '85'])
    expect(await ids('container = 4 order by created')).toEqual([attachment('70'), '85'])
    expect(await ids('type = comment and text ~ "because"')).toEqual(['81'])
    const { results } = await askAll(site(), search('id = 80', '&expand=body.storage'))
    expect(results[0].body.storage.value).toBe('<p>Why?</p>')
  })

  test('loses them with their page', async () => {
    const { id } = site().addPage({ spaceKey: 'HR', title: 'Short-lived' })
    site().addComment({ pageId: id, storage: '<p>ephemeral</p>' })
    const found = async () => (await askAll(site(), search('text ~ "ephemeral"'))).ids.length
    expect(await found()).toBe(1)
    site().trashPage(id)
    expect(await found()).toBe(0)
  })
})

describe('the audit log', () => {
  test('of Cloud names what changed without its id, to administrators', async () => {
    cloud.restrict('2', { users: ['ada'] })
    cloud.unrestrict('2')
    cloud.addMembers('staff', ['guest'])
    const { results } = await askAll(cloud, '/rest/api/audit?limit=2&searchString=holidays')
    expect(results.map(({ category, affectedObject }) => [category, affectedObject])).toEqual([
      ['Permissions', { name: 'Holidays & leave', objectType: 'Page' }],
      ['Permissions', { name: 'Holidays & leave', objectType: 'Page' }],
    ])
    expect((await askAll(cloud, `/rest/api/audit?startDate=${Date.now() + 600_000}`)).results).toEqual([])
    expect((await ask(cloud, '/rest/api/audit', 'ada')).status).toBe(403)
  })

  test('of Data Center has ids, newest first, and pages by cursor', async () => {
    datacenter.restrict('2', { users: ['ada'] })
    datacenter.setSpaceReaders('HR', { licensed: true })
    const path = '/rest/auditing/1.0/events?categories=Permissions&limit=1'
    const first = (await ask(datacenter, path)).json
    expect(first.entities[0].affectedObjects).toEqual([{ name: 'People', type: 'Space', id: '100' }])
    const second = (await ask(datacenter, `${path}&pageCursor=${first.pagingInfo.nextPageCursor}`)).json
    expect(second.entities[0].affectedObjects).toEqual([{ name: 'Holidays & leave', type: 'Page', id: '2' }])
    expect([first.pagingInfo.lastPage, (await ask(datacenter, path, 'ada')).status]).toEqual([false, 403])
  })
})
