import { describe, expect, it } from 'vitest'
import { read, readBlocks } from './read.ts'

function utf16(text: string, mark: 'with mark' | 'without', isBigEndian = false): Uint8Array {
  const bytes = Buffer.from((mark === 'with mark' ? '\uFEFF' : '') + text, 'utf16le')
  return new Uint8Array(isBigEndian ? bytes.swap16() : bytes)
}

describe('plain text', () => {
  it.each([
    ['UTF-8', new TextEncoder().encode('Grüße – für 5 €')],
    ['UTF-8 with its mark', new TextEncoder().encode('\uFEFFGrüße – für 5 €')],
    ['Windows-1252', new Uint8Array(Buffer.from('Gr\xFC\xDFe \x96 f\xFCr 5 \x80', 'latin1'))],
    ['UTF-16', utf16('Grüße – für 5 €', 'with mark')],
    ['UTF-16, big-endian', utf16('Grüße – für 5 €', 'with mark', true)],
    ['UTF-16 without its mark', utf16('Grüße – für 5 €', 'without')],
    ['UTF-16, big-endian, without its mark', utf16('Grüße – für 5 €', 'without', true)],
  ])('is read in %s', async (_encoding, bytes) => {
    expect(await readBlocks(bytes, 'a.txt')).toEqual([{ kind: 'paragraph', text: 'Grüße – für 5 €' }])
  })

  it('keeps lines, and parts paragraphs at blank ones', async () => {
    expect(await readBlocks('Main Street 1\r\nBern\r\n \r\n\r\nNext', 'a.txt')).toEqual([
      { kind: 'paragraph', text: 'Main Street 1\nBern' },
      { kind: 'paragraph', text: 'Next' },
    ])
  })

  it('is cut where there is enough, never through a character', async () => {
    const outcome = await read('ab😀', 'a.txt', { maxCharacters: 13 })
    expect(outcome).toMatchObject({ cut: 'characters', blocks: [{ text: 'ab\uFFFD' }] })
  })

  it.each([
    ['nothing', '', 'empty'],
    ['only blanks', ' \n\n ', 'no_text'],
  ])('of %s is a failure', async (_what, text, code) => {
    expect(await read(text, 'a.txt')).toMatchObject({ kind: 'failed', code })
  })
})

it('Markdown keeps its headings, lists, tables and code', async () => {
  const text = [
    '---\ntitle: x\n---\n# Guide\n\nSome **bold** text.\n\n- one\n- two\n',
    '| a | b |\n|---|---|\n| 1 | 2 |\n\nUnder\n=====\n\nText\n\nLess\n----\n\n```sh\nls\n```\n',
  ]
  expect(await readBlocks(text.join('\n'), 'README.md')).toEqual([
    { kind: 'heading', level: 1, text: 'Guide' },
    { kind: 'paragraph', text: 'Some bold text.' },
    { kind: 'list', text: '- one\n- two' },
    {
      kind: 'table',
      headerRows: 1,
      rows: [
        ['a', 'b'],
        ['1', '2'],
      ],
    },
    { kind: 'heading', level: 1, text: 'Under' },
    { kind: 'paragraph', text: 'Text' },
    { kind: 'heading', level: 2, text: 'Less' },
    { kind: 'code', text: 'ls', language: 'sh', title: undefined },
  ])
})

describe('CSV', () => {
  const rows = [
    ['Name', 'Price', 'Note'],
    ['Pen, blue', '1.50', 'says "hi"'],
    ['Ink', '2,00', ''],
  ]
  it.each([
    ['commas', 'Name,Price,Note\r\n"Pen, blue",1.50,"says ""hi"""\r\nInk,"2,00",\r\n'],
    ['semicolons', 'Name;Price;Note\nPen, blue;1.50;"says ""hi"""\nInk;2,00;\n'],
    ['tabs', 'Name\tPrice\tNote\nPen, blue\t1.50\tsays "hi"\nInk\t2,00\t\n'],
    ['a delimiter of its own naming', 'sep=|\nName|Price|Note\nPen, blue|1.50|says "hi"\n\nInk|2,00|\n'],
  ])('is read with %s', async (_what, text) => {
    expect(await readBlocks(text, 'p.csv')).toEqual([{ kind: 'table', headerRows: 1, rows }])
  })

  it('is read in UTF-16 and Windows-1252, and keeps a line end inside quotation marks as a space', async () => {
    const expected = [
      {
        kind: 'table',
        headerRows: 1,
        rows: [
          ['Ort', 'Gruß'],
          ['Bern', 'a b'],
        ],
      },
    ]
    expect(await readBlocks(utf16('Ort\tGruß\nBern\t"a\nb"', 'with mark'), 'p.csv')).toEqual(expected)
    expect(await readBlocks(new Uint8Array(Buffer.from('Ort;Gru\xDF\nBern;"a\nb"', 'latin1')), 'p.csv')).toEqual(
      expected,
    )
  })

  it('of numbers only has no header', async () => {
    expect(await readBlocks('1,2\n3,4', 'n.csv')).toEqual([
      {
        kind: 'table',
        headerRows: 0,
        rows: [
          ['1', '2'],
          ['3', '4'],
        ],
      },
    ])
  })

  it('that is none is read as text', async () => {
    expect(await readBlocks('Dear all,\n"unclosed, and so on', 'n.csv')).toEqual([
      { kind: 'paragraph', text: 'Dear all,\n"unclosed, and so on' },
    ])
  })

  it('of nothing but delimiters does not fill the memory', async () => {
    const outcome = await read(`a${','.repeat(999)}\n`.repeat(500), 'n.csv', { maxCharacters: 5_000 })
    expect(outcome).toMatchObject({ kind: 'extracted', cut: 'characters', blocks: [{ rows: { length: 4 } }] })
  })
})
