// A table as text: rows, or for wide tables one record a row in which every value carries its header.
import type { Block } from './block.ts'

export type TableBlock = Extract<Block, { kind: 'table' }>

/** Wider tables cannot be read as rows. */
const MAX_READABLE_COLUMNS = 8

/** Headers longer than this in all are not repeated in every record: they would be most of the text. */
const MAX_REPEATED_HEADER_CHARACTERS = 400

export function rowText(row: string[]): string {
  return `| ${row.join(' | ')} |`
}

/** `Header: value; Header: value`, empty cells left out. */
export function recordText(headers: string[], row: string[]): string {
  return recordParts(headers, row).join('; ')
}

export function recordParts(headers: string[], row: string[]): string[] {
  return row.flatMap((value, column) => (value === '' ? [] : [labelled(headers[column] ?? '', value)]))
}

function labelled(header: string, value: string): string {
  if (header === '') return value
  return header.endsWith(':') ? `${header} ${value}` : `${header}: ${value}`
}

/** One header a column; several header rows are joined, a spanned header once. */
export function columnHeaders(table: TableBlock): string[] {
  const heads = table.rows.slice(0, table.headerRows)
  return Array.from({ length: widthOf(heads) }, (_, column) =>
    [...new Set(heads.map((row) => row[column] ?? ''))].filter((text) => text !== '').join(' '),
  )
}

/** Can, and should, this table be read as records whatever the room? */
export function isWide(table: TableBlock): boolean {
  return widthOf(table.rows) > MAX_READABLE_COLUMNS && canBeRecords(table)
}

function widthOf(rows: string[][]): number {
  return rows.reduce((widest, row) => Math.max(widest, row.length), 0)
}

export function canBeRecords(table: TableBlock): boolean {
  if (table.headerRows === 0 || table.headerRows === table.rows.length) return false
  return columnHeaders(table).join('').length <= MAX_REPEATED_HEADER_CHARACTERS
}

/** Page properties: `Key: value` lines, whether the keys stand in the first column or in a header row. */
export function propertyLines(table: TableBlock): Block {
  const headers = columnHeaders(table)
  const lines = table.rows.slice(table.headerRows).map((row) => {
    if (table.headerRows > 0) return recordText(headers, row)
    const [key, ...values] = row
    return labelled(key ?? '', [...new Set(values)].filter((value) => value !== '').join('; '))
  })
  const text = table.headerRows === table.rows.length ? table.rows.map(rowText).join('\n') : lines.join('\n')
  return { kind: 'paragraph', text }
}
