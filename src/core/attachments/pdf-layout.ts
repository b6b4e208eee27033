// Pieces of text and where they stand on a page → lines → paragraphs, list items and headings. The order of the file is
// kept: it is the reading order in nearly all files, columns included.
import type { Block } from '../content/block.ts'
import { normaliseProse } from '../content/normalise.ts'
import { createFurnitureFilter } from './pdf-furniture.ts'

/** In points, from the lower left corner. `isLevel`: not turned. */
export type TextPiece = {
  text: string
  x: number
  y: number
  width: number
  size: number
  isLevel: boolean
  endsLine: boolean
}

/** `size` is that of its longest piece: a bullet may come from another font. */
type Line = { text: string; x: number; y: number; end: number; size: number; longest: number; isOpen: boolean }
type Paragraph = { lines: Line[]; first: Line; last: Line; isItem: boolean }

const BULLET = /^(?:[•◦▪▫‣●○■□✓➢]|[-–*o·](?= )|[\uF000-\uF0FF](?= ))\s*/
const NUMBER = /^(\d{1,3})[.)] +(?=\S)/

/** What leads the eye to a page number. */
const DOTS = /(?: ?\.){5,} ?/g

/** A heading is at least this much larger than the text of the file so far. */
const HEADING_GROWTH = 1.15
const MAX_HEADING_CHARACTERS = 150

export type PageLayout = {
  /** What earlier pages tell (the size of the body text, the words) is used on later ones: call it in order. */
  blocksOf: (pieces: TextPiece[]) => Block[]
  /** As one line. */
  textOf: (pieces: TextPiece[]) => string
}

export function createPageLayout(): PageLayout {
  const charactersBySize = new Map<number, number>()
  const words = createWords()
  const isFurniture = createFurnitureFilter()
  let page = 0
  const read = (pieces: TextPiece[]): Line[] => {
    const lines = linesOf(pieces)
    for (const { text, size } of lines) {
      const rounded = Math.round(size * 2) / 2
      charactersBySize.set(rounded, (charactersBySize.get(rounded) ?? 0) + text.length)
      words.learn(text)
    }
    return lines
  }
  return {
    blocksOf(pieces) {
      const lines = read(pieces)
      const [bodySize = 0] = [...charactersBySize].toSorted((a, b) => b[1] - a[1])[0] ?? []
      page++
      const kept = lines.filter((line, index) => {
        const isEdge = index === 0 || index === lines.length - 1
        // A title, and all there is on a page of two lines, is content: `Step 1`, `Step 2`.
        if (!isEdge || lines.length < 3 || line.size >= bodySize * HEADING_GROWTH) return true
        return !isFurniture(line.text, page)
      })
      return blocksOf(paragraphsOf(kept), bodySize, words)
    },
    textOf: (pieces) => joinLines(read(pieces), words),
  }
}

function linesOf(pieces: TextPiece[]): Line[] {
  const lines: Line[] = []
  for (const piece of pieces) {
    const line = lines.at(-1)
    if (line?.isOpen !== true || !continuesLine(line, piece)) {
      if (piece.text.trim() !== '') lines.push(startLine(piece))
      continue
    }
    const hasGap = piece.x - line.end > piece.size * 0.2 && !/\s$/.test(line.text)
    line.text += hasGap ? ` ${piece.text}` : piece.text
    line.end = Math.max(line.end, piece.x + piece.width)
    line.isOpen = !piece.endsLine
    if (piece.text.length > line.longest) {
      line.size = piece.size
      line.longest = piece.text.length
    }
  }
  return lines.flatMap((line) => {
    const text = normaliseProse(line.text).replace(DOTS, ' … ').trim()
    return text === '' ? [] : [{ ...line, text }]
  })
}

function startLine({ text, x, y, width, size, endsLine }: TextPiece): Line {
  return { text, x, y, end: x + width, size, longest: text.length, isOpen: !endsLine }
}

function continuesLine(line: Line, piece: TextPiece): boolean {
  if (!piece.isLevel || piece.text === '') return true
  return Math.abs(piece.y - line.y) < line.size * 0.5 && piece.x > line.end - line.size
}

function paragraphsOf(lines: Line[]): Paragraph[] {
  const paragraphs: Paragraph[] = []
  for (const line of lines) {
    const paragraph = paragraphs.at(-1)
    const isItem = BULLET.test(line.text) || NUMBER.test(line.text)
    if (paragraph === undefined || isItem || !continuesParagraph(paragraph, line))
      paragraphs.push({ lines: [line], first: line, last: line, isItem })
    else {
      paragraph.lines.push(line)
      paragraph.last = line
    }
  }
  return paragraphs
}

function continuesParagraph({ first, last, isItem }: Paragraph, line: Line): boolean {
  if (Math.abs(line.size - last.size) > last.size * 0.1) return false
  if (isItem && line.x <= first.x + 1) return false
  const drop = last.y - line.y
  return drop > -0.5 * line.size && drop <= line.size * 1.6
}

function blocksOf(paragraphs: Paragraph[], bodySize: number, words: Words): Block[] {
  const blocks: Block[] = []
  let items: string[] = []
  const endList = (): void => {
    if (items.length > 0) blocks.push({ kind: 'list', text: items.join('\n') })
    items = []
  }
  for (const paragraph of paragraphs) {
    const text = joinLines(paragraph.lines, words)
    if (isHeading(paragraph, text, bodySize)) {
      endList()
      blocks.push({ kind: 'heading', level: 2, text })
    } else if (paragraph.isItem) {
      items.push(NUMBER.test(text) ? text.replace(NUMBER, '$1. ') : `- ${text.replace(BULLET, '')}`)
    } else {
      endList()
      blocks.push({ kind: 'paragraph', text })
    }
  }
  endList()
  return blocks
}

function isHeading({ first }: Paragraph, text: string, bodySize: number): boolean {
  if (first.size < bodySize * HEADING_GROWTH || text.length > MAX_HEADING_CHARACTERS) return false
  return /\p{L}/u.test(text) && !/[.;,]$/.test(text)
}

function joinLines(lines: Line[], words: Words): string {
  return lines.reduce((text, line) => {
    const [before] = /\p{L}+(?=-$)/u.exec(text) ?? []
    const [after] = /^\p{Ll}+/u.exec(line.text) ?? []
    if (before === undefined || after === undefined) return text === '' ? line.text : `${text} ${line.text}`
    return words.isSplit(before, after) ? text.slice(0, -1) + line.text : text + line.text
  }, '')
}

type Words = { learn: (text: string) => void; isSplit: (before: string, after: string) => boolean }

/**
 * Does a hyphen at the end of a line only split a word (`possi-ble`), or belong to it (`read-only`)? What the file writes
 * elsewhere tells; where it does not, what was so more often until now.
 */
function createWords(): Words {
  const words = new Set<string>()
  let balance = 0
  return {
    learn(text) {
      for (const word of text.match(/[\p{L}-]+\p{L}/gu) ?? []) words.add(word.toLowerCase())
    },
    isSplit(before, after) {
      const isWord = words.has(`${before}${after}`.toLowerCase())
      if (isWord) balance++
      else if (words.has(`${before}-${after}`.toLowerCase())) balance--
      else return balance > 0
      return isWord
    },
  }
}
