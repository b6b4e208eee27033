import { expect, it } from 'vitest'
import { sheetOf, xlsx } from './office-files.ts'
import { read, readBlocks } from './read.ts'

it('reads each sheet as a heading, what stands above its table, and the table', async () => {
  const file = xlsx({
    Budget: sheetOf([['Budget of the year'], [], ['Team', 'Euro'], ['Sales', 1200.5], [], ['', 'unknown']]),
    Hidden: sheetOf([['secret', 'numbers']]),
    Empty: '<sheetData/>',
    'R &amp; D': sheetOf([[1, 2]]),
  })
  expect(await read(file, 'b.xlsx')).toEqual({
    kind: 'extracted',
    format: 'xlsx',
    cut: undefined,
    pageCount: 4,
    blocks: [
      { kind: 'heading', level: 1, text: 'Budget' },
      { kind: 'paragraph', text: 'Budget of the year' },
      {
        kind: 'table',
        headerRows: 1,
        rows: [
          ['Team', 'Euro'],
          ['Sales', '1200.5'],
          ['', 'unknown'],
        ],
      },
      { kind: 'heading', level: 1, text: 'R & D' },
      { kind: 'table', headerRows: 0, rows: [['1', '2']] },
    ],
  })
})

const styles = `<numFmts><numFmt numFmtId="164" formatCode="#,##0.00\\ &quot;CHF&quot;"/><numFmt numFmtId="165" formatCode="dd.mm.yyyy"/><numFmt numFmtId="166" formatCode=";;;"/><numFmt numFmtId="167" formatCode="[bad"/></numFmts>
  <cellStyleXfs><xf numFmtId="10"/></cellStyleXfs>
  <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="10"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="20"/></cellXfs>`

async function readCells(cells: string, workbook = ''): Promise<string[]> {
  const sharedStrings = '<si><t>shared</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>reading</t></rPh></si>'
  const file = xlsx(
    { A: `<sheetData><row>${cells}<c><v>9</v></c></row></sheetData>` },
    { styles, sharedStrings, workbook },
  )
  const [, table] = await readBlocks(file)
  return table?.kind === 'table' ? (table.rows[0]?.slice(0, -1) ?? []) : []
}

it.each([
  ['a whole number', '<c><v>42</v></c>', '42'],
  ['a number that was not exact', '<c><v>0.30000000000000004</v></c>', '0.3'],
  ['a day', '<c s="1"><v>45292</v></c>', '2024-01-01'],
  ['a moment', '<c s="5"><v>45292.75</v></c>', '2024-01-01 18:00'],
  ['a time', '<c s="8"><v>0.5</v></c>', '12:00'],
  ['a day in a format of the file', '<c s="4"><v>45292</v></c>', '01.01.2024'],
  ['a share', '<c s="2"><v>0.0825</v></c>', '8.25%'],
  ['an amount', '<c s="3"><v>1234567.5</v></c>', '1,234,567.50 CHF'],
  ['a shared text', '<c t="s"><v>0</v></c>', 'shared'],
  ['a rich text without its reading aid', '<c t="s"><v>1</v></c>', 'rich text'],
  ['a formula by its last value', '<c t="str"><f>A1&amp;B1</f><v>joined</v></c>', 'joined'],
  ['a number that a formula gave', '<c s="2"><f>1/4</f><v>0.25</v></c>', '25.00%'],
  ['a truth', '<c t="b"><v>1</v></c>', 'TRUE'],
  ['an error', '<c t="e"><v>#N/A</v></c>', '#N/A'],
  ['an ISO day', '<c t="d"><v>2024-01-01T10:00</v></c>', '2024-01-01 10:00'],
  ['a number that its format hides', '<c s="6"><v>7</v></c>', '7'],
  ['a number in a broken format', '<c s="7"><v>7</v></c>', '7'],
  ['a day that no calendar has', '<c s="1"><v>99999999</v></c>', '99999999'],
])('shows %s as people see it', async (_what, cell, text) => {
  expect(await readCells(cell)).toEqual([text])
})

it('counts days from 1904 where the workbook does', async () => {
  expect(await readCells('<c s="1"><v>43830</v></c>', '<workbookPr date1904="1"/>')).toEqual(['2024-01-01'])
})

it('reads only the cells that are there, whatever size the sheet claims', async () => {
  const sheet = `<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row><row r="1048576"><c r="A1048576"><v>3</v></c></row></sheetData>`
  expect(await readBlocks(xlsx({ Far: sheet }))).toEqual([
    { kind: 'heading', level: 1, text: 'Far' },
    {
      kind: 'table',
      headerRows: 0,
      rows: [
        ['1', '2'],
        ['3', ''],
      ],
    },
  ])
})

it('reads as many sheets as are allowed, and says when there are more', async () => {
  const file = xlsx({ One: sheetOf([['a']]), Two: sheetOf([['b']]), Three: sheetOf([['c']]) })
  const outcome = await read(file, 'three.xlsx', { maxPages: 2 })
  expect(outcome).toMatchObject({ cut: 'pages', pageCount: 3 })
  expect(outcome.kind === 'extracted' && outcome.blocks.map((block) => 'text' in block && block.text)).toEqual([
    'One',
    'a',
    'Two',
    'b',
  ])
})

it('says of a workbook without text that it has none', async () => {
  expect(await read(xlsx({ Empty: '<sheetData/>' }), 'e.xlsx')).toMatchObject({ kind: 'failed', code: 'no_text' })
})
