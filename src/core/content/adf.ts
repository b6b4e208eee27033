// What the new editor stores as `ac:adf-extension`: a node, and a fallback that repeats the node's text for old readers.
import { pageLinkOf } from './page-links.ts'
import { renderDecisionList } from './lists.ts'
import { ADF_PANEL_LABELS, pushQuote } from './panels.ts'
import { createFlow } from './flow.ts'
import type { XmlElement } from './parse-xml.ts'
import { addReference, renderBlocks, type ElementRenderer } from './renderer.ts'
import { childElements, childNamed, rawText } from './xml-tree.ts'

/** The node or, when it holds nothing, the fallback; never both. */
export const renderAdfExtension: ElementRenderer = (extension, flow, page) => {
  const node = childNamed(extension, 'ac:adf-node')
  if (node?.attributes['type'] === 'inline-card') return renderAdfNode(node, flow, page)
  const content = createFlow()
  if (node !== undefined) renderAdfNode(node, content, page)
  content.endParagraph()
  if (content.blocks.length > 0) return flow.append(content.blocks)
  const fallback = childNamed(extension, 'ac:adf-fallback')
  if (fallback !== undefined) flow.append(renderBlocks(fallback.children, page))
}

/** Attributes and parameters of a node are settings, never text. */
export const renderAdfNode: ElementRenderer = (node, flow, page) => {
  const type = node.attributes['type']
  if (type === 'decision-list') return renderDecisionList(node, flow, page)
  if (type === 'inline-card') return renderInlineCard(node, flow, page)
  const content = childElements(node).filter((child) => child.name === 'ac:adf-content' || child.name === 'ac:adf-node')
  if (type !== 'panel') return page.walk(content, flow)
  const label = ADF_PANEL_LABELS.get(adfAttribute(node, 'panel-type')) ?? ''
  pushQuote({ label, title: '', blocks: renderBlocks(content, page) }, flow)
}

const renderInlineCard: ElementRenderer = (node, flow, page) => {
  const url = adfAttribute(node, 'url')
  const target = pageLinkOf(url, page.baseUrl)
  if (target?.reference !== undefined) addReference(target.reference, page)
  flow.text(target?.title ?? url)
}

function adfAttribute(node: XmlElement, key: string): string {
  const found = childElements(node).find(
    (child) => child.name === 'ac:adf-attribute' && child.attributes['key'] === key,
  )
  return found === undefined ? (node.attributes[key] ?? '') : rawText(found).trim()
}
