import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, askAll, richSite } from './small-site.ts'
import type { Json } from './small-site.ts'

let cloud: RunningConfluence
let datacenter: RunningConfluence
beforeAll(async () => {
  cloud = await startConfluence({ flavour: 'cloud', site: richSite() })
  datacenter = await startConfluence({ flavour: 'datacenter', site: richSite() })
})
afterAll(() => Promise.all([cloud.close(), datacenter.close()]))

const idsOf = async (path: string, as?: string) => (await askAll(cloud, path, as)).ids
const dcIds = async (path: string, as?: string) => (await askAll(datacenter, path, as)).ids

describe('blog posts, live documents, drafts and templates', () => {
  test('blog posts have lists of their own and no place in the tree', async () => {
    expect(await idsOf('/api/v2/blogposts?limit=1')).toEqual(['30', '31'])
    expect(await idsOf('/api/v2/spaces/200/blogposts')).toEqual(['31'])
    expect(await idsOf('/api/v2/blogposts', 'bo')).toEqual(['30'])
    const { json } = await ask(cloud, '/api/v2/blogposts/30?body-format=storage')
    expect(json._links.webui).toBe('/spaces/HR/blog/2026/02/03/30/News')
    expect(json).not.toHaveProperty('parentId')
    expect((await ask(cloud, '/api/v2/pages/30')).status).toBe(404)
    expect(await idsOf('/api/v2/pages?space-id=100&status=current')).not.toContain('30')
    expect(await dcIds('/rest/api/content?type=blogpost&spaceKey=HR')).toEqual(['30'])
    expect(await idsOf(`/rest/api/content/search?cql=${encodeURIComponent('type = blogpost')}`)).toEqual(['30', '31'])
  })

  test('live documents are pages with a mark', async () => {
    expect(await idsOf('/api/v2/pages?subtype=live')).toEqual(['32'])
    expect(await idsOf('/api/v2/pages?subtype=page')).not.toContain('32')
    expect((await ask(cloud, '/api/v2/pages/32')).json.subtype).toBe('live')
  })

  test('drafts are in no list; whoever wrote one gets it by name', async () => {
    expect(await idsOf('/api/v2/pages?space-id=100', 'ada')).not.toContain('33')
    expect((await ask(cloud, '/api/v2/pages?status=draft')).status).toBe(400)
    expect(await dcIds('/rest/api/content?spaceKey=HR&status=draft')).toEqual([])
    expect((await ask(cloud, '/api/v2/pages/33', 'ada')).status).toBe(404)
    expect((await ask(cloud, '/api/v2/pages/33?get-draft=true', 'ada')).json.status).toBe('draft')
    expect((await ask(cloud, '/api/v2/pages/33?get-draft=true')).status).toBe(404)
  })

  test('templates are nowhere', async () => {
    expect(await idsOf('/api/v2/pages')).not.toContain('34')
    expect(await idsOf(`/rest/api/content/search?cql=${encodeURIComponent('space = HR')}`)).not.toContain('34')
    expect((await ask(cloud, '/api/v2/pages/34')).status).toBe(404)
    expect((await ask(datacenter, '/rest/api/content/34')).status).toBe(404)
  })
})

describe('the tree', () => {
  test('direct children and descendants hold folders and whiteboards too', async () => {
    const rows = async (path: string, as?: string) => (await askAll(cloud, path, as)).results
    const children = await rows('/api/v2/pages/1/direct-children?limit=2')
    expect(children.map(({ id, type }) => [id, type])).toEqual([
      ['2', 'page'],
      ['5', 'page'],
      ['20', 'folder'],
      ['32', 'page'],
      ['35', 'whiteboard'],
    ])
    const below = await rows('/api/v2/pages/1/descendants?depth=3')
    expect(below.filter(({ depth }) => depth > 1).map(({ id, depth, parentId }) => [id, depth, parentId])).toEqual([
      ['3', 2, '20'],
      ['4', 3, '3'],
    ])
    expect((await rows('/api/v2/pages/1/descendants', 'cy')).map(({ id }) => id)).toEqual(['2', '5', '32', '35'])
    expect((await rows('/api/v2/folders/20/direct-children')).map(({ id }) => id)).toEqual(['3'])
    expect((await ask(cloud, '/api/v2/whiteboards/35')).json).toMatchObject({ type: 'whiteboard', parentId: '1' })
    expect((await ask(cloud, '/api/v2/pages/1/descendants?depth=11')).status).toBe(400)
  })

  test('without positions the cursor of direct children turns in a circle unless they are sorted by id', async () => {
    cloud.setTraps({ nullChildPositions: true })
    const origin = new URL(cloud.url).origin
    const first = (await ask(cloud, '/api/v2/pages/1/direct-children?limit=2')).json
    const second = (await ask(cloud, `${origin}${first._links.next}`)).json
    expect([first.results[0].childPosition, second.results]).toEqual([null, first.results])
    expect(second._links.next).toBeDefined()
    expect(await idsOf('/api/v2/pages/1/direct-children?limit=2&sort=id')).toEqual(['2', '5', '20', '32', '35'])
    cloud.setTraps({ nullChildPositions: false })
  })

  test('ids become types, and null where nothing is visible', async () => {
    const post = {
      method: 'POST',
      body: JSON.stringify({ contentIds: ['1', '4', '20', '30', 'att70', '80', '82', '999'] }),
    }
    const convert = async (as?: string) =>
      (await ask(cloud, '/api/v2/content/convert-ids-to-types', as, post)).json.results
    expect(await convert()).toEqual({
      1: 'page',
      4: 'page',
      20: 'folder',
      30: 'blogpost',
      att70: 'attachment',
      80: 'footer-comment',
      82: 'inline-comment',
      999: null,
    })
    expect(await convert('cy')).toMatchObject({ 1: 'page', 4: null, 20: null, att70: null })
    expect(cloud.writes).toEqual([])
  })
})

