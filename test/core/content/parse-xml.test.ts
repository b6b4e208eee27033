import { characterEntities } from 'character-entities'
import { describe, expect, it } from 'vitest'
import { MAX_NESTING, MAX_STORAGE_CHARACTERS, parseXml, type XmlNode } from '../../../src/core/content/parse-xml.ts'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { macro, pageText, plainBody } from './page-text.ts'

describe('strict parsing', () => {
  it('knows all named HTML entities', () => {
    const names = Object.keys(characterEntities)
    expect(names.length).toBeGreaterThan(2_000)
    const { root, isDegraded } = parseXml(names.map((name) => `&${name};`).join('|'))
    expect(isDegraded).toBe(false)
    expect(root.children).toEqual([Object.values(characterEntities).join('|')])
  })

  it('decodes the entities that pages hold most', () => {
    expect(pageText('<p>&rsquo;&auml;&sbquo;&hellip;&euro;&#8364;&#x20ac; a&nbsp;b &lt;tag&gt; &amp;nbsp;</p>')).toBe(
      '’ä‚…€€€ a b <tag> &nbsp;',
    )
  })

  it('joins text and CDATA sections', () => {
    expect(parseXml('<p>a<![CDATA[<b>]]]]><![CDATA[>]]>c</p>').root.children).toEqual([
      { name: 'p', attributes: {}, children: ['a<b>]]>c'] },
    ])
  })

  it('accepts pages without any element, and an empty one', () => {
    expect(parseXml('plain')).toMatchObject({ isDegraded: false, root: { children: ['plain'] } })
    expect(parseXml('')).toMatchObject({ isDegraded: false, root: { children: [] } })
  })
})

describe('damaged pages', () => {
  const damaged: [name: string, storage: string, text: string][] = [
    ['a bare ampersand', '<p>R&D &amp; Q&A&nbsp;x</p>', 'R&D & Q&A x'],
    ['an unclosed line break', '<p>a<br>b</p><p>c</p>', 'a\nb\n\nc'],
    ['a missing end', '<p>a <b>b</p><p>c</p>', 'a b\n\nc'],
    ['a surplus end', '<p>a</p></div><p>b</p>', 'a\n\nb'],
    ['an attribute without quotes', '<p class=x>a</p>', 'a'],
    ['an unknown entity', '<p>a &nosuch; b</p>', 'a &nosuch; b'],
    ['an entity that is a property of every object', '<p>&constructor; &toString;</p>', '&constructor; &toString;'],
    ['a control character', '<p>a\u0001b\u0000</p>', 'ab'],
    ['upper-case names', '<P>a</P><p>b', 'a\n\nb'],
    [
      'code',
      `<p>a & b</p>${macro('code', plainBody('if (a < b && c) &nbsp;'))}`,
      'a & b\n\n```\nif (a < b && c) &nbsp;\n```',
    ],
    [
      'entities in attributes',
      '<p>&</p><ac:link><ri:page ri:content-title="A &amp; &uuml;" /></ac:link>',
      '&\n\nA & ü',
    ],
  ]
  // Each ends the element in question nowhere: what follows it must not vanish inside.
  const unended: [name: string, start: string][] = [
    ['macro', '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Alpha</p></ac:rich-text-body>'],
    ['macro body', '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Alpha</p>'],
    ['unknown macro', '<ac:structured-macro ac:name="x"><ac:parameter ac:name="y">no</ac:parameter>Alpha'],
    ['link', '<ac:link><ri:page ri:content-title="Alpha" />'],
    ['page in a link', '<ac:link><ri:page ri:content-title="Alpha">'],
    ['attachment in a link', '<ac:link><ri:attachment ri:filename="Alpha">'],
    ['image', '<ac:image ac:alt="Alpha"><ri:attachment ri:filename="i.png" />'],
    ['image file', '<ac:image ac:alt="Alpha"><ri:attachment ri:filename="i.png">'],
    ['emoticon', '<ac:emoticon ac:emoji-fallback="Alpha">'],
    ['date', '<time datetime="Alpha">'],
    ['table', '<table><tbody><tr><td>Alpha</td><td>b</td></tr>'],
    ['row', '<table><tr><td>Alpha</td><td>b</td>'],
    ['cell', '<table><tr><td>Alpha</td><td>b'],
    ['list', '<ul><li>Alpha</li>'],
    ['task', '<ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>Alpha</ac:task-body>'],
    ['panel of the new editor', '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-content>Alpha</ac:adf-content>'],
    ['heading', '<h2>Alpha'],
    ['quotation', '<blockquote>Alpha'],
  ]
  it.each(unended)('keeps what follows a %s without an end', (_name, start) => {
    const text = pageText(`${start}<p>The rest of</p><p>the page.</p>`)
    for (const word of ['Alpha', 'The rest of', 'the page.']) expect(text).toContain(word)
  })

  it('takes code without an end to the end of the page', () => {
    const storage = `<p>Alpha</p><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[x < 1\n<p>b</p>`
    expect(parseStorage(storage).isDegraded).toBe(true)
    expect(pageText(storage)).toBe('Alpha\n\n```\nx < 1\n<p>b</p>\n```')
  })

  it.each(damaged)('keeps the text of a page with %s and marks it', (_name, storage, text) => {
    expect(parseStorage(storage).isDegraded).toBe(true)
    expect(pageText(storage)).toBe(text)
  })
})

it('does not take unclosed line breaks for nesting', () => {
  expect(parseStorage(`<p>a${'<br>x'.repeat(300)}</p><p>b</p>`).blocks).toHaveLength(2)
})

