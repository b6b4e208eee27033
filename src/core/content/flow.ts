import type { Block } from './block.ts'
import { normaliseProse } from './normalise.ts'

/** Gathers blocks; text between two blocks becomes a paragraph. Empty blocks are dropped. */
export type Flow = {
  readonly blocks: Block[]
  /** Is there text that the paragraph under way will hold? */
  isInParagraph(): boolean
  text(text: string): void
  /** Text that a space parts from its neighbours: `[DONE] [LATE]`. */
  apart(text: string): void
  lineBreak(): void
  /** Ends the paragraph under way. */
  endParagraph(): void
  push(block: Block): void
  append(blocks: Block[]): void
}

export function createFlow(): Flow {
  const blocks: Block[] = []
  let pieces: string[] = []
  let isApart = false

  function endParagraph() {
    isApart = false
    if (pieces.length === 0) return
    const text = joinPieces(pieces)
    pieces = []
    if (text !== '') blocks.push({ kind: 'paragraph', text })
  }

  function text(added: string) {
    const tidied = normaliseProse(added)
    if (tidied === '') return
    if (isApart && /^[\p{L}\p{N}[@#$]/u.test(tidied)) pieces.push(' ')
    isApart = false
    pieces.push(tidied)
  }

  function apart(added: string) {
    const tidied = normaliseProse(added).trim()
    if (tidied === '') return
    if (/[\p{L}\p{N}\].,:;!?]$/u.test(pieces.at(-1) ?? '')) pieces.push(' ')
    pieces.push(tidied)
    isApart = true
  }

  function push(block: Block) {
    endParagraph()
    if (block.kind === 'table' ? block.rows.length > 0 : block.text !== '') blocks.push(block)
  }

  return {
    blocks,
    isInParagraph: () => pieces.some((piece) => piece.trim() !== ''),
    text,
    apart,
    lineBreak: () => {
      isApart = false
      pieces.push('\n')
    },
    endParagraph,
    push,
    append: (added) => added.forEach(push),
  }
}

// In this order each step is linear, also for thousands of spaces in a row.
function joinPieces(pieces: string[]): string {
  const spaced = pieces.join('').replace(/ {2,}/g, ' ')
  if (!spaced.includes('\n')) return spaced.trim()
  return spaced
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trim()
}
