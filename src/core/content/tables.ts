// Tables become a grid of one-line cells with spans expanded: a spanned cell's text stands in every place it covers, so
// that each row can be read, and repeated as `Header: value`, on its own.
import type { Block } from './block.ts'
import type { XmlElement, XmlNode } from './parse-xml.ts'
import { lineOf, renderBlocks, renderLine, type ElementRenderer, type Renderer } from './renderer.ts'
import { childElements, childrenBut } from './xml-tree.ts'

/** A span cannot make a row longer than this. */
const MAX_COLUMNS = 100

type Cell = { blocks: Block[]; isHeader: boolean; columns: number; rows: number }

export const renderTable: ElementRenderer = (table, flow, page) => {
  const caption = childElements(table).find((child) => child.name === 'caption')
  if (caption !== undefined) flow.push({ kind: 'paragraph', text: renderLine(caption.children, page), isLeadIn: true })
  const rows = rowsOf(table).map(({ row, isHead }) => cellsOf(row, isHead, page))
  if (isLayout(rows)) flow.append(rows.flat().flatMap((cell) => cell.blocks))
  else flow.push(expandSpans(rows, page))
  page.walk(strayChildren(table), flow)
}

/** Where a damaged page forgot to end its table. */
function strayChildren(table: XmlElement): XmlNode[] {
  const parts = childElements(table).filter((child) => /^t(?:head|body|foot)$/.test(child.name))
  const rows = rowsOf(table).map(({ row }) => childrenBut(row, /^t[dh]$/))
  return [...rows.flat(), ...parts.flatMap((part) => childrenBut(part, /^tr$/)), ...childrenBut(table, IN_TABLE)]
}

const IN_TABLE = /^(?:tr|thead|tbody|tfoot|caption|colgroup|col)$/

function rowsOf(table: XmlElement): { row: XmlElement; isHead: boolean }[] {
  return childElements(table).flatMap((child) => {
    if (child.name === 'tr') return [{ row: child, isHead: false }]
    if (child.name !== 'thead' && child.name !== 'tbody' && child.name !== 'tfoot') return []
    const isHead = child.name === 'thead'
    return childElements(child).flatMap((row) => (row.name === 'tr' ? [{ row, isHead }] : []))
  })
}

function cellsOf(row: XmlElement, isHead: boolean, page: Renderer): Cell[] {
  return childElements(row)
    .filter((cell) => cell.name === 'td' || cell.name === 'th')
    .map((cell) => ({
      blocks: renderBlocks(cell.children, page),
      isHeader: isHead || cell.name === 'th',
      columns: spanOf(cell, 'colspan'),
      rows: spanOf(cell, 'rowspan'),
    }))
}

function spanOf(cell: XmlElement, name: 'colspan' | 'rowspan'): number {
  const span = Number.parseInt(cell.attributes[name] ?? '1', 10)
  return Number.isNaN(span) ? 1 : Math.max(span, 1)
}

/** A table with one cell, or with sections (a heading and more) in a cell, arranges a page rather than data. */
function isLayout(rows: Cell[][]): boolean {
  const cells = rows.flat()
  if (cells.length === 1) return true
  return cells.some(({ blocks }) => blocks.length > 1 && blocks.some((block) => block.kind === 'heading'))
}

function expandSpans(rows: Cell[][], page: Renderer): Block {
  const grid: string[][] = rows.map(() => [])
  rows.forEach((cells, y) => {
    let x = 0
    for (const cell of cells) {
      while (grid[y]?.[x] !== undefined) x++
      placeCell({ cell, x, y }, grid, page)
    }
  })
  const filled = grid.map((row) => Array.from({ length: row.length }, (_, x) => row[x] ?? ''))
  const kept = filled.map((row) => row.some((text) => text !== ''))
  const isHead = rows.map((cells) => cells.length > 0 && cells.every((cell) => cell.isHeader))
  const bodyStart = isHead.findIndex((is, y) => !is && kept[y] === true)
  const headerRows = kept.filter((is, y) => is && y < bodyStart).length
  return { kind: 'table', rows: filled.filter((_, y) => kept[y]), headerRows }
}

function placeCell({ cell, x, y }: { cell: Cell; x: number; y: number }, grid: string[][], page: Renderer) {
  const text = cellText(cell.blocks)
  const lastRow = Math.min(y + cell.rows, grid.length)
  const lastColumn = Math.max(x + 1, Math.min(x + cell.columns, MAX_COLUMNS))
  for (let row = y; row < lastRow; row++) {
    for (let column = x; column < lastColumn; column++) {
      const isFirst = row === y && column === x
      // The first row of a group of header rows says the group; below it the finer headers do.
      if (!isFirst && (page.spanBudget -= text.length + 4) < 0) return
      const line = grid[row]
      if (line !== undefined) line[column] ??= text
    }
  }
}

/** Several paragraphs, items or lines on one line, parted by `; ` where no sentence ends. */
function cellText(blocks: Block[]): string {
  return blocks
    .flatMap((block) => (block.kind === 'paragraph' ? [linesOf(block.text)] : [lineOf(block)]))
    .filter((line) => line !== '')
    .reduce(
      (text, line) => (text === '' ? line : `${text}${STOPS.includes(text.at(-1) ?? '') ? ' ' : '; '}${line}`),
      '',
    )
}

const STOPS = '.!?:;,…'

/** A line break before a small letter only wraps the text; others part names, addresses and the like. */
function linesOf(text: string): string {
  if (!text.includes('\n')) return text
  return text.replace(/(?<=[\p{L}\p{N})\]])\n(?=[\p{Lu}\p{Lt}\p{N}@#[])/gu, '; ').replaceAll('\n', ' ')
}
