import { describe, expect, it } from 'vitest'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { macro, pageText, parameter } from './page-text.ts'

const link = (content: string, attributes = '') => `<p>See <ac:link${attributes}>${content}</ac:link>.</p>`
const page = '<ri:page ri:content-title="Bread &amp; butter" ri:space-key="ENG" ri:version-at-save="4" />'
const people: Record<string, string> = { '712020:ab': 'Ada Byron', 'key-1': 'Grace H.' }

const cases: [name: string, storage: string, text: string][] = [
  ['a page link by its body', link(`${page}<ac:link-body><strong>the</strong> guide</ac:link-body>`), 'See the guide.'],
  [
    'a page link by its plain body',
    link(`${page}<ac:plain-text-link-body><![CDATA[a <b> c]]></ac:plain-text-link-body>`),
    'See a <b> c.',
  ],
  [
    'the spaces at the ends of a link',
    `<p>See<ac:link>${page}<ac:link-body> the <b>guide </b></ac:link-body></ac:link>or<ac:link>${page}<ac:plain-text-link-body><![CDATA[ page ]]></ac:plain-text-link-body></ac:link>now</p>`,
    'See the guide or page now',
  ],
  ['a page link by its title', link(page, ' ac:card-appearance="inline"'), 'See Bread & butter.'],
  ['a link to a section by its body', link('<ac:link-body>below</ac:link-body>', ' ac:anchor="limits"'), 'See below.'],
  ['a bare link to a section by its anchor', link('', ' ac:anchor="limits"'), 'See limits.'],
  ['nothing of an empty link', link(''), 'See .'],
  [
    'an attachment by its file name',
    link('<ri:attachment ri:filename="a.pdf"><ri:page ri:content-title="P" /></ri:attachment>'),
    'See a.pdf.',
  ],
  [
    'a blog post by its title',
    link('<ri:blog-post ri:posting-day="2012/01/30" ri:content-title="Go live" />'),
    'See Go live.',
  ],
  ['a space by its key', link('<ri:space ri:space-key="OPS" />'), 'See OPS.'],
  ['a personal space without the raw key', link('<ri:space ri:space-key="~712020ab" />'), 'See personal space.'],
  ['a shortcut', link('<ri:shortcut ri:key="jira" ri:parameter="ABC-1" />'), 'See ABC-1@jira.'],
  ['content known by id only', link('<ri:content-entity ri:content-id="123" />'), 'See page 123.'],
  ['an address', link('<ri:url ri:value="https://x.example/?a=1&amp;b=2" />'), 'See https://x.example/?a=1&b=2.'],
  ['a person of Cloud', link('<ri:user ri:account-id="712020:ab" ri:local-id="c2" />'), 'See @Ada Byron.'],
  ['a person of Data Center', link('<ri:user ri:userkey="key-1" />'), 'See @Grace H..'],
  ['an account id in the user key', link('<ri:user ri:userkey="712020:ab" />'), 'See @Ada Byron.'],
  ['an unknown person without the key', link('<ri:user ri:userkey="8a7f80" />'), 'See @user.'],
  ['an unknown user name without the name', link('<ri:user ri:username="jdoe" />'), 'See @user.'],
  ['the text of an HTML link', '<p>A <a href="https://x.example/">good<em> one</em></a>.</p>', 'A good one.'],
  [
    'a card without text by its address',
    '<p><a href="https://x.example/" data-card-appearance="inline"></a></p>',
    'https://x.example/',
  ],
  [
    'a card of a page by the title in its address',
    '<p><a href="https://s.example/wiki/spaces/ENG/pages/12/Tea+Time%21" data-card-appearance="inline">https://s.example/wiki/spaces/ENG/pages/12/Tea+Time%21</a></p>',
    'Tea Time!',
  ],
  [
    'an image by alternative text, caption and file',
    '<ac:image ac:alt="Harbour" ac:width="5"><ri:attachment ri:filename="t.png" /><ac:caption><p>From above</p></ac:caption></ac:image>',
    'Harbour, From above [image: t.png]',
  ],
  [
    'an image whose texts are the same once',
    '<ac:image ac:alt="T" ac:title="T"><ri:url ri:value="https://x.example/logo.gif?token=1" /></ac:image>',
    'T [image: https://x.example/logo.gif]',
  ],
  [
    'images on lines of their own apart, with alternative text that is not the file name',
    '<ac:image ac:layout="center" ac:alt="a.png"><ri:attachment ri:filename="a.png" /></ac:image><ac:image ac:layout="center" ac:alt="B"><ri:attachment ri:filename="b.png" /></ac:image>',
    '[image: a.png]\n\nB [image: b.png]',
  ],
  [
    'images inside a line with spaces around',
    '<p>Press<ac:image ac:layout="center"><ri:attachment ri:filename="a.png" /></ac:image><ac:image><ri:attachment ri:filename="b.png" /></ac:image>twice, not <ac:image><ri:attachment ri:filename="c.png" /></ac:image>.</p>',
    'Press [image: a.png] [image: b.png] twice, not [image: c.png].',
  ],
  [
    'a card on a line of its own',
    '<p>a</p><a href="https://x.example/1" data-card-appearance="embed">https://x.example/1</a><a href="https://x.example/2" data-card-appearance="block">https://x.example/2</a>',
    'a\n\nhttps://x.example/1\n\nhttps://x.example/2',
  ],
  [
    'the card of a page in a query by its title',
    '<p><a href="/pages/viewpage.action?spaceKey=OPS&amp;title=On+call" data-card-appearance="inline" /></p>',
    'On call',
  ],
  [
    'an image without the word that editors fill in',
    '<ac:image ac:alt="Image"><ri:attachment ri:filename="a.png" /></ac:image>',
    '[image: a.png]',
  ],
  ['nothing of an image without source', '<p>a <ac:image></ac:image>b</p>', 'a b'],
  [
    'a new emoticon by its fallback',
    '<p><ac:emoticon ac:name="tick" ac:emoji-shortname=":check:" ac:emoji-fallback="✅" /></p>',
    '✅',
  ],
  ['an emoticon by its short name', '<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":tada:" /></p>', ':tada:'],
  ['an old emoticon by its name', '<p><ac:emoticon ac:name="warning" /></p>', ':warning:'],
  ['nothing of a placeholder', '<p>a<ac:placeholder>Type here</ac:placeholder>b</p>', 'ab'],
  [
    'what comment markers enclose',
    '<p><ac:inline-comment-marker ac:ref="1">said <ac:inline-comment-marker ac:ref="2">twice</ac:inline-comment-marker></ac:inline-comment-marker></p>',
    'said twice',
  ],
  [
    'a date',
    '<p>Due <time datetime="2026-03-14" />, then <time datetime="2026-12-31">31st</time></p>',
    'Due 2026-03-14, then 2026-12-31',
  ],
]

