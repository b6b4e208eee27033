import { expect, it } from 'vitest'
import { chunkPage } from '../../../src/core/content/chunk.ts'
import { docx, paragraph } from './office-files.ts'
import { read, readBlocks } from './read.ts'

const styles = `
  <w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
  <w:style w:styleId="Own"><w:name w:val="Company head"/><w:basedOn w:val="H2"/></w:style>
  <w:style w:styleId="H2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
  <w:style w:styleId="Loop"><w:name w:val="x"/><w:basedOn w:val="Loop"/></w:style>
  <w:style w:styleId="Toc"><w:name w:val="toc 1"/></w:style>
  <w:style w:styleId="Q"><w:name w:val="Quote"/></w:style>`

function level(ilvl: number, format: string, text: string, more = ''): string {
  return `<w:lvl w:ilvl="${ilvl}"><w:start w:val="1"/><w:numFmt w:val="${format}"/>${more}<w:lvlText w:val="${text}"/></w:lvl>`
}

const numbering = `
  <w:abstractNum w:abstractNumId="0">${level(0, 'decimal', '%1.')}${level(1, 'lowerLetter', '%2)')}${level(2, 'upperRoman', '%3.')}</w:abstractNum>
  <w:abstractNum w:abstractNumId="1">${level(0, 'bullet', '·')}</w:abstractNum>
  <w:abstractNum w:abstractNumId="2">${level(0, 'decimal', '%1')}${level(1, 'decimal', '%1.%2', '<w:pStyle w:val="H2"/>')}</w:abstractNum>
  <w:abstractNum w:abstractNumId="3"><w:styleLink w:val="Steps"/>${level(0, 'upperLetter', '%1.')}</w:abstractNum>
  <w:abstractNum w:abstractNumId="4"><w:numStyleLink w:val="Steps"/></w:abstractNum>
  <w:num w:numId="5"><w:abstractNumId w:val="4"/></w:num>
  <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
  <w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
  <w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
  <w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`

function style(id: string): string {
  return `<w:pStyle w:val="${id}"/>`
}

function inList(list: number, depth = 0): string {
  return `<w:numPr><w:ilvl w:val="${depth}"/><w:numId w:val="${list}"/></w:numPr>`
}

function cell(content: string, properties = ''): string {
  return `<w:tc><w:tcPr>${properties}</w:tcPr>${content}</w:tc>`
}

it('reads headings, inherited and numbered ones too, and leaves out the table of contents', async () => {
  const file = docx(
    paragraph('Travel ....... 1', style('Toc')) +
      paragraph('Travel', style('H1')) +
      paragraph('Book early.') +
      paragraph('Trains', style('H2')) +
      paragraph('Own rules', style('Own')) +
      paragraph('Said', style('Q')) +
      paragraph('Direct', '<w:outlineLvl w:val="2"/>') +
      paragraph('End', style('Loop')),
    { styles, numbering },
  )
  expect(await readBlocks(file)).toEqual([
    { kind: 'heading', level: 1, text: 'Travel' },
    { kind: 'paragraph', text: 'Book early.' },
    { kind: 'heading', level: 2, text: '1.1 Trains' },
    { kind: 'heading', level: 2, text: '1.2 Own rules' },
    { kind: 'quote', text: 'Said' },
    { kind: 'heading', level: 3, text: 'Direct' },
    { kind: 'paragraph', text: 'End' },
  ])
})

it('counts numbered lists as Word shows them', async () => {
  const body = [
    paragraph('first', inList(1)),
    paragraph('inner', inList(1, 1)),
    paragraph('inner again', inList(1, 1)),
    paragraph('innermost', inList(1, 2)),
    paragraph('second', inList(1)),
    paragraph('inner anew', inList(1, 1)),
    paragraph('between'),
    paragraph('third', inList(1)),
    paragraph('bullet', inList(2)),
    paragraph('restarted', inList(4)),
    paragraph('by a style', inList(5)),
    paragraph('at no level', inList(1, -4294967296)),
    paragraph('no list', inList(0)),
  ]
  expect(await readBlocks(docx(body.join(''), { numbering }))).toEqual([
    { kind: 'list', text: '1. first\n  a) inner\n  b) inner again\n    I. innermost\n2. second\n  a) inner anew' },
    { kind: 'paragraph', text: 'between' },
    { kind: 'list', text: '3. third\n- bullet\n1. restarted\nA. by a style\n2. at no level' },
    { kind: 'paragraph', text: 'no list' },
  ])
})

