// Numbers for sources, the answer's text with its marks, and the search for a quote in a passage. Pure.
import type { Citation, Passage, Statement } from './answer.ts'

/** A passage and where in its text the quote stands. */
export type Support = { passage: Passage; start: number; end: number }

export type Numbering = {
  citations: Citation[]
  /** The number of the source, given in order of first use: one a page and heading, a file's heading, or a comment. */
  cite(support: Support): number
}

export function startNumbering(): Numbering {
  const citations: Citation[] = []
  const sources = new Map<string, { citation: Citation } & Support>()
  const cite = (support: Support): number => {
    const key = sourceKey(support.passage)
    const known = sources.get(key)
    if (known !== undefined) {
      widen(known, support)
      return known.citation.n
    }
    const citation = citationOf(citations.length + 1, support)
    citations.push(citation)
    sources.set(key, { citation, ...support })
    return citation.n
  }
  return { citations, cite }
}

/** One source of an answer: a page and heading. Two comments of one person differ by their address alone. */
export function sourceKey({ pageId, headingPath, part, url }: Passage): string {
  return JSON.stringify(part === undefined ? [pageId, headingPath] : [pageId, headingPath, url])
}

/** One number has one quote: it grows to the shortest stretch that holds all that was quoted, within one chunk. */
function widen(known: { citation: Citation } & Support, support: Support): void {
  if (known.passage.chunkId !== support.passage.chunkId) return
  known.start = Math.min(known.start, support.start)
  known.end = Math.max(known.end, support.end)
  known.citation.quote = known.passage.text.slice(known.start, known.end)
}

function citationOf(n: number, { passage, start, end }: Support): Citation {
  const { pageId, title, part, spaceKey, spaceName, url, changedAt } = passage
  const ofPart = part === undefined ? {} : { part }
  return { n, pageId, title, ...ofPart, spaceKey, spaceName, url, changedAt, quote: passage.text.slice(start, end) }
}

/** The statements with their `[n]` marks, list items and table rows on consecutive lines, the rest in paragraphs. */
export function composeText(statements: Statement[]): string {
  let text = ''
  let before: Statement | undefined
  for (const statement of statements) {
    if (before !== undefined) text += continues(before.text, statement.text) ? '\n' : '\n\n'
    const marks = statement.citations.map((n) => `[${n}]`).join('')
    text += `${statement.text}${statement.text.endsWith('```') ? '\n' : ' '}${marks}`
    before = statement
  }
  return text
}

/** Lines of one list; or rows below their table's header, which may stand further up on the page. */
function continues(before: string, after: string): boolean {
  return (isLine(before) && isLine(after)) || (before.startsWith('| ') && after.startsWith('| '))
}

function isLine(text: string): boolean {
  return !text.includes('\n') && /^(?:- |\d+\. |\| )/.test(text)
}

/** Where `quote` stands in `text`, taking all whitespace (also none) as equal; undefined when it does not. */
export function locateQuote(text: string, quote: string): { start: number; end: number } | undefined {
  const wanted = quote.replace(/\s+/g, '')
  if (wanted === '') return undefined
  const positions: number[] = []
  let bare = ''
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (/\s/.test(character)) continue
    bare += character
    positions.push(i)
  }
  const found = bare.indexOf(wanted)
  if (found === -1) return undefined
  const start = positions[found]
  const last = positions[found + wanted.length - 1]
  return start === undefined || last === undefined ? undefined : { start, end: last + 1 }
}
