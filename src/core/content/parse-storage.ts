// Storage format (Confluence's XHTML) → blocks. One walk over the element tree; each family of elements has its file.
// Emphasis is dropped, links keep their text, and what only Confluence can fill in (children, search results) is nothing.
import { renderAdfExtension, renderAdfNode } from './adf.ts'
import type { Block, ParsedPage } from './block.ts'
import type { Flow } from './flow.ts'
import { renderAnchorElement, renderEmoticon, renderImage, renderLink, renderTime } from './inline.ts'
import { renderList, renderTaskList } from './lists.ts'
import { renderMacro } from './macros.ts'
import { renderFormula, renderRaised, renderSpan, renderStruck } from './marks.ts'
import { normaliseCode } from './normalise.ts'
import { renderBlockQuote } from './panels.ts'
import { parseXml, type XmlElement, type XmlNode } from './parse-xml.ts'
import { lineOf, renderBlocks, renderLine, type ElementRenderer, type Renderer } from './renderer.ts'
import { renderTable } from './tables.ts'

export type ParseOptions = {
  /** Display name by Cloud account id, Data Center user key or user name; unknown people are `@user`. */
  displayName?: ((userId: string) => string | undefined) | undefined
  /** The site's address (`SiteAddress.baseUrl`): absolute links below it count as references. */
  baseUrl?: string | undefined
}

/** A longer heading is a paragraph in heading's clothes: it would be repeated in the heading path of every chunk below. */
const MAX_HEADING_CHARACTERS = 300

/** Characters by which spanned cells may lengthen a page. */
const SPAN_BUDGET = 200_000

/** Characters to which packed diagrams may unpack on one page. */
const UNPACK_BUDGET = 500_000

/** Total: any string yields a page, damaged storage format one that `isDegraded`. */
export function parseStorage(storage: string, options: ParseOptions = {}): ParsedPage {
  const { root, isDegraded } = parseXml(storage)
  const page: Renderer = {
    displayName: options.displayName ?? (() => undefined),
    baseUrl: options.baseUrl,
    references: new Map(),
    attachments: new Map(),
    unrenderedMacros: new Set(),
    dynamicMacros: new Set(),
    anchor: undefined,
    spanBudget: SPAN_BUDGET,
    unpackBudget: UNPACK_BUDGET,
    isInsideHtml: false,
    lineDepth: 0,
    listDepth: 0,
    walk: (nodes, flow) => nodes.forEach((node) => walkNode(node, flow, page)),
  }
  const blocks = renderBlocks(root.children, page)
  const unrendered = [...page.unrenderedMacros, ...(blocks.length === 0 ? page.dynamicMacros : [])]
  return {
    blocks,
    isDegraded,
    unrenderedMacros: unrendered.toSorted(),
    references: [...page.references.values()],
    attachments: [...page.attachments.values()],
  }
}

function walkNode(node: XmlNode, flow: Flow, page: Renderer) {
  if (typeof node === 'string') flow.text(node)
  else (RENDERERS.get(node.name) ?? renderChildren)(node, flow, page)
}

const renderChildren: ElementRenderer = (element, flow, page) => page.walk(element.children, flow)

const renderSeparately: ElementRenderer = (element, flow, page) => {
  flow.endParagraph()
  page.walk(element.children, flow)
  flow.endParagraph()
}

const renderNothing: ElementRenderer = () => {}

const renderHeading: ElementRenderer = (element, flow, page) => {
  page.anchor = undefined
  const blocks = renderBlocks(element.children, page)
  const anchor = page.anchor === undefined ? {} : { anchor: page.anchor }
  const level = headingLevel(element)
  const [first, ...others] = blocks
  if (first === undefined || isShort(blocks)) {
    flow.push({ kind: 'heading', level, text: blocks.map(lineOf).join(' '), ...anchor })
  } else if (others.length > 0 && first.kind === 'paragraph' && isShort([first])) {
    flow.append([{ kind: 'heading', level, text: lineOf(first), ...anchor }, ...others])
  } else flow.append(blocks)
}

function isShort(blocks: Block[]): boolean {
  const lengths = blocks.map((block) => (block.kind === 'table' ? Infinity : block.text.length))
  return lengths.reduce((sum, length) => sum + length, 0) <= MAX_HEADING_CHARACTERS
}

function headingLevel(element: XmlElement): 1 | 2 | 3 | 4 | 5 | 6 {
  return Number(element.name.slice(1)) as 1 | 2 | 3 | 4 | 5 | 6
}

const renderPreformatted: ElementRenderer = (element, flow, page) => {
  const text = preformattedText(element, page)
  flow.push({ kind: 'code', text: normaliseCode(text), language: undefined, title: undefined })
}

function preformattedText(element: XmlElement, page: Renderer): string {
  const parts = element.children.map((child) => {
    if (typeof child === 'string') return child
    if (child.name.includes(':')) return renderLine([child], page)
    return (child.name === 'br' ? '\n' : '') + preformattedText(child, page)
  })
  return parts.join('')
}

const renderLineBreak: ElementRenderer = (element, flow, page) => {
  flow.lineBreak()
  page.walk(element.children, flow)
}

function each(names: string, renderer: ElementRenderer): [string, ElementRenderer][] {
  return names.split(' ').map((name) => [name, renderer])
}

// Everything that is not named here, known or not, is what its children are.
const RENDERERS = new Map<string, ElementRenderer>([
  ...each('h1 h2 h3 h4 h5 h6', renderHeading),
  ...each('ul ol', renderList),
  ...each('ac:task-list', renderTaskList),
  ...each('table', renderTable),
  ...each('blockquote', renderBlockQuote),
  ...each('pre', renderPreformatted),
  ...each('br', renderLineBreak),
  ...each('ac:structured-macro ac:macro', renderMacro),
  ...each('ac:adf-extension', renderAdfExtension),
  ...each('ac:adf-node', renderAdfNode),
  ...each('ac:link', renderLink),
  ...each('a', renderAnchorElement),
  ...each('ac:image img', renderImage),
  ...each('ac:emoticon', renderEmoticon),
  ...each('time', renderTime),
  ...each('sup', renderRaised),
  ...each('s del strike', renderStruck),
  ...each('math', renderFormula),
  ...each('span', renderSpan),
  ...each('p div section article aside header footer main nav figure figcaption center address form', renderSeparately),
  ...each('hr dl dt dd li caption thead tbody tfoot tr td th details summary', renderSeparately),
  ...each('ac:layout ac:layout-section ac:layout-cell ac:rich-text-body ac:adf-content ac:task', renderSeparately),
  ...each('ac:placeholder ac:parameter ac:default-parameter ac:adf-attribute ac:adf-parameter', renderNothing),
  ...each('ac:task-id ac:task-uuid ac:task-status colgroup script style head template noscript', renderNothing),
])
