import { describe, expect, it } from 'vitest'
import type { Block } from '../../../src/core/content/block.ts'
import { chunkPage } from '../../../src/core/content/chunk.ts'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { fc } from '../../support/property.ts'
import { macro, parameter } from './page-text.ts'

const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: 'heading', level, text })
const paragraph = (text: string): Block => ({ kind: 'paragraph', text })
const code = (text: string, title?: string): Block => ({ kind: 'code', text, language: 'sh', title })

describe('chunks', () => {
  it('begin at headings and carry the way down to them', () => {
    const blocks = [
      paragraph('top'),
      heading(1, 'A'),
      paragraph('a'),
      heading(3, 'B'),
      paragraph('b'),
      heading(2, 'C'),
      paragraph('c'),
    ]
    expect(chunkPage(blocks)).toEqual([
      { ordinal: 0, headingPath: [], anchor: undefined, text: 'top' },
      { ordinal: 1, headingPath: ['A'], anchor: 'A', text: 'a' },
      { ordinal: 2, headingPath: ['A', 'B'], anchor: 'B', text: 'b' },
      { ordinal: 3, headingPath: ['A', 'C'], anchor: 'C', text: 'c' },
    ])
  })

  it('number the anchors of repeated headings', () => {
    const blocks = ['Use', 'Use', 'Other', 'Use'].flatMap((text) => [heading(2, text), paragraph('x')])
    expect(chunkPage(blocks).map((chunk) => chunk.anchor)).toEqual(['Use', 'Use.1', 'Other', 'Use.2'])
  })

  it('hold a heading that has nothing below it as text', () => {
    const chunks = chunkPage([heading(1, 'A'), heading(2, 'B'), heading(2, 'C'), paragraph('c'), heading(1, 'D')])
    expect(chunks.map(({ headingPath, text }) => [headingPath, text])).toEqual([
      [['A', 'B'], '## B'],
      [['A', 'C'], 'c'],
      [['D'], '# D'],
    ])
  })

  it('do not exist for a page without text', () => {
    expect(chunkPage([])).toEqual([])
    expect(chunkPage(parseStorage('<p>&nbsp;</p><h1 /><table><tr><td /></tr></table><ul><li /></ul>').blocks)).toEqual(
      [],
    )
  })

  it('keep a table whole that fits into one of its own', () => {
    const rows = [['K', 'V'], ...Array.from({ length: 12 }, (_, n) => [`key ${n}`, `value ${n}`])]
    const chunks = chunkPage([paragraph('p '.repeat(100)), { kind: 'table', rows, headerRows: 1 }], {
      maxChunkCharacters: 300,
    })
    expect(chunks).toHaveLength(2)
    expect(chunks[1]?.text.split('\n')).toHaveLength(13)
  })

  it('repeat the header of a table that they split', () => {
    const rows = [['Key', 'Value'], ...Array.from({ length: 40 }, (_, n) => [`key ${n}`, `value ${n}`])]
    const chunks = chunkPage([{ kind: 'table', rows, headerRows: 1 }], { maxChunkCharacters: 300 })
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.map((chunk) => chunk.text.split('\n')[0])).toEqual(chunks.map(() => '| Key | Value |'))
    expect(chunks.flatMap((chunk) => chunk.text.split('\n').slice(1))).toEqual(
      rows.slice(1).map(([k, v]) => `| ${k} | ${v} |`),
    )
  })

  it('write a row that is longer than a chunk as `Header: value`, the others as rows', () => {
    const table: Block = {
      kind: 'table',
      headerRows: 1,
      rows: [
        ['Name', 'About'],
        ['a', 'short'],
        ['b', 'Said so. '.repeat(40).trim()],
        ['c', 'short'],
      ],
    }
    const chunks = chunkPage([table], { maxChunkCharacters: 200 })
    const lines = chunks.flatMap((chunk) => chunk.text.split('\n')).filter((line) => line !== '')
    expect(lines.slice(0, 3)).toEqual(['| Name | About |', '| a | short |', 'Name: b'])
    expect(lines[3]).toMatch(/^About: Said so\. .* Said so\.$/)
    expect(lines.slice(-2)).toEqual(['| Name | About |', '| c | short |'])
  })

  it('split code at lines, each part fenced and the title on the first', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `  step ${n} --with-an-option`)
    const chunks = chunkPage([code(lines.join('\n'), 'run.sh')], { maxChunkCharacters: 250 })
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks[0]?.text).toMatch(/^run\.sh\n```sh\n {2}step 0 .*\n```$/s)
    for (const chunk of chunks.slice(1)) expect(chunk.text).toMatch(/^```sh\n {2}step \d+ .*\n```$/s)
  })

  it('split prose at the ends of sentences', () => {
    const text = Array.from({ length: 30 }, (_, n) => `Sentence ${n} of version 1.2.3 ends here.`).join(' ')
    const chunks = chunkPage([paragraph(text)], { maxChunkCharacters: 250 })
    expect(chunks.length).toBeGreaterThan(3)
    for (const chunk of chunks) expect(chunk.text).toMatch(/^Sentence .*ends here\.$/)
    expect(chunks.map((chunk) => chunk.text).join(' ')).toBe(text)
  })

  it('split lists between items and leave nested items with theirs', () => {
    const items = Array.from({ length: 20 }, (_, n) => `- item ${n} is here\n  - and has a child`)
    const chunks = chunkPage([{ kind: 'list', text: items.join('\n') }], { maxChunkCharacters: 200 })
    expect(chunks.map((chunk) => chunk.text).join('\n')).toBe(items.join('\n'))
    for (const chunk of chunks) expect(chunk.text).toMatch(/^- .*child$/s)
  })

  it('mark every part of a split quote', () => {
    const chunks = chunkPage([{ kind: 'quote', text: 'Warning: Never do this. '.repeat(30).trim() }], {
      maxChunkCharacters: 200,
    })
    expect(chunks.length).toBeGreaterThan(2)
    for (const chunk of chunks) expect(chunk.text).toMatch(/^> Warning/)
  })

  it('keep a line that ends in a colon with what it introduces', () => {
    const list: Block = { kind: 'list', text: '- item\n'.repeat(20).trim() }
    const chunks = chunkPage([paragraph('word '.repeat(30).trim()), paragraph('Do this:'), list], {
      maxChunkCharacters: 200,
    })
    expect(chunks[1]?.text).toMatch(/^Do this:\n\n- item/)
  })

  it('keep a title with what it introduces, and a short start with what must be split', () => {
    const list: Block = { kind: 'list', text: '- item\n'.repeat(20).trim() }
    const title: Block = { kind: 'paragraph', text: 'Click to see', isLeadIn: true }
    const carried = chunkPage([paragraph('word '.repeat(30).trim()), title, list], { maxChunkCharacters: 200 })
    expect(carried[1]?.text).toMatch(/^Click to see\n\n- item/)
    const long = code(Array.from({ length: 40 }, (_, n) => `step ${n}`).join('\n'))
    const [first, ...others] = chunkPage([paragraph('Run:'), long, paragraph('Done.')], { maxChunkCharacters: 200 })
    expect(first?.text).toMatch(/^Run:\n\n```sh\nstep 0\n.*```$/s)
    expect(others.at(-1)?.text).toMatch(/^```sh\nstep .*```\n\nDone\.$/s)
  })

  it('link to the anchor that an author put into a heading', () => {
    const anchor = macro('anchor', parameter('', 'limits'))
    const storage = `<h2>${anchor}Rate limits</h2><p>a</p>${anchor}<h2>Rate limits</h2><p>b</p>`
    expect(chunkPage(parseStorage(storage).blocks).map((chunk) => [chunk.headingPath, chunk.anchor])).toEqual([
      [['Rate limits'], 'limits'],
      [['Rate limits'], 'Rate limits.1'],
    ])
  })

  it('cut a word without end, but never through a character', () => {
    const text = '😀'.repeat(500)
    const chunks = chunkPage([paragraph(`x${text}`)], { maxChunkCharacters: 200 })
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(`x${text}`)
    for (const chunk of chunks) expect(chunk.text.isWellFormed() && chunk.text.length <= 200).toBe(true)
  })
})

