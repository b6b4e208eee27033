// Macros by name. Their parameters are settings and never text, but for the few named here. A macro that is not named
// renders its rich body, or its plain body as code; without a body it is counted as unrendered.
import type { Flow } from './flow.ts'
import { addReferenceOf, resourceText } from './inline.ts'
import { macroOf, type Macro } from './macro.ts'
import { parseMarkdown } from './markdown.ts'
import { normaliseCode, normaliseProse } from './normalise.ts'
import { MACRO_LABELS, pushQuote } from './panels.ts'
import { parseHtml } from './parse-xml.ts'
import { barTitles } from './roadmap.ts'
import { renderBlocks, type ElementRenderer, type Renderer } from './renderer.ts'
import { propertyLines } from './table-text.ts'
import { findBelow, rawText } from './xml-tree.ts'

export const renderMacro: ElementRenderer = (element, flow, page) => {
  const macro = macroOf(element)
  const render = RENDERERS.get(macro.name) ?? FAMILIES.find(({ prefix }) => macro.name.startsWith(prefix))?.render
  if (render === undefined) renderBody(macro, flow, page)
  else render(macro, flow, page)
}

type MacroRenderer = (macro: Macro, flow: Flow, page: Renderer) => void

const renderBody: MacroRenderer = (macro, flow, page) => {
  if (macro.richBody !== undefined) page.walk([macro.richBody], flow)
  else if (macro.plainBody !== undefined) pushCode(macro.plainBody, undefined, flow)
  else page.unrenderedMacros.add(macro.name)
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
  flow.push({ kind: 'paragraph', text: macro.parameter('title') })
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
  if (resource !== undefined) addReferenceOf(resource, page)
  const title = resource === undefined ? macro.parameter('') : normaliseProse(resourceText(resource)).trim()
  if (title === '') page.unrenderedMacros.add(macro.name)
  else flow.push({ kind: 'paragraph', text: `See: ${title}` })
}

const renderStatus: MacroRenderer = (macro, flow) => {
  const title = macro.parameter('title') || macro.parameter('colour') || macro.parameter('color')
  if (title !== '') flow.text(`[${title}]`)
}

const renderJira: MacroRenderer = (macro, flow, page) => {
  const query = macro.parameter('jqlQuery') || macro.parameter('jql')
  if (macro.parameter('key') !== '') flow.text(macro.parameter('key'))
  else if (query !== '') flow.push({ kind: 'paragraph', text: `Jira query: ${query}` })
  else page.unrenderedMacros.add(macro.name)
}

const renderAttachment: MacroRenderer = (macro, flow, page) => {
  const target = macro.parameterElement('name') ?? macro.parameterElement('')
  const resource = target && findBelow(target, 'ri:attachment')
  if (resource !== undefined) addReferenceOf(resource, page)
  const name = resource === undefined ? macro.parameter('name') : resourceText(resource)
  if (name === '') page.unrenderedMacros.add(macro.name)
  else flow.text(`[attachment: ${name}]`)
}

// A diagram's own text lies in an attachment or is packed: only its name can be read here.
function diagram(language: string | undefined): MacroRenderer {
  return (macro, flow, page) => {
    const names = ['diagramDisplayName', 'diagramName', 'displayName', 'name', 'filename', 'title'].map(macro.parameter)
    const name = names.find((value) => value !== '')
    const body = language === undefined ? undefined : macro.plainBody
    if (body === undefined) {
      page.unrenderedMacros.add(macro.name)
      if (name !== undefined) flow.push({ kind: 'paragraph', text: `[diagram: ${name}]` })
    } else flow.push({ kind: 'code', text: normaliseCode(body), language, title: name })
  }
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
  else flow.text(`$${formula}$`)
}

const renderRoadmap: MacroRenderer = (macro, flow, page) => {
  const titles = barTitles(macro.parameter('source'))
  if (titles.length === 0) page.unrenderedMacros.add(macro.name)
  flow.push({ kind: 'list', text: titles.map((title) => `- ${title}`).join('\n') })
}

const renderNothing: MacroRenderer = () => {}

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
  ...each('drawio inc-drawio gliffy plantumlcloud', diagram(undefined)),
  ...each('plantuml', diagram('plantuml')),
  ...each('html', renderHtml),
  ...each('html-include widget iframe rss', renderEmbedded),
  ...each('markdown', renderMarkdown),
  ...each('mathblock mathinline', renderMath),
  ...each('roadmap', renderRoadmap),
  // Filled in by Confluence when the page is shown; nothing of it belongs to the page.
  ...each('detailssummary contentbylabel children pagetree pagetreesearch livesearch recently-updated', renderNothing),
  ...each('blog-posts attachments space-attachments gallery listlabels change-history contributors', renderNothing),
  ...each('profile tasks-report-macro toc anchor spaces favpages navmap create-space-button gadget', renderNothing),
])

const FAMILIES: { prefix: string; render: MacroRenderer }[] = [
  { prefix: 'mermaid', render: diagram('mermaid') },
  { prefix: 'easy-math', render: renderMath },
  { prefix: 'eazy-math', render: renderMath },
  { prefix: 'miro-', render: renderEmbedded },
]
