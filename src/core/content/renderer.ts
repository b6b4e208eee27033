import type { AttachmentReference, Block, PageReference, PageTarget } from './block.ts'
import { createFlow, type Flow } from './flow.ts'
import { normaliseName, normaliseProse } from './normalise.ts'
import type { XmlElement, XmlNode } from './parse-xml.ts'
import { rawText } from './xml-tree.ts'

/** What rendering one page needs and gathers. */
export type Renderer = {
  displayName: (userId: string) => string | undefined
  /** Site address that tells own links from foreign ones; undefined: only relative links are our own. */
  baseUrl: string | undefined
  references: Map<string, PageReference>
  attachments: Map<string, AttachmentReference>
  unrenderedMacros: Set<string>
  /** Macros of this page that only Confluence can fill in. */
  dynamicMacros: Set<string>
  /** Name of the last anchor macro met; a heading takes the one inside it. */
  anchor: string | undefined
  /** Characters that spanned table cells may still repeat on this page (see tables.ts). */
  spanBudget: number
  /** Characters that packed diagrams may still unpack to on this page. */
  unpackBudget: number
  isInsideHtml: boolean
  /** How many lines, and lists, are being rendered inside each other. */
  lineDepth: number
  listDepth: number
  walk: (nodes: XmlNode[], flow: Flow) => void
}

export type ElementRenderer = (element: XmlElement, flow: Flow, page: Renderer) => void

export function renderBlocks(nodes: XmlNode[], page: Renderer): Block[] {
  const flow = createFlow()
  page.walk(nodes, flow)
  flow.endParagraph()
  return flow.blocks
}

/** Each level reads the text of all deeper ones again: deeper ones are bare text. Real pages stay below four. */
const MAX_LINE_DEPTH = 8

/** Everything below as one line of text. */
export function renderLine(nodes: XmlNode[], page: Renderer): string {
  if (page.lineDepth >= MAX_LINE_DEPTH) return normaliseProse(nodes.map(rawText).join(' ')).trim()
  page.lineDepth++
  const line = renderBlocks(nodes, page).map(lineOf).join(' ')
  page.lineDepth--
  return line
}

/** A line that stands inside another one: spaces at its ends part words. */
export function spacedLine(element: XmlElement, page: Renderer): string {
  const line = renderLine(element.children, page)
  if (line === '') return ''
  const text = rawText(element)
  return `${/^\s/.test(text) ? ' ' : ''}${line}${/\s$/.test(text) ? ' ' : ''}`
}

/** A block on one line, as table cells and link texts need it. */
export function lineOf(block: Block): string {
  if (block.kind === 'table') return block.rows.map((row) => row.filter((cell) => cell !== '').join(' | ')).join('; ')
  if (block.kind !== 'list') return /[\n\t]| {2}/.test(block.text) ? block.text.replace(/\s+/g, ' ') : block.text
  return block.text
    .split('\n')
    .map((line) => line.replace(/^ *(?:- |\d+\. )?/, ''))
    .join('; ')
}

export function addReference(target: PageTarget, kind: PageReference['kind'], page: Renderer) {
  const named = 'pageId' in target ? target : { spaceKey: nameOf(target.spaceKey), title: normaliseName(target.title) }
  page.references.set(`${kind}\n${keyOf(named)}`, { kind, ...named })
}

function nameOf(spaceKey: string | undefined): string | undefined {
  return spaceKey === undefined ? undefined : normaliseName(spaceKey)
}

export function addAttachment(fileName: string, carrier: PageTarget | undefined, page: Renderer) {
  const name = normaliseName(fileName)
  if (name === '') return
  page.attachments.set(`${name}\n${carrier === undefined ? '' : keyOf(carrier)}`, { fileName: name, page: carrier })
}

function keyOf(target: PageTarget): string {
  return 'pageId' in target ? target.pageId : `${target.spaceKey ?? ''}\n${target.title}`
}

/** Names come from the page: as one line, and not without end. */
export function addUnrendered(macroName: string, page: Renderer) {
  page.unrenderedMacros.add(normaliseName(macroName).slice(0, 100).toWellFormed())
}