// Every word of the generated blocks is unique (`W0`, `W1`, …), so that coverage is a question of order. A heading's words
// count where a path first shows them. Words of table headers may stand several times, but must stand somewhere.
describe('any page', () => {
  it('is covered by its chunks exactly, in order, within the limit', () => {
    fc.assert(
      fc.property(fc.array(shape(), { maxLength: 25 }), fc.integer({ min: 200, max: 700 }), (shapes, limit) => {
        const blocks = numbered(shapes)
        const chunks = chunkPage(blocks, { maxChunkCharacters: limit })
        expect(chunks.map((chunk) => chunk.ordinal)).toEqual(chunks.map((_, position) => position))
        for (const chunk of chunks) expect(chunk.text.length).toBeLessThanOrEqual(limit)
        for (const chunk of chunks) expect(chunk.text).toMatch(/^ *\S.*\S$/s)

        const headers = new Set(blocks.flatMap(headerWords))
        const shown = chunks.flatMap((chunk) => [...chunk.headingPath.flatMap(words), ...words(chunk.text)])
        const expected = blocks.flatMap(blockWords)
        expect([...new Set(shown)].filter((word) => !headers.has(word))).toEqual(
          expected.filter((word) => !headers.has(word)),
        )
        expect(new Set(shown)).toEqual(new Set(expected))
        const inTexts = chunks.flatMap((chunk) => words(chunk.text)).filter((word) => !headers.has(word))
        expect(inTexts).toEqual([...new Set(inTexts)])
      }),
      { numRuns: 300 },
    )
  })
})

