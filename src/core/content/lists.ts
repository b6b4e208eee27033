// Lists become lines: `- item`, `1. item`, `- [x] task`, nested ones indented by two spaces. Code, tables and headings
// inside an item stand as blocks of their own between the parts of the list, so that they stay whole.
import type { Block } from './block.ts'
import { renderBlocks, renderLine, type ElementRenderer } from './renderer.ts'
import type { XmlElement } from './parse-xml.ts'
import { childElements, childNamed, childrenBut, rawText } from './xml-tree.ts'

/** Deeper items are not indented further. */
const MAX_INDENT = 12

/** Each level writes the lines of all deeper ones again: the items of deeper lists are paragraphs of their item. */
const MAX_LIST_DEPTH = 10

/** Renders lists inside this one a level deeper. */
function inList(render: ElementRenderer): ElementRenderer {
  return (list, flow, page) => {
    if (page.listDepth >= MAX_LIST_DEPTH) return page.walk(list.children, flow)
    page.listDepth++
    render(list, flow, page)
    page.listDepth--
  }
}

export const renderList: ElementRenderer = inList((list, flow, page) => {
  const items = list.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
  let number = list.name === 'ol' ? firstNumber(list) : undefined
  const parts = items.map((item) => {
    const marker = number === undefined ? '- ' : `${number++}. `
    const isItem = typeof item !== 'string' && item.name === 'li'
    return { marker, blocks: renderBlocks(isItem ? item.children : [item], page) }
  })
  flow.append(listBlocks(parts))
})

function firstNumber(list: XmlElement): number {
  const start = Number.parseInt(list.attributes['start'] ?? '1', 10)
  return Number.isSafeInteger(start) ? Math.min(Math.max(start, 0), 999_999) : 1
}

/** A list inside a list stands in a task's body, or, from the new editor, beside the tasks. */
export const renderTaskList: ElementRenderer = inList((list, flow, page) => {
  const parts = childrenBut(list, NOTHING).map((task) => {
    if (typeof task === 'string' || task.name !== 'ac:task') return { marker: '', blocks: renderBlocks([task], page) }
    const status = childNamed(task, 'ac:task-status')
    const marker = status && rawText(status).trim() === 'complete' ? '- [x] ' : '- [ ] '
    return { marker, blocks: renderBlocks(task.children, page) }
  })
  flow.append(listBlocks(parts))
})

const NOTHING = /^$/

/** ADF `decision-list`: `- Decided: …`; empty placeholders are dropped. */
export const renderDecisionList: ElementRenderer = (list, flow, page) => {
  const lines = childElements(list).flatMap((item) => {
    if (item.name !== 'ac:adf-node' || item.attributes['type'] !== 'decision-item') return []
    const attributes = childElements(item).filter((child) => child.attributes['key'] === 'state')
    const state = attributes.map(rawText).join('').trim() === 'DECIDED' ? 'Decided' : 'Undecided'
    const text = renderLine(childNamed(item, 'ac:adf-content')?.children ?? [], page)
    return text === '' ? [] : [`- ${state}: ${text}`]
  })
  flow.push({ kind: 'list', text: lines.join('\n') })
}

function listBlocks(items: { marker: string; blocks: Block[] }[]): Block[] {
  const result: Block[] = []
  let lines: string[] = []
  let hasItem = false
  for (const { marker, blocks } of items) {
    let isMarked = false
    for (const block of blocks) {
      if (block.kind === 'code' || block.kind === 'table' || block.kind === 'heading') {
        if (lines.length > 0) result.push({ kind: 'list', text: lines.join('\n') })
        lines = []
        result.push(block)
      } else if (block.kind === 'list') {
        // Lists that nothing but a list holds are that list.
        for (const line of block.text.split('\n')) lines.push(hasItem ? indented(line) : line)
      } else {
        for (const line of block.text.split('\n')) lines.push(isMarked ? indented(line) : `${marker}${line}`)
        isMarked = true
        hasItem = true
      }
    }
  }
  if (lines.length > 0) result.push({ kind: 'list', text: lines.join('\n') })
  return result
}

function indented(line: string): string {
  return line.startsWith(' '.repeat(MAX_INDENT)) ? line : `  ${line}`
}
