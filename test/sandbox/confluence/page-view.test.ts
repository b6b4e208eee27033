import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { createSite } from '../../../sandbox/confluence/model.ts'

const storage = `<h2>How &amp; <em>why</em> "now"</h2><p>Text of the page.</p>
<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">Hidden</ac:parameter><ac:rich-text-body><p>In a panel.</p></ac:rich-text-body></ac:structured-macro>
<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[if (a < b) <script>alert(1)</script>]]></ac:plain-text-body></ac:structured-macro>
<ac:structured-macro ac:name="toc" /><ac:link><ri:page ri:content-title="Other" /><ac:link-body>the other page</ac:link-body></ac:link>`

let site: RunningConfluence

beforeAll(async () => {
  site = await startConfluence({
    flavour: 'cloud',
    site: createSite({
      spaces: [
        { id: '100', key: 'HB', homepageId: '1' },
        { id: '200', key: 'NIL', homepageId: null },
      ],
      folders: [{ id: '9', spaceKey: 'HB', title: 'Drawer', parentId: '1' }],
      pages: [
        { id: '1', spaceKey: 'HB', title: 'Home of <b>"all"</b>', storage: '<p>Welcome.</p>' },
        { id: '2', spaceKey: 'HB', title: 'Panels', parentId: '1', storage },
      ],
    }),
  })
})
afterAll(() => site.close())

async function open(path: string) {
  const response = await fetch(site.url + path, { signal: AbortSignal.timeout(5_000) })
  return { status: response.status, headers: response.headers, html: await response.text() }
}

it.each(['/spaces/HB/pages/2/Panels', '/spaces/HB/pages/2'])('shows a page at %s to a browser', async (path) => {
  const { status, headers, html } = await open(path)
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(html).toContain('<h1>Panels</h1>')
  expect(html).toContain('<div class="macro"> <p>In a panel.</p> </div>')
  expect(html).toContain('the other page')
  expect(html).not.toMatch(/<\/?(ac|ri):|Hidden|CDATA/)
})

it('gives headings the ids to which citations link', async () => {
  expect((await open('/spaces/HB/pages/2')).html).toContain('<h2 id="How-&amp;-why-&quot;now&quot;">')
})

it('lets nothing of a page run', async () => {
  const { headers, html } = await open('/spaces/HB/pages/2')
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
  expect(html).toContain('if (a &lt; b) &lt;script&gt;alert(1)&lt;/script&gt;')
  expect(html).not.toContain('<script')
})

it('shows the home page of a space at its overview, whatever the case of its key, with the title as text', async () => {
  const { status, html } = await open('/spaces/hb/overview')
  expect(status).toBe(200)
  expect(html).toContain('<h1>Home of &lt;b&gt;&quot;all&quot;&lt;/b&gt;</h1>')
})

it.each(['/spaces/HB/pages/77', '/spaces/HB/pages/9', '/spaces/NIL/overview', '/spaces/ZZ/overview'])(
  'says that there is no page at %s',
  async (path) => {
    const { status, html } = await open(path)
    expect([status, html]).toEqual([404, expect.stringContaining('There is no such page.')])
  },
)
