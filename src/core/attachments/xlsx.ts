// XLSX → blocks: each sheet a heading, then what stands above its table as paragraphs, then the table. Rows are read one
// at a time and only as they are stored: what the file says about the size of a sheet is never used.
import type { Block } from '../content/block.ts'
import { normaliseProse } from '../content/normalise.ts'
import type { XmlElement } from '../content/parse-xml.ts'
import { childElements } from '../content/xml-tree.ts'
import type { BlockSink } from './block-sink.ts'
import { looksLikeHeader } from './header-row.ts'
import { eachSubtree, findRelated, isTrue, listSubtrees, readRelationships } from './office-xml.ts'
import type { ExtractLimits } from './outcome.ts'
import { createCellReader, type CellReader } from './xlsx-cells.ts'
import type { ZipFile } from './zip.ts'

/** Throws UnreadableFile and SinkFull. */
export function readXlsx(zip: ZipFile, mainPart: string, limits: ExtractLimits, sink: BlockSink) {
  const relationships = readRelationships(zip, mainPart)
  const parts = listSubtrees(zip, mainPart, 'workbookPr', 'sheet')
  const sheets = parts.filter((part) => part.name === 'sheet')
  const readCell = createCellReader({
    sharedTexts: listTexts(zip, findRelated(relationships, 'sharedStrings')),
    styles: listSubtrees(zip, findRelated(relationships, 'styles'), 'numFmt', 'cellXfs'),
    countsFrom1904: parts.some((part) => part.name === 'workbookPr' && isTrue(part.attributes['date1904'])),
  })
  for (const sheet of sheets.slice(0, limits.maxPages)) {
    const relationship = relationships.get(sheet.attributes['r:id'] ?? '')
    // A hidden sheet is not seen by those who open the file; a chart sheet has no cells.
    const isShown = (sheet.attributes['state'] ?? 'visible') === 'visible' && relationship?.type === 'worksheet'
    const bytes = isShown ? zip.read(relationship.target) : undefined
    if (bytes !== undefined) readSheet(bytes, normaliseProse(sheet.attributes['name'] ?? '').trim(), readCell, sink)
  }
  return { pageCount: sheets.length, isCut: sheets.length > limits.maxPages }
}

function listTexts(zip: ZipFile, part: string | undefined): string[] {
  const texts: string[] = []
  const bytes = part === undefined ? undefined : zip.read(part)
  if (bytes !== undefined) eachSubtree(bytes, ['si'], (item) => void texts.push(textOf(item)))
  return texts
}

/** Rich text in one, without the reading aids of Japanese (`rPh`). */
function textOf(item: XmlElement): string {
  const texts = childElements(item).flatMap((child) => {
    if (child.name === 't') return child.children.filter((node) => typeof node === 'string')
    return child.name === 'r' ? textOf(child) : []
  })
  return texts.join('')
}

/** The cells of one row that hold anything; columns count from 0. */
type Row = { column: number; text: string }[]

function readSheet(bytes: Uint8Array, name: string, readCell: CellReader, sink: BlockSink): void {
  const rows: Row[] = []
  const columns = new Set<number>()
  let characters = 0
  let hasHeading = false
  eachSubtree(bytes, ['row'], (element) => {
    const row = readRow(element, readCell)
    if (row.length === 0) return
    if (!hasHeading) sink.push({ kind: 'heading', level: 1, text: name === '' ? 'Sheet' : name })
    hasHeading = true
    const [first, second] = row
    if (rows.length === 0 && first !== undefined && second === undefined) {
      sink.push({ kind: 'paragraph', text: first.text })
      return
    }
    rows.push(row)
    for (const cell of row) {
      columns.add(cell.column)
      characters += cell.text.length
    }
    // Enough, the gaps included: the sink cuts the table here and ends the reading.
    if (characters + rows.length * columns.size > sink.room) sink.push(tableOf(rows, columns))
  })
  if (rows.length > 0) sink.push(tableOf(rows, columns))
}

function readRow(row: XmlElement, readCell: CellReader): Row {
  const cells: Row = []
  let column = -1
  for (const cell of childElements(row)) {
    if (cell.name !== 'c') continue
    column = columnOf(cell.attributes['r']) ?? column + 1
    const inline = childElements(cell).find((child) => child.name === 'is')
    const text = inline === undefined ? readCell(cell) : textOf(inline)
    const shown = normaliseProse(text).trim()
    if (shown !== '') cells.push({ column, text: shown })
  }
  return cells
}

/** `AB12` is column 27. Undefined without a reference: the cell stands right of the one before. */
function columnOf(reference: string | undefined): number | undefined {
  const [letters] = /^[A-Z]{1,3}(?=\d)/.exec(reference ?? '') ?? []
  if (letters === undefined) return undefined
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

/** Only columns that hold anything. */
function tableOf(rows: Row[], columns: ReadonlySet<number>): Block {
  const places = new Map([...columns].toSorted((a, b) => a - b).map((column, place) => [column, place]))
  const cells = rows.map((row) => {
    const line = Array.from(places, () => '')
    for (const { column, text } of row) line[places.get(column) ?? 0] = text
    return line
  })
  return { kind: 'table', rows: cells, headerRows: looksLikeHeader(cells) ? 1 : 0 }
}