describe('inside a line', () => {
  it.each(cases)('renders %s', (_name, storage, text) => {
    expect(pageText(storage, { displayName: (userId) => people[userId] })).toBe(text)
  })

  it('keeps links to pages as references, each once', () => {
    const storage = [
      link(page),
      link(page),
      link('<ri:page ri:space-key="@self" ri:content-title="Home" />'),
      link('<ri:page ri:content-title="Home" />'),
      link('<ri:content-entity ri:content-id="77" />'),
      link('<ri:attachment ri:filename="a.pdf"><ri:page ri:content-title="Other" /></ri:attachment>'),
      link('<ri:blog-post ri:content-title="News" />'),
    ].join('')
    expect(parseStorage(storage).references).toEqual([
      { kind: 'link', spaceKey: 'ENG', title: 'Bread & butter' },
      { kind: 'link', spaceKey: undefined, title: 'Home' },
      { kind: 'link', pageId: '77' },
      { kind: 'link', spaceKey: undefined, title: 'Other' },
    ])
  })

  it('keeps the names of attachments, and of the page that carries them', () => {
    const storage = [
      link('<ri:attachment ri:filename="plan.pdf" /><ac:link-body>the plan</ac:link-body>'),
      link('<ri:attachment ri:filename="plan.pdf" />'),
      link(
        '<ri:attachment ri:filename="a.pdf"><ri:page ri:content-title="Other" ri:space-key="OPS" /></ri:attachment>',
      ),
      link('<ri:attachment ri:filename="b.pdf"><ri:content-entity ri:content-id="7" /></ri:attachment>'),
      '<ac:image><ri:attachment ri:filename="map.png" /></ac:image>',
      macro('view-file', parameter('name', '<ri:attachment ri:filename="deck.pptx" />')),
      macro('viewpdf', parameter('name', 'terms.pdf')),
      macro('drawio', parameter('diagramName', 'Flow.drawio') + parameter('diagramDisplayName', 'Release flow')),
    ].join('')
    expect(parseStorage(storage).attachments).toEqual([
      { fileName: 'plan.pdf', page: undefined },
      { fileName: 'a.pdf', page: { spaceKey: 'OPS', title: 'Other' } },
      { fileName: 'b.pdf', page: { pageId: '7' } },
      { fileName: 'map.png', page: undefined },
      { fileName: 'deck.pptx', page: undefined },
      { fileName: 'terms.pdf', page: undefined },
      { fileName: 'Flow.drawio', page: undefined },
    ])
  })

  it('keeps names on one line, without what nobody sees, and not without end', () => {
    const [reference] = parseStorage(
      link(`<ri:page ri:content-title=" A&#10;B\u200b ${'x'.repeat(9_000)}" />`),
    ).references
    expect(reference).toMatchObject({ title: expect.stringMatching(/^A B x{496}$/) })
  })

  it('takes addresses for references only on its own site', () => {
    const storage = [
      '<a href="/wiki/spaces/ENG/pages/1/A">a</a>',
      '<a href="https://own.example/wiki/spaces/ENG/pages/2">b</a>',
      '<a href="https://own.example/wiki/pages/viewpage.action?pageId=3">c</a>',
      '<a href="https://own.example/wiki/display/OPS/On+call%3F">d</a>',
      '<a href="https://own.example/wiki/pages/viewpage.action?spaceKey=OPS&amp;title=Rota">i</a>',
      '<a href="/\\evil.example/wiki/spaces/ENG/pages/8/A">j</a>',
      '<a href="https://own.example.evil.example/wiki/spaces/ENG/pages/4/A">e</a>',
      '<a href="https://own.example/wikis/spaces/ENG/pages/6/A">h</a>',
      '<a href="//evil.example/wiki/spaces/ENG/pages/5/A">f</a>',
      '<a href="http://%zz">g</a>',
    ].join(' ')
    const parsed = parseStorage(storage, { baseUrl: 'https://own.example/wiki' })
    expect(parsed.references).toEqual([
      { kind: 'link', pageId: '1' },
      { kind: 'link', pageId: '2' },
      { kind: 'link', pageId: '3' },
      { kind: 'link', spaceKey: 'OPS', title: 'On call?' },
      { kind: 'link', spaceKey: 'OPS', title: 'Rota' },
    ])
    expect(parseStorage(storage).references).toEqual([{ kind: 'link', pageId: '1' }])
  })
})