describe('versions', () => {
  test('are kept with their titles and bodies', async () => {
    cloud.editPage('7', { title: 'Runbook II', storage: '<p>new</p>' })
    const { results } = await askAll(cloud, '/api/v2/pages/7/versions?body-format=storage&limit=1')
    expect(results.map(({ number, page }) => [number, page.title])).toEqual([
      [4, 'Runbook II'],
      [3, 'Runbook'],
    ])
    const old = (await ask(cloud, '/api/v2/pages/7?version=3&body-format=storage')).json
    expect([old.title, old.version.number, old.status]).toEqual(['Runbook', 3, 'historical'])
    expect((await ask(cloud, '/api/v2/pages/7?version=1')).status).toBe(404)
    datacenter.editPage('7', { title: 'Runbook II' })
    const then = (await ask(datacenter, '/rest/api/content/7?version=3')).json
    expect([then.title, then.version.number]).toEqual(['Runbook', 3])
    expect((await ask(cloud, '/api/v2/pages/7/versions?body-format=storage&limit=51')).status).toBe(400)
  })
})

describe('attachments', () => {
  test('are listed with the rights of their page', async () => {
    expect(await idsOf('/api/v2/attachments')).toEqual(['att70', 'att71'])
    expect(await idsOf('/api/v2/attachments', 'cy')).toEqual(['att71'])
    expect((await ask(cloud, '/api/v2/pages/4/attachments', 'cy')).status).toBe(404)
    expect((await ask(cloud, '/api/v2/attachments/att70', 'cy')).status).toBe(404)
    const { json } = await ask(cloud, '/api/v2/attachments/att70')
    expect(json).toMatchObject({ title: 'bonus 2026.csv', mediaType: 'text/csv', fileSize: 3, pageId: '4' })
    const rows = (await askAll(datacenter, '/rest/api/content/4/child/attachment?expand=version')).results
    expect(rows).toMatchObject([{ id: '70', extensions: { fileSize: 3 }, version: { number: 1 } }])
  })

  test('on Cloud come from another host that wants no credential, with an address that expires', async () => {
    const path = '/rest/api/content/2/child/attachment/att71/download'
    const { email, token } = cloud.credentials
    const authorization = `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}`
    const redirect = await fetch(`${cloud.url}${path}`, { headers: { authorization }, redirect: 'manual' })
    const target = redirect.headers.get('location') ?? ''
    expect([redirect.status, new URL(target).hostname]).toEqual([302, 'localhost'])
    const file = await fetch(target)
    expect([file.headers.get('content-type'), [...new Uint8Array(await file.arrayBuffer())]]).toEqual([
      'application/pdf',
      [0, 255, 10],
    ])
    expect(cloud.site.leaks).toEqual([])
    expect((await fetch(target, { headers: { authorization } })).status).toBe(400)
    expect(cloud.site.leaks).toHaveLength(1)
    expect((await fetch(target.replace(/token=./, 'token=x'))).status).toBe(403)
    cloud.advanceClock(60_001)
    expect((await fetch(target)).status).toBe(403)
    expect((await ask(cloud, path, 'guest')).status).toBe(404)
  })

  test.each(['cloud', 'datacenter'] as const)('come from the site itself on %s', async (flavour) => {
    const confluence = flavour === 'cloud' ? cloud : datacenter
    const link =
      flavour === 'cloud'
        ? (await ask(cloud, '/api/v2/attachments/70')).json.downloadLink
        : (await ask(datacenter, '/rest/api/content/70')).json._links.download
    expect((await ask(confluence, link)).text).toBe('a;b')
    expect((await ask(confluence, link, 'cy')).status).toBe(404)
  })

  test('get versions, and go', async () => {
    const { id } = cloud.addAttachment({ pageId: '7', title: 'log.txt', bytes: 'one' })
    const before = (await ask(cloud, `/api/v2/attachments/${id}`)).json
    cloud.replaceAttachment(id, 'three')
    const after = (await ask(cloud, `/api/v2/attachments/${id}`)).json
    expect([after.version.number, after.fileSize, after.fileId === before.fileId]).toEqual([2, 5, false])
    cloud.removeAttachment(id)
    expect((await ask(cloud, `/api/v2/attachments/${id}`)).status).toBe(404)
  })
})