type Shape = { kind: Block['kind']; sizes: number[]; level: 1 | 2 | 3; headerRows: number }

function shape(): fc.Arbitrary<Shape> {
  return fc.record({
    kind: fc.constantFrom<Block['kind']>('heading', 'paragraph', 'list', 'quote', 'code', 'table'),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 14 }),
    level: fc.constantFrom(1, 2, 3),
    headerRows: fc.integer({ min: 0, max: 2 }),
  })
}

function numbered(shapes: Shape[]): Block[] {
  let next = 0
  const phrase = (size: number, glue = ' ') => Array.from({ length: size }, () => `W${next++}`).join(glue)
  return shapes.map(({ kind, sizes, level, headerRows }): Block => {
    if (kind === 'heading') return { kind, level, text: phrase(Math.min(sizes.length, 10)) }
    if (kind === 'code') {
      const title = phrase(1)
      return { kind, text: sizes.map((size) => phrase(size)).join('\n'), language: undefined, title }
    }
    if (kind === 'table') {
      const rows = sizes.map((size) => [phrase(1), phrase(size), phrase(1)])
      return { kind, rows, headerRows: Math.min(headerRows, rows.length) }
    }
    const mark = (line: number) => (kind === 'list' ? `${line % 3 === 1 ? '  ' : ''}- ` : '')
    return { kind, text: sizes.map((size, line) => mark(line) + phrase(size, line % 2 === 1 ? '. ' : ' ')).join('\n') }
  })
}

function words(text: string): string[] {
  return text.match(/W\d+/g) ?? []
}

/** In the order in which they are written. */
function blockWords(block: Block): string[] {
  if (block.kind === 'table') return block.rows.flat().flatMap(words)
  return block.kind === 'code' ? words(`${block.title} ${block.text}`) : words(block.text)
}

function headerWords(block: Block): string[] {
  return block.kind === 'table' ? block.rows.slice(0, block.headerRows).flat().flatMap(words) : []
}