describe('hostile pages', () => {
  it('declares no entities of its own', () => {
    const bomb =
      '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><p>x &b; &f;</p>'
    expect(parseStorage(bomb).isDegraded).toBe(true)
    expect(pageText(bomb)).toContain('x &b; &f;')
  })

  const deep = 100_000
  const bombs: [name: string, storage: string][] = [
    ['100,000 nested elements', `${'<b>'.repeat(deep)}core${'</b>'.repeat(deep)}`],
    ['100,000 elements without an end', `core ${'<div>'.repeat(deep)}`],
    ['100,000 unclosed line breaks', `<p>core ${'<br>'.repeat(deep)}</p>`],
    ['100,000 nested lists', `core ${'<ul><li>'.repeat(deep)}`],
    ['100,000 bare brackets', `core ${'< '.repeat(deep)}${'<'.repeat(deep)}`],
    ['100,000 ampersands', `core ${'&'.repeat(deep)}`],
    ['100,000 cells', `<p>core</p><table>${'<tr><td>a</td><td>b</td></tr>'.repeat(deep / 2)}</table>`],
    ['100,000 siblings', `<p>core</p>${'<p>a</p>'.repeat(deep)}<ul>${'<li>a</li>'.repeat(deep)}</ul>`],
    ['100,000 spaces between elements', `core ${'<b> </b>'.repeat(deep)}x`],
    ['millions of empty lines of code', `<p>core</p><pre>${'\n'.repeat(4_800_000)}x</pre>`],
    ['100,000 unclosed CDATA sections', `core ${'<![CDATA['.repeat(deep)}`],
    ['100,000 unclosed comments and instructions', `core ${'<!-- '.repeat(deep)}${'<?x '.repeat(deep)}`],
    ['100,000 entities without an end', `core ${'&a'.repeat(deep)}`],
    ['NUL and lone surrogates', `core ${'\u0000\ud800 \udc00'.repeat(deep)}`],
    ['an html macro of 100,000 nested elements', macro('html', plainBody(`core ${'<div>'.repeat(deep)}`))],
  ]
  it.each(bombs)('survives %s', (_name, storage) => expect(pageText(storage)).toContain('core'))

  it('parses what is nested as deeply as allowed strictly, and no deeper', () => {
    expect(nestedElements(MAX_NESTING)).toMatchObject({ isDegraded: false })
    expect(depthOf(nestedElements(MAX_NESTING).root)).toBe(MAX_NESTING + 2)
    const tooDeep = nestedElements(MAX_NESTING + 1)
    expect(tooDeep.isDegraded).toBe(true)
    expect(depthOf(tooDeep.root)).toBe(2)
  })

  it('cuts what is longer than Confluence allows', () => {
    const page = parseStorage(`<p>core ${'x'.repeat(MAX_STORAGE_CHARACTERS)}</p>`)
    expect(page.isDegraded).toBe(true)
    expect(pageText(`<p>core ${'x'.repeat(MAX_STORAGE_CHARACTERS)} end</p>`)).not.toContain('end')
  })

  // Each level reads the text of all deeper ones again: without an end, megabytes in a hundred levels take half a minute.
  it('renders lines inside each other to a depth, and deeper ones as bare text', () => {
    const mark = '<ac:emoticon ac:emoji-fallback="✅" />core'
    expect(pageText(nested('<ac:link><ac:link-body>', mark, '</ac:link-body></ac:link>', 8))).toBe('✅core')
    for (const [open, close] of [
      ['<ac:link><ac:link-body>', '</ac:link-body></ac:link>'],
      ['<ac:image><ac:caption>', '</ac:caption></ac:image>'],
      ['<table><caption>', '</caption></table>'],
    ] as const)
      expect(pageText(nested(open, mark, close, 60))).toBe('core')
    expect(pageText(nested('<del>', mark, '</del>', 60))).toMatch(/^~+core~+$/)
  })

  it('renders lists inside each other to a depth, and deeper ones as text of their item', () => {
    const lines = pageText(nested('<ul><li>', 'core', '</li></ul>', 10))
    expect(lines).toBe('- core')
    expect(pageText(nested('<ul><li>a', '<ul><li>core</li></ul>', '</li></ul>', 9))).toMatch(/\n {2,}- core$/)
    expect(pageText(nested('<ul><li>a', '<ul><li>core</li></ul>', '</li></ul>', 10))).toMatch(/\n {2,}core$/)
  })

  it('does not let spans or nested tables multiply a page', () => {
    const wide = '<table><tr><td colspan="1000000000" rowspan="1000000000">text</td><td>b</td></tr></table>'
    expect(pageText(wide).length).toBeLessThan(2_000)
    const tables = nested('<table><tr><td colspan="100">', 'seed', '</td><td>b</td></tr></table>', 50)
    expect(pageText(tables).length).toBeLessThan(500_000)
  })

  it('does not unpack an html macro that an html macro holds', () => {
    const inner =
      '<ac:structured-macro ac:name="html"><ac:plain-text-body>&lt;p&gt;inner&lt;/p&gt;</ac:plain-text-body></ac:structured-macro>'
    expect(pageText(macro('html', plainBody(inner)))).toBe('```\n<p>inner</p>\n```')
  })
})

function nested(open: string, inside: string, close: string, depth: number): string {
  return open.repeat(depth) + inside + close.repeat(depth)
}

function depthOf(node: XmlNode): number {
  return typeof node === 'string' ? 1 : 1 + Math.max(0, ...node.children.map(depthOf))
}

function nestedElements(depth: number) {
  return parseXml('<i>'.repeat(depth) + 'x' + '</i>'.repeat(depth))
}
