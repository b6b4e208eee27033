// Lists become lines: `- item`, `1. item`, `- [x] task`, nested ones indented by two spaces. Code, tables and headings
// inside an item stand as blocks of their own between the parts of the list, so that they stay whole.
import type { Block } from './block.ts'
import { renderBlocks, renderLine, type ElementRenderer } from './renderer.ts'
import type { XmlElement } from './parse-xml.ts'
import { childElements, childNamed, rawText } from './xml-tree.ts'

/** Deeper items are not indented further. */
const MAX_INDENT = 12

export const renderList: ElementRenderer = (list, flow, page) => {
  const items = list.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
  let number = list.name === 'ol' ? firstNumber(list) : undefined
  const parts = items.map((item) => {
    const marker = number === undefined ? '- ' : `${number++}. `
    const isItem = typeof item !== 'string' && item.name === 'li'
    return { marker, blocks: renderBlocks(isItem ? item.children : [item], page) }
  })
  flow.append(listBlocks(parts))
}

function firstNumber(list: XmlElement): number {
  const start = Number.parseInt(list.attributes['start'] ?? '1', 10)
  return Number.isSafeInteger(start) ? Math.min(Math.max(start, 0), 999_999) : 1
}

export const renderTaskList: ElementRenderer = (list, flow, page) => {
  const parts = childElements(list).map((task) => {
    const status = childNamed(task, 'ac:task-status')
    const marker = status && rawText(status).trim() === 'complete' ? '- [x] ' : '- [ ] '
    const body = childNamed(task, 'ac:task-body')
    if (task.name === 'ac:task' && body !== undefined) return { marker, blocks: renderBlocks(body.children, page) }
    return { marker, blocks: renderBlocks([task], page) }
  })
  flow.append(listBlocks(parts))
}

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
  for (const { marker, blocks } of items) {
    let isMarked = false
    for (const block of blocks) {
      if (block.kind === 'code' || block.kind === 'table' || block.kind === 'heading') {
        if (lines.length > 0) result.push({ kind: 'list', text: lines.join('\n') })
        lines = []
        result.push(block)
      } else if (block.kind === 'list') {
        for (const line of block.text.split('\n')) lines.push(indented(line))
      } else {
        for (const line of block.text.split('\n')) lines.push(isMarked ? indented(line) : `${marker}${line}`)
        isMarked = true
      }
    }
  }
  if (lines.length > 0) result.push({ kind: 'list', text: lines.join('\n') })
  return result
}

function indented(line: string): string {
  return line.startsWith(' '.repeat(MAX_INDENT)) ? line : `  ${line}`
}
