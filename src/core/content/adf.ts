// What the new editor stores as `ac:adf-extension`: a node, and a fallback that repeats the node's text for old readers.
import type { Block } from './block.ts'
import type { Flow } from './flow.ts'
import { renderDecisionList } from './lists.ts'
import { pageLinkOf } from './page-links.ts'
import { ADF_PANEL_LABELS, pushQuote } from './panels.ts'
import type { XmlElement } from './parse-xml.ts'
import { addReference, addUnrendered, renderBlocks, type ElementRenderer, type Renderer } from './renderer.ts'
import { childElements, childNamed, childrenBut, rawText } from './xml-tree.ts'

/** The node or, when it holds nothing, the fallback; never both. An extension that has neither is its address. */
export const renderAdfExtension: ElementRenderer = (extension, flow, page) => {
  const node = childNamed(extension, 'ac:adf-node')
  const fallback = childNamed(extension, 'ac:adf-fallback')
  const type = node?.attributes['type'] ?? ''
  if (node !== undefined && isCard(type) && adfAttribute(node, 'url') !== '') renderCard(node, flow, page)
  else {
    const content = renderBlocks(node === undefined ? [] : [node], page)
    const blocks = content.length > 0 ? content : renderBlocks(fallback?.children ?? [], page)
    if (blocks.length > 0) appendInline(blocks, type, flow)
    else if (node !== undefined && /extension$/i.test(type)) renderAddress(node, flow, page)
  }
  page.walk(childrenBut(extension, /^ac:adf-(?:node|fallback)$/), flow)
}

/** Attributes and parameters of a node are settings, never text. */
export const renderAdfNode: ElementRenderer = (node, flow, page) => {
  const type = node.attributes['type'] ?? ''
  if (type === 'decision-list') return renderDecisionList(node, flow, page)
  if (isCard(type)) return renderCard(node, flow, page)
  if (type !== 'panel') return page.walk(node.children, flow)
  const label = ADF_PANEL_LABELS.get(adfAttribute(node, 'panel-type')) ?? ''
  pushQuote({ label, title: '', blocks: renderBlocks(node.children, page) }, flow)
}

function isCard(type: string): boolean {
  return type.endsWith('-card')
}

/** One paragraph of a node that stands inside a line does not end that line. */
function appendInline(blocks: Block[], type: string, flow: Flow) {
  const [first] = blocks
  if (type.startsWith('inline-') && blocks.length === 1 && first?.kind === 'paragraph') flow.apart(first.text)
  else flow.append(blocks)
}

const renderCard: ElementRenderer = (node, flow, page) => {
  const url = adfAttribute(node, 'url')
  const link = pageLinkOf(url, page.baseUrl)
  if (link?.target !== undefined) addReference(link.target, 'link', page)
  flow.text(link?.title ?? url)
}

/** What an app shows from elsewhere: its address if it has one, else it is counted by its key. */
function renderAddress(node: XmlElement, flow: Flow, page: Renderer) {
  const url = settingsOf(node).find((text) => /^https?:\/\/\S+$/i.test(text))
  if (url !== undefined) flow.push({ kind: 'paragraph', text: url })
  else addUnrendered(adfAttribute(node, 'extension-key') || 'extension', page)
}

function settingsOf(node: XmlElement): string[] {
  const children = childElements(node)
  return children.length === 0 ? [rawText(node).trim()] : children.flatMap(settingsOf)
}

function adfAttribute(node: XmlElement, key: string): string {
  const found = childElements(node).find(
    (child) => child.name === 'ac:adf-attribute' && child.attributes['key'] === key,
  )
  return found === undefined ? (node.attributes[key] ?? '') : rawText(found).trim()
}