it('reads tables with merged cells, and those that only arrange text as text', async () => {
  const span = '<w:gridSpan w:val="2"/>'
  const rows = [
    `<w:tr><w:trPr><w:tblHeader/></w:trPr>${cell(paragraph('City'))}${cell(paragraph('Limits'), span)}</w:tr>`,
    `<w:tr>${cell(paragraph('Bern'), '<w:vMerge w:val="restart"/>')}${cell(paragraph('day'))}${cell(paragraph('40'))}</w:tr>`,
    `<w:tr>${cell(paragraph(''), '<w:vMerge/>')}${cell(paragraph('night'))}${cell(paragraph('90') + paragraph('or less', inList(2)))}</w:tr>`,
  ]
  const layout = `<w:tbl><w:tr>${cell(paragraph('Note well', style('H1')) + paragraph('inside'))}</w:tr></w:tbl>`
  expect(
    await readBlocks(
      docx(`<w:sdt><w:sdtContent><w:tbl>${rows.join('')}</w:tbl></w:sdtContent></w:sdt>${layout}`, {
        styles,
        numbering,
      }),
    ),
  ).toEqual([
    {
      kind: 'table',
      headerRows: 1,
      rows: [
        ['City', 'Limits', 'Limits'],
        ['Bern', 'day', '40'],
        ['Bern', 'night', '90 or less'],
      ],
    },
    { kind: 'heading', level: 1, text: 'Note well' },
    { kind: 'paragraph', text: 'inside' },
  ])
})

function tableLooking(look: string): string {
  const rows = [
    ['A', 'B'],
    ['1', '2'],
  ].map((texts) => `<w:tr>${texts.map((text) => cell(paragraph(text))).join('')}</w:tr>`)
  return `<w:tbl><w:tblPr><w:tblLook ${look}/></w:tblPr>${rows.join('')}</w:tbl>`
}

it('takes the first row as header when the look of the table says so', async () => {
  const blocks = await readBlocks(
    docx(tableLooking('w:val="04A0"') + tableLooking('w:firstRow="1"') + tableLooking('w:val="0480" w:firstRow="0"')),
  )
  expect(blocks.map((block) => block.kind === 'table' && block.headerRows)).toEqual([1, 1, 0])
})

function run(text: string, properties = ''): string {
  return `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`
}

function box(text: string): string {
  return `<w:txbxContent>${paragraph(text)}</w:txbxContent>`
}

it('reads what is seen: no deleted or hidden text, no field codes, notes and text boxes once', async () => {
  const body = `<w:p>${run('Pay')}<w:r><w:tab/></w:r><w:ins>${run('40')}</w:ins><w:del><w:r><w:delText>30</w:delText></w:r></w:del>
    <w:r><w:noBreakHyphen/></w:r>${run('secret', '<w:vanish/>')}${run('shown', '<w:vanish w:val="0"/>')}
    <w:r><w:instrText>PAGE</w:instrText></w:r><w:hyperlink>${run(' here')}</w:hyperlink><w:r><w:footnoteReference w:id="2"/></w:r>
    <w:r><mc:AlternateContent><mc:Choice>${box('boxed')}</mc:Choice><mc:Fallback>${box('boxed')}</mc:Fallback></mc:AlternateContent></w:r></w:p>`
  const footnotes = `<w:footnote w:id="2">${paragraph('only once')}</w:footnote>`
  expect(await readBlocks(docx(body, { footnotes }))).toEqual([
    { kind: 'paragraph', text: 'Pay 40-shown here (note: only once)' },
    { kind: 'paragraph', text: 'boxed' },
  ])
})

it('gives blocks that can be chunked with their headings', async () => {
  const file = docx(paragraph('Travel', style('H1')) + paragraph('Book early.'), { styles })
  expect(chunkPage(await readBlocks(file))).toEqual([
    { ordinal: 0, headingPath: ['Travel'], anchor: 'Travel', text: 'Book early.' },
  ])
})

it.each([
  ['is not well-formed', '<w:p><w:r><w:t>text</w:r></w:p>'],
  ['is nested without end', '<w:p>'.repeat(2000) + '</w:p>'.repeat(2000)],
  ['refers to an entity of its own', '<w:p><w:r><w:t>&lol;</w:t></w:r></w:p>'],
])('calls a document damaged that %s', async (_what, body) => {
  expect(await read(docx(body), 'a.docx')).toEqual({
    kind: 'failed',
    code: 'corrupt',
    reason: '“a.docx” is damaged: its content does not follow its file format.',
  })
})

it('keeps the beginning of a document that is too long, and says so', async () => {
  const outcome = await read(docx(paragraph('0123456789').repeat(5)), 'a.docx', { maxCharacters: 55 })
  expect(outcome).toMatchObject({ kind: 'extracted', cut: 'characters' })
  expect(outcome.kind === 'extracted' && outcome.blocks.map((block) => 'text' in block && block.text)).toEqual([
    '0123456789',
    '0123456789',
    '01234',
  ])
})
