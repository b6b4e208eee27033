// A block that is longer than a chunk → texts (render-text.ts) within the limit, cut where it hurts least: code and lists
// at lines, tables at rows with the header repeated, prose at sentences; then words; a single endless word anywhere.
import type { Block } from './block.ts'
import { renderCode, renderQuote } from './render-text.ts'
import { findSentenceEnds } from './sentence-ends.ts'
import { canBeRecords, columnHeaders, isWide, recordParts, recordText, rowText, type TableBlock } from './table-text.ts'

export function splitBlock(block: Block, limit: number): string[] {
  if (block.kind === 'table') return splitTable(block, limit)
  if (block.kind === 'code') return splitCode(block, limit)
  if (block.kind === 'list') return packLines(itemsOf(block.text), limit)
  if (block.kind === 'quote')
    return packProse(block.text, Math.floor(limit * 0.9)).flatMap((part) => quoted(part, limit))
  return packProse(block.text, limit)
}

/** Top-level items with all that is nested in them. */
function itemsOf(text: string): string[] {
  return text.split(/\n(?! )/)
}

function packLines(lines: string[], limit: number): string[] {
  const fitting = lines.flatMap((line) => {
    if (line.length <= limit) return [line]
    return line.includes('\n') ? packLines(line.split('\n'), limit) : packProse(line, limit)
  })
  return pack(fitting, '\n', limit)
}

function packProse(text: string, limit: number): string[] {
  const lines = text.split('\n').map((line) => pack(piecesOf(line, limit), '', limit))
  return pack(lines.flat(), '\n', limit)
}

/** Consecutive slices that make up the whole line, each within the limit but for white space at its end. */
function piecesOf(line: string, limit: number): string[] {
  const cuts = [0, ...findSentenceEnds(line).map((end) => skipSpace(line, end)), line.length]
  return cuts.slice(1).flatMap((end, position) => {
    const piece = line.slice(cuts[position], end)
    return piece.trimEnd().length <= limit ? [piece] : wordsOf(piece, limit)
  })
}

function skipSpace(line: string, from: number): number {
  let position = from
  while (line[position] === ' ') position++
  return position
}

function wordsOf(text: string, limit: number): string[] {
  return (text.match(/\s*\S+\s*/g) ?? []).flatMap((word) => (word.length <= limit ? [word] : cutAnywhere(word, limit)))
}

/** Never through a surrogate pair. */
function cutAnywhere(text: string, limit: number): string[] {
  const parts: string[] = []
  let start = 0
  while (start < text.length) {
    const isPair = /[\uD800-\uDBFF]/.test(text.charAt(start + limit - 1))
    const end = start + limit - (isPair ? 1 : 0)
    parts.push(text.slice(start, end))
    start = end
  }
  return parts
}

/** Joins neighbours while they fit. White space at the end of a part does not count, and goes. */
function pack(parts: string[], separator: string, limit: number): string[] {
  const packed: string[] = []
  let current: string | undefined
  for (const part of parts) {
    if (current === undefined) current = part
    else if (current.length + separator.length + part.trimEnd().length <= limit) current += separator + part
    else {
      packed.push(current.trimEnd())
      current = part
    }
  }
  if (current !== undefined) packed.push(current.trimEnd())
  return packed.filter((part) => part !== '')
}

function quoted(text: string, limit: number): string[] {
  const whole = renderQuote(text)
  if (whole.length <= limit) return [whole]
  // Many short lines: their marks alone fill more than the tenth that was kept free.
  return pack(whole.split('\n'), '\n', limit)
}

function splitCode(code: Extract<Block, { kind: 'code' }>, limit: number): string[] {
  const frame = renderCode({ ...code, text: '' }).length + (longestFence(code.text) - 3) * 2
  const room = limit - frame
  // A title or language that fills the chunk by itself cannot frame anything: as text.
  if (room < limit / 2) return packProse([code.title, code.language, code.text].filter(Boolean).join('\n'), limit)
  const lines = code.text
    .split('\n')
    .flatMap((line) => (line.length <= room ? [line] : pack(wordsOf(line, room), '', room)))
  const parts = pack(lines, '\n', room).filter((part) => part.trim() !== '')
  return parts.map((text, part) => renderCode({ ...code, title: part === 0 ? code.title : undefined, text }))
}

function longestFence(text: string): number {
  return (text.match(/`{3,}/g) ?? []).reduce((most, run) => Math.max(most, run.length + 1), 3)
}

function splitTable(table: TableBlock, limit: number): string[] {
  const header = table.rows.slice(0, table.headerRows).map(rowText).join('\n')
  const isHeaderTooLong = header.length > limit / 2
  if (isWide(table) || (isHeaderTooLong && canBeRecords(table)))
    return splitRecords(table, table.rows.slice(table.headerRows), limit)
  if (isHeaderTooLong) return splitRecords(table, table.rows, limit)
  const room = header === '' ? limit : limit - header.length - 1
  return runsOf(table.rows.slice(table.headerRows), (row) => rowText(row).length <= room).flatMap(({ fits, rows }) => {
    if (!fits) return splitRecords(table, rows, limit)
    const parts = pack(rows.map(rowText), '\n', room)
    return header === '' ? parts : parts.map((part) => `${header}\n${part}`)
  })
}

/** Neighbouring rows that fit, or do not fit, together. */
function runsOf(rows: string[][], test: (row: string[]) => boolean): { fits: boolean; rows: string[][] }[] {
  const runs: { fits: boolean; rows: string[][] }[] = []
  for (const row of rows) {
    const fits = test(row)
    const last = runs.at(-1)
    if (last?.fits === fits) last.rows.push(row)
    else runs.push({ fits, rows: [row] })
  }
  return runs
}

/** A row a line, as `Header: value; Header: value` where headers can be used; a row that is too long has a cell a line. */
function splitRecords(table: TableBlock, rows: string[][], limit: number): string[] {
  const headers = canBeRecords(table) ? columnHeaders(table) : []
  const lines = rows.flatMap((row) => {
    const record = headers.length === 0 ? rowText(row) : recordText(headers, row)
    return record.length <= limit ? [record] : packLines(recordParts(headers, row), limit)
  })
  return pack(lines, '\n', limit)
}
