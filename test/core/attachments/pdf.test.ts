import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { chunkPage } from '../../../src/core/content/chunk.ts'
import { line, pdf, pdfOf, taggedPdf, type Tagged } from './pdf-files.ts'
import { read, readBlocks } from './read.ts'

const body = line('Everybody may travel by train, and should', 50, 700) + line('do so whenever it is possi-', 50, 686)

describe('a PDF', () => {
  it('keeps its pages as headings, joins lines to paragraphs, and finds headings and lists by their look', async () => {
    const file = pdf([
      line('Travel', 50, 740, 20) +
        body +
        line('ble at all. It is possible.', 50, 672) +
        line('A new paragraph.', 50, 640),
      line('- by night', 60, 700) +
        line('train', 68, 686) +
        line('- by day', 60, 672) +
        line('2\\) by bus', 60, 658) +
        line('After it.', 50, 620),
      '',
      line('Last page', 50, 700),
    ])
    expect(await read(file, 't.pdf')).toEqual({
      kind: 'extracted',
      format: 'pdf',
      cut: undefined,
      pageCount: 4,
      blocks: [
        { kind: 'heading', level: 1, text: 'Page 1' },
        { kind: 'heading', level: 2, text: 'Travel' },
        {
          kind: 'paragraph',
          text: 'Everybody may travel by train, and should do so whenever it is possible at all. It is possible.',
        },
        { kind: 'paragraph', text: 'A new paragraph.' },
        { kind: 'heading', level: 1, text: 'Page 2' },
        { kind: 'list', text: '- by night train\n- by day\n2. by bus' },
        { kind: 'paragraph', text: 'After it.' },
        { kind: 'heading', level: 1, text: 'Page 4' },
        { kind: 'paragraph', text: 'Last page' },
      ],
    })
  })

  it('names its page in the heading path of every chunk', async () => {
    const chunks = chunkPage(await readBlocks(pdf([line('One', 50, 700), line('Two', 50, 700)])))
    expect(chunks.map(({ headingPath, text }) => [headingPath, text])).toEqual([
      [['Page 1'], 'One'],
      [['Page 2'], 'Two'],
    ])
  })

  it('reads columns one after the other, and words that were set apart as words', async () => {
    const file = pdf([
      line('left one', 50, 700) +
        line('left two', 50, 686) +
        line('right one', 300, 700) +
        line('right two', 300, 686) +
        line('Total', 50, 600) +
        line('42', 200, 600),
    ])
    expect((await readBlocks(file)).map((block) => 'text' in block && block.text)).toEqual([
      'Page 1',
      'left one left two',
      'right one right two',
      'Total 42',
    ])
  })

  it('loses what only repeats itself or counts at the top and bottom of its pages, not what merely stands there', async () => {
    const pages = [1, 2, 3, 4].map((number) =>
      [
        line('Guide of Example', 50, 800),
        line(`Subject ${number * number}`, 50, 700),
        line('Again and again', 50, 400),
        line(`Total ${number * 30}`, 50, 300),
        line(`- ${number} -`, 50, 20),
      ].join(''),
    )
    const places = ['north', 'south', 'east', 'west'].map(
      (place, index) => line(place, 50, 700) + line('so much', 50, 650) + line(`Total ${(index + 1) * 30}`, 50, 600),
    )
    const texts = (await readBlocks(pdf([...pages, ...places]))).map((block) => 'text' in block && block.text)
    expect(texts.filter((text) => text === 'Guide of Example').length).toBe(2)
    expect(texts.filter((text) => text === '- 1 -').length).toBe(1)
    expect(texts.filter((text) => /[234] -$/.test(String(text)))).toEqual([])
    for (const kept of ['Again and again', 'Subject 16', 'Total 30', 'Total 60', 'Total 120'])
      expect(texts.filter((text) => text === kept).length).toBe(
        kept === 'Again and again' ? 4 : kept.startsWith('T') ? 2 : 1,
      )
  })

  it('keeps titles that count like its pages', async () => {
    const pages = [1, 2, 3].map((number) => line(`Step ${number}`, 50, 780, 20) + body)
    const headings = (await readBlocks(pdf(pages))).flatMap((block) => (block.kind === 'heading' ? block.text : []))
    expect(headings).toEqual(['Page 1', 'Step 1', 'Page 2', 'Step 2', 'Page 3', 'Step 3'])
  })

  it('keeps the hyphen of words that it writes with one elsewhere', async () => {
    const file = pdf([line('The read-only mode. It is a read-', 50, 700) + line('only mode.', 50, 686)])
    expect(await readBlocks(file)).toContainEqual({
      kind: 'paragraph',
      text: 'The read-only mode. It is a read-only mode.',
    })
  })

  it('is read compressed', async () => {
    const content = deflateSync(line('packed', 50, 700))
    expect(await readBlocks(pdf([{ dictionary: '/Filter /FlateDecode', content }]))).toContainEqual({
      kind: 'paragraph',
      text: 'packed',
    })
  })

  it('is read up to the page that is allowed', async () => {
    const outcome = await read(pdf(Array.from({ length: 9 }, (_page, index) => line(`n${index}`, 50, 700))), 'p.pdf', {
      maxPages: 2,
    })
    expect(outcome).toMatchObject({ cut: 'pages', pageCount: 9 })
    expect(outcome.kind === 'extracted' && outcome.blocks.length).toBe(4)
  })

  it('is cut inside a page that holds more text than is allowed', async () => {
    const outcome = await read(pdf([line('word', 50, 700).repeat(5000)]), 'p.pdf', { maxCharacters: 100 })
    expect(outcome).toMatchObject({ kind: 'extracted', cut: 'characters' })
  })

  it('without text is told from a damaged one', async () => {
    expect(await read(pdf(['', '0 0 10 10 re f']), 'scan.pdf')).toEqual({
      kind: 'failed',
      code: 'no_text',
      reason: '“scan.pdf” holds no text, only pictures or empty pages.',
    })
  })

  it.each([
    ['that only begins like one', new TextEncoder().encode('%PDF-1.7\nnothing more')],
    ['whose catalog is missing', pdfOf(['<< /Type /Nothing >>'])],
    ['that is cut off', pdf([line('x', 50, 700)]).subarray(0, 90)],
  ])('%s is damaged', async (_what, bytes) => {
    expect(await read(bytes, 'x.pdf')).toMatchObject({ kind: 'failed', code: 'corrupt' })
  })

  it('with a password is told as such', async () => {
    const encryption = `/ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'11'.repeat(32)}> /U <${'22'.repeat(32)}> >>`
    expect(await read(pdf([line('secret', 50, 700)], encryption), 's.pdf')).toMatchObject({
      kind: 'failed',
      code: 'encrypted',
    })
  })
})

