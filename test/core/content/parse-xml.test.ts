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

  it('does not let spans or nested tables multiply a page', () => {
    const wide = '<table><tr><td colspan="1000000000" rowspan="1000000000">text</td><td>b</td></tr></table>'
    expect(pageText(wide).length).toBeLessThan(2_000)
    const nested = (depth: number): string =>
      depth === 0 ? 'seed' : `<table><tr><td colspan="100">${nested(depth - 1)}</td><td>b</td></tr></table>`
    expect(pageText(nested(50)).length).toBeLessThan(500_000)
  })

  it('does not unpack an html macro that an html macro holds', () => {
    const inner =
      '<ac:structured-macro ac:name="html"><ac:plain-text-body>&lt;p&gt;inner&lt;/p&gt;</ac:plain-text-body></ac:structured-macro>'
    expect(pageText(macro('html', plainBody(inner)))).toBe('```\n<p>inner</p>\n```')
  })
})

function depthOf(node: XmlNode): number {
  return typeof node === 'string' ? 1 : 1 + Math.max(0, ...node.children.map(depthOf))
}

function nestedElements(depth: number) {
  return parseXml('<i>'.repeat(depth) + 'x' + '</i>'.repeat(depth))
}
