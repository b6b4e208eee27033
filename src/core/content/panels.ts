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

/** A panel without title and text is nothing. */
export function pushQuote(panel: { label: string; title: string; blocks: Block[] }, flow: Flow) {
  const { label, title, blocks } = panel
  if (title === '' && blocks.length === 0) return
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
