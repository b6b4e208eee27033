import type { Block } from './block.ts'
import { normaliseProse } from './normalise.ts'

/** Gathers blocks; text between two blocks becomes a paragraph. Empty blocks are dropped. */
export type Flow = {
  readonly blocks: Block[]
  text(text: string): void
  lineBreak(): void
  /** Ends the paragraph under way. */
  endParagraph(): void
  push(block: Block): void
  append(blocks: Block[]): void
}

export function createFlow(): Flow {
  const blocks: Block[] = []
  let pieces: string[] = []

  function endParagraph() {
    if (pieces.length === 0) return
    const text = joinPieces(pieces)
    pieces = []
    if (text !== '') blocks.push({ kind: 'paragraph', text })
  }

  function push(block: Block) {
    endParagraph()
    if (block.kind === 'table' ? block.rows.length > 0 : block.text !== '') blocks.push(block)
  }

  return {
    blocks,
    text: (text) => void pieces.push(normaliseProse(text)),
    lineBreak: () => void pieces.push('\n'),
    endParagraph,
    push,
    append: (added) => added.forEach(push),
  }
}

// In this order each step is linear, also for thousands of spaces in a row.
function joinPieces(pieces: string[]): string {
  return pieces
    .join('')
    .replace(/ {2,}/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trim()
}
