// Macros by name. Their parameters are settings and never text, but for the few named here. A macro that is not named
// renders its rich body, or its plain body as code; without a body it is counted as unrendered.
import { drawnDiagram, packedDiagram, textDiagram } from './diagrams.ts'
import type { Flow } from './flow.ts'
import { addEdge, resourceText } from './inline.ts'
import { macroOf, type Macro } from './macro.ts'
import { parseMarkdown } from './markdown.ts'
import { normaliseCode, normaliseName, normaliseProse } from './normalise.ts'
import { MACRO_LABELS, pushQuote } from './panels.ts'
import { parseHtml } from './parse-xml.ts'
import { barTitles } from './roadmap.ts'
import {
  addAttachment,
  addReference,
  addUnrendered,
  renderBlocks,
  type ElementRenderer,
  type Renderer,
} from './renderer.ts'
import { propertyLines } from './table-text.ts'
import { childrenBut, findBelow, rawText } from './xml-tree.ts'

export const renderMacro: ElementRenderer = (element, flow, page) => {
  const macro = macroOf(element)
  const render = RENDERERS.get(macro.name) ?? FAMILIES.find(({ prefix }) => macro.name.startsWith(prefix))?.render
  if (render === undefined) renderBody(macro, flow, page)
  else render(macro, flow, page)
  page.walk(childrenBut(element, IN_MACRO), flow)
}

const IN_MACRO = /^ac:(?:parameter|default-parameter|rich-text-body|plain-text-body)$/

type MacroRenderer = (macro: Macro, flow: Flow, page: Renderer) => void

const renderBody: MacroRenderer = (macro, flow, page) => {
  if (macro.richBody !== undefined) page.walk([macro.richBody], flow)
  else if (macro.plainBody !== undefined) pushCode(macro.plainBody, undefined, flow)
  else addUnrendered(macro.name, page)
}

