// Panels and quotations become quote blocks: the label (`Warning: `) and the title first. Code, tables and headings
// inside stand as blocks of their own between the parts of the quote.
import type { Block } from './block.ts'
import type { Flow } from './flow.ts'
import { renderBlocks, type ElementRenderer } from './renderer.ts'

/** Macro names. Not the same words as below: the macro `warning` is Confluence's red panel, ADF's `warning` the yellow one. */
export const MACRO_LABELS = new Map([
  ['info', 'Info'],
  ['tip', 'Tip'],
  ['note', 'Note'],
  ['warning', 'Warning'],
  ['panel', ''],
])

/** Values of ADF's `panel-type`; custom panels have no label. */
export const ADF_PANEL_LABELS = new Map([
  ['info', 'Info'],
  ['success', 'Success'],
  ['note', 'Note'],
  ['warning', 'Warning'],
  ['error', 'Error'],
])

export const renderBlockQuote: ElementRenderer = (quote, flow, page) =>
  pushQuote({ label: '', title: '', blocks: renderBlocks(quote.children, page) }, flow)

/** Does the text begin with the label's word already, as in a warning that begins `WARNING:`? */
function saysItself(label: string, start: Block | string | undefined): boolean {
  const text = typeof start === 'string' ? start : start !== undefined && 'text' in start ? start.text : ''
  if (label === '' || text.slice(0, label.length).toLowerCase() !== label.toLowerCase()) return false
  return /^s?(?:\s*[:!.–—-]|$|\n)/.test(text.slice(label.length, label.length + 3))
}

/** A panel without title and text is nothing. */
export function pushQuote(panel: { label: string; title: string; blocks: Block[] }, flow: Flow) {
  const { title, blocks } = panel
  if (title === '' && blocks.length === 0) return
  const label = saysItself(panel.label, title === '' ? blocks[0] : title) ? '' : panel.label
  let lines = title === '' ? [] : [label === '' ? title : `${label}: ${title}`]
  let pendingLabel = title === '' && label !== '' ? label : undefined
  for (const block of blocks) {
    if (block.kind === 'code' || block.kind === 'table' || block.kind === 'heading') {
      if (pendingLabel !== undefined) lines.push(`${pendingLabel}:`)
      flow.append([{ kind: 'quote', text: lines.join('\n') }, block])
      lines = []
    } else if (pendingLabel === undefined) {
      lines.push(block.text)
    } else {
      lines.push(block.kind === 'list' ? `${pendingLabel}:\n${block.text}` : `${pendingLabel}: ${block.text}`)
    }
    pendingLabel = undefined
  }
  flow.push({ kind: 'quote', text: lines.join('\n') })
}
