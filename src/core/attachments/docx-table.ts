// A Word table as a grid in which merged cells repeat their text, as in core/content/tables.ts.
import type { Block } from '../content/block.ts'
import type { XmlElement } from '../content/parse-xml.ts'
import { lineOf } from '../content/renderer.ts'
import { childElements, childNamed } from '../content/xml-tree.ts'
import { isOn, isTrue } from './office-xml.ts'

const MAX_COLUMNS = 100

type RenderBody = (nodes: XmlElement[]) => Block[]
type Cell = { blocks: Block[]; columns: number; isMergedUp: boolean }
type Row = { cells: Cell[]; isHeader: boolean }

/** A table with one cell, or with headings in its cells, only arranges text: its content comes as it is. */
export function renderTable(table: XmlElement, render: RenderBody): Block[] {
  const rows = rowsIn(table).map((row) => readRow(row, render))
  const cells = rows.flatMap((row) => row.cells)
  const isLayout = cells.length === 1 || cells.some(({ blocks }) => blocks.some((block) => block.kind === 'heading'))
  if (isLayout) return cells.flatMap((cell) => cell.blocks)
  return [{ kind: 'table', rows: gridOf(rows), headerRows: countHeaders(rows, table) }]
}

/** Rows and cells may stand inside content controls and tracked changes. */
function rowsIn(element: XmlElement): XmlElement[] {
  return childElements(element).flatMap((child) => {
    if (child.name === 'tr') return [child]
    return child.name === 'tbl' || child.name === 'del' ? [] : rowsIn(child)
  })
}

function cellsIn(element: XmlElement): XmlElement[] {
  return childElements(element).flatMap((child) => {
    if (child.name === 'tc') return [child]
    return child.name === 'tr' || child.name === 'del' ? [] : cellsIn(child)
  })
}

function readRow(row: XmlElement, render: RenderBody): Row {
  const properties = childNamed(row, 'trPr')
  const isHeader = properties !== undefined && isOn(childNamed(properties, 'tblHeader'))
  return { cells: cellsIn(row).map((cell) => readCell(cell, render)), isHeader }
}

function readCell(cell: XmlElement, render: RenderBody): Cell {
  const properties = childNamed(cell, 'tcPr')
  const span = Number(properties && childNamed(properties, 'gridSpan')?.attributes['val']) || 1
  const merge = properties && childNamed(properties, 'vMerge')
  return {
    blocks: render(childElements(cell)),
    columns: Math.min(Math.max(span, 1), MAX_COLUMNS),
    isMergedUp: merge !== undefined && merge.attributes['val'] !== 'restart',
  }
}

function gridOf(rows: Row[]): string[][] {
  const grid: string[][] = []
  for (const { cells } of rows) {
    const above = grid.at(-1)
    const line: string[] = []
    for (const cell of cells) {
      const own = cell.blocks.map(lineOf).join(' ')
      const text = cell.isMergedUp && own === '' ? (above?.[line.length] ?? '') : own
      for (let column = 0; column < cell.columns && line.length < MAX_COLUMNS; column++) line.push(text)
    }
    grid.push(line)
  }
  return grid
}

/** Rows that are repeated on each page; otherwise the first, where the table's look sets it apart. */
function countHeaders(rows: Row[], table: XmlElement): number {
  const marked = rows.findIndex((row) => !row.isHeader)
  if (marked === -1) return rows.length
  if (marked > 0) return marked
  const properties = childNamed(table, 'tblPr')
  const look = properties && childNamed(properties, 'tblLook')
  if (look === undefined || rows.length < 2) return 0
  const isFirst =
    isTrue(look.attributes['firstRow']) || (Number.parseInt(look.attributes['val'] ?? '0', 16) & 0x20) !== 0
  return isFirst && rows[0]?.cells.every(({ blocks }) => blocks.length > 0) === true ? 1 : 0
}
