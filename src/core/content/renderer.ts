import type { Block, PageReference } from './block.ts'
import { createFlow, type Flow } from './flow.ts'
import type { XmlElement, XmlNode } from './parse-xml.ts'

/** What rendering one page needs and gathers. */
export type Renderer = {
  displayName: (userId: string) => string | undefined
  /** Site address that tells own links from foreign ones; undefined: only relative links are our own. */
  baseUrl: string | undefined
  references: Map<string, PageReference>
  unrenderedMacros: Set<string>
  /** Characters that spanned table cells may still repeat on this page (see tables.ts). */
  spanBudget: number
  isInsideHtml: boolean
  walk: (nodes: XmlNode[], flow: Flow) => void
}

export type ElementRenderer = (element: XmlElement, flow: Flow, page: Renderer) => void

export function renderBlocks(nodes: XmlNode[], page: Renderer): Block[] {
  const flow = createFlow()
  page.walk(nodes, flow)
  flow.endParagraph()
  return flow.blocks
}

/** Everything below as one line of text. */
export function renderLine(nodes: XmlNode[], page: Renderer): string {
  return renderBlocks(nodes, page).map(lineOf).join(' ')
}

/** A block on one line, as table cells and link texts need it. */
export function lineOf(block: Block): string {
  if (block.kind === 'table') return block.rows.map((row) => row.filter((cell) => cell !== '').join(' | ')).join('; ')
  if (block.kind !== 'list') return block.text.replace(/\s+/g, ' ')
  return block.text
    .split('\n')
    .map((line) => line.replace(/^ *(?:- |\d+\. )?/, ''))
    .join('; ')
}

export function addReference(reference: PageReference, page: Renderer) {
  const key = 'pageId' in reference ? reference.pageId : `${reference.spaceKey ?? ''}\n${reference.title}`
  page.references.set(key, reference)
}
