// Collects the blocks of one file and stops the reader when there is enough text.
import type { Block } from '../content/block.ts'

/** Thrown by the sink to leave a reader in the middle; what was collected stays. */
export class SinkFull extends Error {}

export type BlockSink = {
  blocks: readonly Block[]
  /** Characters that may still come. Readers that gather before they push look here. */
  readonly room: number
  /** A block without text is dropped. Throws SinkFull once the limit is passed, after keeping what fits. */
  push: (block: Block) => void
}

export function createSink(maxCharacters: number): BlockSink {
  const blocks: Block[] = []
  let room = maxCharacters
  return {
    blocks,
    get room() {
      return room
    },
    push(block) {
      if (isEmpty(block)) return
      const size = sizeOf(block)
      const kept = size <= room ? block : cutBlock(block, room)
      if (kept !== undefined) blocks.push(kept)
      room -= size
      if (room < 0) throw new SinkFull('enough text')
    },
  }
}

function isEmpty(block: Block): boolean {
  return block.kind === 'table' ? block.rows.every((row) => row.every((cell) => cell === '')) : block.text === ''
}

/** A block counts as this many characters more, and a cell as one: a million tiny ones are as much work as long ones. */
const BLOCK_SIZE = 10

function sizeOf(block: Block): number {
  if (block.kind !== 'table') return block.text.length + BLOCK_SIZE
  return block.rows.reduce((sum, row) => sum + rowSize(row), BLOCK_SIZE)
}

/** Empty cells count too: a line of a million commas is not small. */
export function rowSize(row: readonly string[]): number {
  return row.reduce((sum, cell) => sum + cell.length + 1, 0)
}

function cutBlock(block: Block, room: number): Block | undefined {
  if (block.kind === 'heading' || room <= BLOCK_SIZE) return undefined
  let left = room - BLOCK_SIZE
  if (block.kind !== 'table') return { ...block, text: block.text.slice(0, left).toWellFormed() }
  const end = block.rows.findIndex((row) => (left -= rowSize(row)) < 0)
  return end > block.headerRows ? { ...block, rows: block.rows.slice(0, end) } : undefined
}