describe('a tagged PDF', () => {
  const tree: Tagged = [
    'Document',
    ['H1', 'Travel'],
    ['Ueberschrift', 'By', 'train'],
    ['P', 'Take ', ['Link', 'this'], 'route.'],
    [
      'L',
      ['LI', ['Lbl', '1.'], ['LBody', 'book', ['L', ['LI', ['LBody', 'early']]]]],
      ['LI', ['Lbl', '2.'], ['LBody', 'pay']],
    ],
    [
      'Table',
      ['THead', ['TR', ['TH', 'City'], ['TH', 'Limit']]],
      ['TBody', ['TR', ['TD', ['P', 'Bern']], ['TD', '40']]],
    ],
    ['TOC', ['TOCI', 'Travel ... 1']],
  ]

  it('keeps its headings, lists and tables, and loses its headers and footers', async () => {
    const furniture = `/P << /MCID 0 >> BDC /Artifact BMC\n${line('Inside a text', 50, 30)}EMC EMC\n/Artifact << /Type /Pagination >> BDC\n${line('Confidential, page 1 of 1, and more words than would be left out', 50, 20)}EMC\n`
    expect(await readBlocks(taggedPdf(tree, furniture))).toEqual([
      { kind: 'heading', level: 1, text: 'Page 1' },
      { kind: 'heading', level: 2, text: 'Travel' },
      { kind: 'heading', level: 3, text: 'By train' },
      { kind: 'paragraph', text: 'Take this route.' },
      { kind: 'list', text: '1. book\n  - early\n2. pay' },
      {
        kind: 'table',
        headerRows: 1,
        rows: [
          ['City', 'Limit'],
          ['Bern', '40'],
        ],
      },
    ])
  })

  it('is read by its look when the tags leave text out', async () => {
    const blocks = await readBlocks(
      taggedPdf(['Document', ['P', 'tagged']], line('and much that is not tagged at all', 50, 400)),
    )
    expect(blocks).toEqual([
      { kind: 'heading', level: 1, text: 'Page 1' },
      { kind: 'paragraph', text: 'tagged' },
      { kind: 'paragraph', text: 'and much that is not tagged at all' },
    ])
  })
})
