// The one text form of blocks, in which they are stored, searched, quoted and shown:
//   heading `## Title` · paragraph as it is · list `- item`, `1. item`, `- [x] task`, nested by two spaces ·
//   quote `> ` before each line · code fenced with its language, its title on the line before ·
//   table `| a | b |`, header rows first; wide tables `Header: value; Header: value`, one row a line.
import type { Block } from './block.ts'
import { columnHeaders, isWide, recordText, rowText } from './table-text.ts'

export function renderText(block: Block): string {
  if (block.kind === 'heading') return `${'#'.repeat(block.level)} ${block.text}`
  if (block.kind === 'quote') return renderQuote(block.text)
  if (block.kind === 'code') return renderCode(block)
  if (block.kind !== 'table') return block.text
  if (!isWide(block)) return block.rows.map(rowText).join('\n')
  const headers = columnHeaders(block)
  return block.rows
    .slice(block.headerRows)
    .map((row) => recordText(headers, row))
    .join('\n')
}

export function renderQuote(text: string): string {
  return text.replace(/^/gm, '> ')
}

/** The fence is longer than any run of backticks inside. */
export function renderCode(code: { text: string; language: string | undefined; title: string | undefined }): string {
  const longest = (code.text.match(/`{3,}/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2)
  const fence = '`'.repeat(longest + 1)
  const title = code.title === undefined ? '' : `${code.title}\n`
  return `${title}${fence}${code.language ?? ''}\n${code.text}\n${fence}`
}