describe('comments', () => {
  test('on Cloud lists hold roots, replies are children, and no comment has a date of its own', async () => {
    expect(await idsOf('/api/v2/pages/2/footer-comments')).toEqual(['80'])
    expect(await idsOf('/api/v2/pages/2/inline-comments')).toEqual(['82', '83'])
    expect(await idsOf('/api/v2/pages/2/inline-comments?resolution-status=resolved')).toEqual(['83'])
    const reply = (await askAll(cloud, '/api/v2/footer-comments/80/children?body-format=storage')).results[0]
    expect(reply).toMatchObject({ id: '81', parentCommentId: '80', body: { storage: { value: '<p>Because.</p>' } } })
    expect(reply).not.toHaveProperty('createdAt')
    const inline = (await ask(cloud, '/api/v2/inline-comments/82')).json
    expect(inline.properties).toMatchObject({ inlineOriginalSelection: 'Thirty' })
    expect(inline.properties.inlineMarkerRef).toBe(inline.properties['inline-marker-ref'])
    expect(await idsOf('/api/v2/inline-comments/82/children')).toEqual(['84'])
    expect((await ask(cloud, '/api/v2/footer-comments/82')).status).toBe(404)
  })

  test('follow the rights of their page', async () => {
    expect(await idsOf('/api/v2/footer-comments')).toEqual(['80', '85'])
    expect(await idsOf('/api/v2/footer-comments', 'cy')).toEqual(['80'])
    expect((await ask(cloud, '/api/v2/footer-comments/85', 'cy')).status).toBe(404)
    expect((await ask(datacenter, '/rest/api/content/85', 'cy')).status).toBe(404)
  })

  test('on Data Center come in one list by depth and place', async () => {
    const path = '/rest/api/content/2/child/comment'
    expect(await dcIds(path)).toEqual(['80', '82', '83'])
    expect(await dcIds(`${path}?depth=all`)).toEqual(['80', '81', '82', '83', '84'])
    expect(await dcIds(`${path}?depth=all&location=inline`)).toEqual(['82', '84'])
    expect(await dcIds(`${path}?depth=all&location=resolved&location=footer`)).toEqual(['80', '81', '83'])
    const { results } = await askAll(datacenter, `${path}?depth=all&location=inline&expand=ancestors,body.storage`)
    expect(results[1]).toMatchObject({
      title: 'Re: Holidays & leave',
      extensions: { location: 'inline' },
      ancestors: [{ id: '82' }],
      body: { storage: { value: '<p>No.</p>' } },
    })
    const one: Json = (await ask(datacenter, '/rest/api/content/80?expand=container')).json
    expect(one).toMatchObject({ type: 'comment', container: { id: '2', type: 'page' } })
  })

  test('change and go without a new version of the page', async () => {
    const { id } = cloud.addComment({ pageId: '7', storage: '<p>Hm</p>' })
    cloud.addComment({ pageId: '7', parentId: id, storage: '<p>Hm hm</p>' })
    cloud.editComment(id, { storage: '<p>Hm!</p>' })
    expect((await ask(cloud, `/api/v2/footer-comments/${id}`)).json.version.number).toBe(2)
    cloud.removeComment(id)
    expect(await idsOf('/api/v2/pages/7/footer-comments')).toEqual([])
    expect([...cloud.site.comments.values()].filter(({ contentId }) => contentId === '7')).toEqual([])
    expect((await ask(cloud, '/api/v2/pages/7')).json.version.number).toBe(4)
  })
})

test('Data Center names the inherited restrictions in one heap and lists the trash for administrators', async () => {
  const path = '/rest/api/content/4/restriction/relevantViewRestrictions'
  const { json } = await ask(datacenter, path)
  expect(json.viewContentRestrictions.results).toHaveLength(2)
  expect(await dcIds('/rest/api/space/HR/trash')).toEqual(['6'])
  expect((await ask(datacenter, '/rest/api/space/HR/trash', 'ada')).status).toBe(403)
})
