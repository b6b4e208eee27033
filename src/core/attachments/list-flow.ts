// Gathers list items that follow each other into one list block.
import type { Block } from '../content/block.ts'

export type Flow = {
  block: (block: Block) => void
  /** `marker` as it stands before the text: `-`, `1.`, `a)`. */
  item: (marker: string, depth: number, text: string) => void
  /** Call it once, at the end. */
  end: () => void
}

/** Deeper items are not indented further. */
const MAX_DEPTH = 6

/** A list is passed on in parts of this many items: it would otherwise be gathered whole, however long. */
const MAX_ITEMS = 500

export function createFlow(push: (block: Block) => void): Flow {
  let items: string[] = []
  const end = (): void => {
    const text = items.join('\n')
    items = []
    if (text !== '') push({ kind: 'list', text })
  }
  return {
    block(block) {
      end()
      push(block)
    },
    item(marker, depth, text) {
      if (items.length === MAX_ITEMS) end()
      items.push(`${'  '.repeat(Math.min(depth, MAX_DEPTH))}${marker} ${text}`)
    },
    end,
  }
}
