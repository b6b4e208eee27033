// Plain text and Markdown → blocks.
import { parseMarkdown } from '../content/markdown.ts'
import { normaliseProse } from '../content/normalise.ts'
import type { BlockSink } from './block-sink.ts'

/** Blank lines part paragraphs; lines stay lines, since nothing tells prose from addresses or logs. Throws SinkFull. */
export function readPlainText(text: string, sink: BlockSink): void {
  for (const part of unixLines(text).split(/\n[ \t\f]*\n/)) {
    const lines = part.split('\n').map((line) => normaliseProse(line).trim())
    sink.push({ kind: 'paragraph', text: lines.filter((line) => line !== '').join('\n') })
  }
}

const FRONT_MATTER = /^---\n[\s\S]{0,20000}?\n(?:---|\.\.\.)(?:\n|$)/

/** Throws SinkFull. */
export function readMarkdown(text: string, sink: BlockSink): void {
  const body = unixLines(text).replace(FRONT_MATTER, '')
  for (const block of parseMarkdown(withHashHeadings(body))) sink.push(block)
}

/** Headings underlined with `===` or `---`, which the bodies of Confluence's macro never have. */
function withHashHeadings(markdown: string): string {
  return markdown.replace(
    /(^|\n\n)(?![#>|\-*+`~ ])([^\n]{1,200})\n(=+|-+)[ \t]*(?=\n|$)/g,
    (_whole, before, title, rule) => {
      return `${before}${rule.startsWith('=') ? '#' : '##'} ${title}\n`
    },
  )
}

function unixLines(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}