const renderCode: MacroRenderer = (macro, flow) => {
  const body = macro.plainBody ?? (macro.richBody && rawText(macro.richBody)) ?? ''
  const given = macro.name === 'code' ? macro.parameter('language') || macro.parameter('') : ''
  const language = /^[\w+#.-]+/.exec(given.toLowerCase())?.[0]
  const title = macro.parameter('title')
  flow.push({
    kind: 'code',
    text: normaliseCode(body),
    language: language === 'none' ? undefined : language,
    title: title === '' ? undefined : title,
  })
}

function pushCode(text: string, language: string | undefined, flow: Flow) {
  flow.push({ kind: 'code', text: normaliseCode(text), language, title: undefined })
}

const renderPanel: MacroRenderer = (macro, flow, page) => {
  const label = MACRO_LABELS.get(macro.name) ?? ''
  const body = macro.richBody === undefined ? [macro.plainBody ?? ''] : [macro.richBody]
  pushQuote({ label, title: macro.parameter('title'), blocks: renderBlocks(body, page) }, flow)
}

const renderExpand: MacroRenderer = (macro, flow, page) => {
  flow.push({ kind: 'paragraph', text: macro.parameter('title'), isLeadIn: true })
  renderBody(macro, flow, page)
}

const renderDetails: MacroRenderer = (macro, flow, page) => {
  const blocks = renderBlocks(macro.richBody === undefined ? [] : [macro.richBody], page)
  flow.append(blocks.map((block) => (block.kind === 'table' ? propertyLines(block) : block)))
}

/** Another page's text has that page's readers, so it is named, never inlined. */
const renderInclude: MacroRenderer = (macro, flow, page) => {
  const target = macro.parameterElement('')
  const resource = target && findBelow(target, 'ri:page', 'ri:blog-post', 'ri:content-entity')
  if (resource !== undefined) addEdge(resource, 'include', page)
  const title = resource === undefined ? bareInclude(macro, page) : normaliseName(resourceText(resource))
  if (title === '') addUnrendered(macro.name, page)
  else flow.push({ kind: 'paragraph', text: `See: ${title}` })
}

/** From wiki mark-up: `Title`, or `SPACE:Title`. */
function bareInclude(macro: Macro, page: Renderer): string {
  const [, spaceKey, title = ''] = /^(?:(~?[\w.-]+):(?=\S))?(.*)$/.exec(macro.parameter('')) ?? []
  if (title !== '') addReference({ spaceKey, title }, 'include', page)
  return normaliseName(title)
}

const renderStatus: MacroRenderer = (macro, flow) => {
  const title = macro.parameter('title') || macro.parameter('colour') || macro.parameter('color')
  if (title !== '') flow.apart(`[${title}]`)
}

const renderJira: MacroRenderer = (macro, flow, page) => {
  const query = macro.parameter('jqlQuery') || macro.parameter('jql')
  if (macro.parameter('key') !== '') flow.apart(macro.parameter('key'))
  else if (query !== '') flow.push({ kind: 'paragraph', text: `Jira query: ${query}` })
  else addUnrendered(macro.name, page)
}

const renderAttachment: MacroRenderer = (macro, flow, page) => {
  const target = macro.parameterElement('name') ?? macro.parameterElement('')
  const resource = target && findBelow(target, 'ri:attachment')
  if (resource !== undefined) addEdge(resource, 'link', page)
  const name = resource === undefined ? macro.parameter('name') : resourceText(resource)
  if (name === '') addUnrendered(macro.name, page)
  else flow.apart(`[attachment: ${name}]`)
  if (resource === undefined) addAttachment(name, undefined, page)
}

const renderHtml: MacroRenderer = (macro, flow, page) => {
  if (macro.plainBody === undefined || page.isInsideHtml) return renderEmbedded(macro, flow, page)
  page.isInsideHtml = true
  flow.append(renderBlocks(parseHtml(macro.plainBody).children, page))
  page.isInsideHtml = false
}

/** What is embedded from elsewhere: its address. */
const renderEmbedded: MacroRenderer = (macro, flow, page) => {
  const url = macro.parameterTexts().find((text) => /^https?:\/\/\S+$/i.test(text))
  if (url !== undefined) flow.push({ kind: 'paragraph', text: url })
  else renderBody(macro, flow, page)
}

const renderMarkdown: MacroRenderer = (macro, flow, page) => {
  if (macro.plainBody === undefined) renderBody(macro, flow, page)
  else flow.append(parseMarkdown(normaliseCode(macro.plainBody)))
}

const renderMath: MacroRenderer = (macro, flow, page) => {
  const formula = normaliseProse(macro.parameter('body') || macro.plainBody || macro.parameter('')).trim()
  if (formula === '') return renderBody(macro, flow, page)
  if (macro.name.endsWith('block')) flow.push({ kind: 'paragraph', text: `$${formula}$` })
  else flow.apart(`$${formula}$`)
}

const renderRoadmap: MacroRenderer = (macro, flow, page) => {
  const titles = barTitles(macro.parameter('source'))
  if (titles.length === 0) addUnrendered(macro.name, page)
  flow.push({ kind: 'list', text: titles.map((title) => `- ${title}`).join('\n') })
}

const renderAnchor: MacroRenderer = (macro, _flow, page) => {
  page.anchor = normaliseName(macro.parameter('')) || undefined
}

/** Filled in by Confluence when the page is shown; nothing of it belongs to the page. */
const renderDynamic: MacroRenderer = (macro, _flow, page) => {
  page.dynamicMacros.add(macro.name)
}

function each(names: string, render: MacroRenderer): [string, MacroRenderer][] {
  return names.split(' ').map((name) => [name, render])
}

const RENDERERS = new Map<string, MacroRenderer>([
  ...each('code noformat', renderCode),
  ...each('info tip note warning panel', renderPanel),
  ...each('expand ui-expand', renderExpand),
  ...each('details', renderDetails),
  ...each('include excerpt-include', renderInclude),
  ...each('status', renderStatus),
  ...each('jira jiraissues', renderJira),
  ...each('view-file viewpdf viewdoc viewxls viewppt multimedia', renderAttachment),
  ...each('drawio inc-drawio gliffy', drawnDiagram),
  ...each('plantumlcloud', packedDiagram),
  ...each('plantuml', textDiagram('plantuml')),
  ...each('html', renderHtml),
  ...each('html-include widget iframe rss', renderEmbedded),
  ...each('markdown', renderMarkdown),
  ...each('mathblock mathinline', renderMath),
  ...each('roadmap', renderRoadmap),
  ...each('anchor', renderAnchor),
  ...each('detailssummary contentbylabel children pagetree pagetreesearch livesearch recently-updated', renderDynamic),
  ...each('blog-posts attachments space-attachments gallery listlabels change-history contributors', renderDynamic),
  ...each('profile tasks-report-macro toc spaces favpages navmap create-space-button gadget', renderDynamic),
])

const FAMILIES: { prefix: string; render: MacroRenderer }[] = [
  { prefix: 'mermaid', render: textDiagram('mermaid') },
  { prefix: 'easy-math', render: renderMath },
  { prefix: 'eazy-math', render: renderMath },
  { prefix: 'miro-', render: renderEmbedded },
]
