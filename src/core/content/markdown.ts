// The body of a `markdown` macro, line by line: enough structure to chunk and quote it, no more.
import type { Block } from './block.ts'
import { normaliseProse } from './normalise.ts'

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/
const HEADING = /^ {0,3}(#{1,6})\s+(\S.*)$/
const ITEM = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(\S.*)$/
const ROW = /^\s*\|(.*)\|\s*$/
const RULE = /^ {0,3}([-*_])(?: {0,9}\1){2,99} {0,9}$/
const UNDERLINE = /^ {0,3}(?:=+|-+) *$/
/** `[name]: address`, for links elsewhere. */
const DEFINITION = /^ {0,3}\[[^\]]{1,200}\]:\s+\S+/

/** `markdown` has `\n` line ends. */
export function parseMarkdown(markdown: string): Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  let next = 0
  while (next < lines.length) {
    const { block, end } = readBlock(lines, next)
    if (block !== undefined) blocks.push(block)
    next = end
  }
  return blocks
}

type Read = { block: Block | undefined; end: number }

function readBlock(lines: string[], start: number): Read {
  const line = lines[start] ?? ''
  if (line.trim() === '' || RULE.test(line) || DEFINITION.test(line)) return { block: undefined, end: start + 1 }
  const fence = FENCE.exec(line)
  if (fence !== null) return readFence(lines, start, fence)
  const heading = HEADING.exec(line)
  if (heading !== null) {
    const level = (heading[1] ?? '').length as 1 | 2 | 3 | 4 | 5 | 6
    return { block: { kind: 'heading', level, text: plain((heading[2] ?? '').replace(/ #+ *$/, '')) }, end: start + 1 }
  }
  if (ROW.test(line)) return readTable(lines, start)
  const underline = lines[start + 1] ?? ''
  if (UNDERLINE.test(underline) && !ITEM.test(line) && !/^\s*>/.test(line)) {
    return { block: { kind: 'heading', level: underline.includes('=') ? 1 : 2, text: plain(line) }, end: start + 2 }
  }
  return readText(lines, start)
}

function readFence(lines: string[], start: number, [, mark = '', language = '']: RegExpExecArray): Read {
  let end = start + 1
  while (end < lines.length && !(lines[end] ?? '').trim().startsWith(mark)) end++
  const text = lines.slice(start + 1, end).join('\n')
  const block: Block = { kind: 'code', text, language: language === '' ? undefined : language, title: undefined }
  return { block: text.trim() === '' ? undefined : block, end: end + 1 }
}

function readTable(lines: string[], start: number): Read {
  let end = start
  while (end < lines.length && ROW.test(lines[end] ?? '')) end++
  const rows = lines.slice(start, end).map((line) => (ROW.exec(line)?.[1] ?? '').split(/(?<!\\)\|/).map(plain))
  const kept = rows.filter((row) => !isRule(row) && row.some((cell) => cell !== ''))
  const headerRows = rows[1] !== undefined && isRule(rows[1]) ? 1 : 0
  return { block: kept.length === 0 ? undefined : { kind: 'table', rows: kept, headerRows }, end }
}

function isRule(row: string[]): boolean {
  return row.every((cell) => /^:?-+:?$/.test(cell))
}

function readText(lines: string[], start: number): Read {
  let end = start
  while (end < lines.length && continuesText(lines[end] ?? '', end > start)) end++
  const own = lines.slice(start, end)
  if (ITEM.test(own[0] ?? '')) return { block: { kind: 'list', text: own.map(listLine).join('\n') }, end }
  const isQuote = own.every((line) => /^\s*>/.test(line))
  const text = plain(own.map((line) => (isQuote ? line.replace(/^\s*>/, '') : line)).join(' '))
  return { block: text === '' ? undefined : { kind: isQuote ? 'quote' : 'paragraph', text }, end }
}

function continuesText(line: string, isInside: boolean): boolean {
  if (!isInside) return true
  return ![FENCE, HEADING, ROW, RULE].some((other) => other.test(line)) && line.trim() !== ''
}

function listLine(line: string): string {
  const [, indent = '', number, text = ''] = ITEM.exec(line) ?? []
  if (text === '') return `  ${plain(line)}`
  const depth = Math.min(Math.floor(indent.replaceAll('\t', '    ').length / 2), 6)
  return `${'  '.repeat(depth)}${number === undefined ? '-' : `${number}.`} ${plain(text)}`
}

/** Emphasis, code marks, tags and link targets go, as everywhere; what stands between code marks stays as it is. */
function plain(text: string): string {
  const parts = normaliseProse(text).split(/(?<!`)(`{1,2})(?!`)([^`]+)\1(?!`)/)
  const kept = parts.map((part, position) => {
    // Split gives text, mark, code, text, …
    if (position % 3 === 0) return withoutMarks(part)
    return position % 3 === 1 ? '' : part.trim()
  })
  return kept.join('').replace(/ {2,}/g, ' ').trim()
}

const TAG =
  /<\/?(?:a|b|big|br|center|code|del|details|div|em|font|hr|i|img|ins|kbd|p|s|small|span|strong|sub|summary|sup|u)\b[^<>]{0,500}>/gi

function withoutMarks(text: string): string {
  return text
    .replace(/!?\[([^[\]]*)\](?:\([^()\s]*(?: "[^"]*")?\)|\[[^[\]]*\])/g, '$1')
    .replace(/<((?:https?:|mailto:)[^<>\s]+)>/g, '$1')
    .replace(TAG, ' ')
    .replace(/\*\*|__(?=\S)|(?<=\S)__/g, '')
    .replace(/(?<![\w*\\])([*_])(?=\S)([^*_]{0,499}[^*_\s])\1(?![\w*])/g, '$2')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
}
