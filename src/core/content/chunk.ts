// Blocks → chunks. Every heading begins a new chunk: a citation links to the heading of its chunk, and a short section
// that shares one would be linked to its neighbour. (Merging short sections into the chunk before: hit@1 .63 to .65
// instead of .66, hit@5 .80 to .82 instead of .80, over 102 questions with plain fielded BM25, November 2026; that is
// within noise, so precise links decide.) The heading that opens a chunk stands in
// `headingPath`, not in `text`; a heading without anything below it is a chunk of its own, `## Title`.
import type { Block, Chunk } from './block.ts'
import { renderText } from './render-text.ts'
import { splitBlock } from './split-block.ts'

/** By the same measure 800 characters were worse (hit@1 .61), 3,000 not clearly better (hit@1 .63, recall@10 .79 instead of .78). */
const DEFAULT_MAX_CHUNK_CHARACTERS = 1_600

/**
 * Chunks cover the blocks in order, exactly once; only the header of a table that had to be split is repeated, in each
 * of its parts, and the fences of code. No chunk is longer than the limit (at least 200 characters).
 */
export function chunkPage(blocks: Block[], options: { maxChunkCharacters?: number | undefined } = {}): Chunk[] {
  const limit = Math.max(200, options.maxChunkCharacters ?? DEFAULT_MAX_CHUNK_CHARACTERS)
  const chunks = sectionsOf(blocks).flatMap(({ headingPath, anchor, body }) =>
    packBlocks(body, limit).map((text) => ({ headingPath, anchor, text })),
  )
  return chunks.map((chunk, ordinal) => ({ ordinal, ...chunk }))
}

type Heading = Extract<Block, { kind: 'heading' }>
type Section = { headingPath: string[]; anchor: string | undefined; body: Block[] }

function sectionsOf(blocks: Block[]): Section[] {
  const sections: Section[] = [{ headingPath: [], anchor: undefined, body: [] }]
  const timesSeen = new Map<string, number>()
  let path: Heading[] = []
  for (const [position, block] of blocks.entries()) {
    if (block.kind !== 'heading') {
      sections.at(-1)?.body.push(block)
      continue
    }
    path = [...path.filter((above) => above.level < block.level), block]
    const seen = timesSeen.get(block.text) ?? 0
    timesSeen.set(block.text, seen + 1)
    const anchor = block.anchor ?? (seen === 0 ? block.text : `${block.text}.${seen}`)
    const body = isBare(block, blocks[position + 1]) ? [block] : []
    sections.push({ headingPath: path.map((heading) => heading.text), anchor, body })
  }
  return sections.filter((section) => section.body.length > 0)
}

/** Nothing below it, and no deeper heading that would carry it in its path. */
function isBare(heading: Heading, next: Block | undefined): boolean {
  return next === undefined || (next.kind === 'heading' && next.level <= heading.level)
}

/** Fills chunks with whole blocks as long as they fit; only a block that is longer than a chunk is split. */
function packBlocks(blocks: Block[], limit: number): string[] {
  const chunks: Piece[][] = []
  let current: Piece[] = []
  let length = 0
  const startWith = (pieces: Piece[]) => {
    current = pieces
    length = lengthOf(pieces)
  }
  for (const block of blocks) {
    const text = renderText(block)
    const isLeadIn = (block.kind === 'paragraph' && block.isLeadIn === true) || text.endsWith(':')
    const whole = text.length <= limit
    const room = current.length === 0 ? limit : limit - length - 2
    // A short start is not left alone by what must be split anyway: the parts are made to fit behind it.
    const texts = whole ? [text] : splitBlock(block, room >= limit / 2 ? room : limit)
    for (const piece of texts) {
      if (current.length > 0 && length + 2 + piece.length > limit) {
        chunks.push(current)
        startWith(carriedOver(current, piece, limit))
      }
      length += piece.length + (current.length > 0 ? 2 : 0)
      current.push({ text: piece, isLeadIn: whole && isLeadIn })
    }
  }
  return [...chunks, current]
    .filter((pieces) => pieces.length > 0)
    .map((pieces) => pieces.map((piece) => piece.text).join('\n\n'))
}

/** A block, or a part of one, as text. */
type Piece = { text: string; isLeadIn: boolean }

function lengthOf(pieces: Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + text.length + 2, pieces.length === 0 ? 0 : -2)
}

/** A line that ends in a colon, or a title, goes with what it introduces. Takes it out of the chunk that it would have ended. */
function carriedOver(full: Piece[], next: string, limit: number): Piece[] {
  const last = full.at(-1)
  if (full.length < 2 || last?.isLeadIn !== true || last.text.length + 2 + next.length > limit) return []
  full.pop()
  return [last]
}
