// DOCX → blocks. Hand-written on a streaming parser: the libraries at hand build the whole document several times over,
// and unpack without a bound.
import type { Block } from '../content/block.ts'
import { normaliseProse } from '../content/normalise.ts'
import type { XmlElement, XmlNode } from '../content/parse-xml.ts'
import { childElements, childNamed } from '../content/xml-tree.ts'
import type { BlockSink } from './block-sink.ts'
import { createNumbering, type Numbering } from './docx-numbering.ts'
import { headingLevel, readStyles, type Style } from './docx-styles.ts'
import { renderTable } from './docx-table.ts'
import { createFlow, type Flow } from './list-flow.ts'
import { eachSubtree, findRelated, isOn, listSubtrees, readRelationships } from './office-xml.ts'
import { UnreadableFile } from './outcome.ts'
import type { ZipFile } from './zip.ts'

type Document = { styles: Map<string, Style>; numbering: Numbering; notes: Map<string, string> }

/** Throws UnreadableFile and SinkFull. */
export function readDocx(zip: ZipFile, mainPart: string, sink: BlockSink): void {
  const relationships = readRelationships(zip, mainPart)
  const document: Document = {
    styles: readStyles(listSubtrees(zip, findRelated(relationships, 'styles'), 'style')),
    numbering: createNumbering(listSubtrees(zip, findRelated(relationships, 'numbering'), 'abstractNum', 'num')),
    notes: new Map(),
  }
  for (const kind of ['footnote', 'endnote']) {
    for (const note of listSubtrees(zip, findRelated(relationships, `${kind}s`), kind))
      document.notes.set(`${kind} ${note.attributes['id']}`, normaliseProse(textOf(note, document)).trim())
  }
  const bytes = zip.read(mainPart)
  if (bytes === undefined) throw new UnreadableFile('corrupt')
  const flow = createFlow((block) => sink.push(block))
  eachSubtree(bytes, ['p', 'tbl'], (element) => renderElement(element, document, flow))
  flow.end()
}

/** The blocks of everything below, as in a cell or a text box. */
function renderBody(nodes: readonly XmlElement[], document: Document): Block[] {
  const blocks: Block[] = []
  const flow = createFlow((block) => void blocks.push(block))
  for (const node of nodes) renderElement(node, document, flow)
  flow.end()
  return blocks
}

function renderElement(element: XmlElement, document: Document, flow: Flow): void {
  if (element.name === 'p') renderParagraph(element, document, flow)
  else if (element.name === 'tbl') {
    for (const block of renderTable(element, (nodes) => renderBody(nodes, document))) flow.block(block)
  } else if (!isUnseen(element)) {
    for (const child of childElements(element)) renderElement(child, document, flow)
  }
}

function renderParagraph(paragraph: XmlElement, document: Document, flow: Flow): void {
  const properties = childNamed(paragraph, 'pPr')
  const style = document.styles.get((properties && valueOf(properties, 'pStyle')) ?? '')
  const text = normaliseProse(textOf(paragraph, document)).trim()
  const outline = properties && valueOf(properties, 'outlineLvl')
  const level = outline === undefined ? style?.level : headingLevel(outline)
  const numbered = (properties && childNamed(properties, 'numPr')) ?? style?.numbering
  if (text !== '' && style?.isContents !== true) {
    const label = numbered && document.numbering.next(numbered, style?.ids)
    if (level !== undefined) {
      const title = label === undefined || label === '-' ? text : `${label} ${text}`
      flow.block({ kind: 'heading', level: Math.min(level, 6) as 1 | 2 | 3 | 4 | 5 | 6, text: title })
    } else if (label !== undefined) flow.item(label, document.numbering.depthOf(numbered), text)
    else flow.block({ kind: style?.isQuote === true ? 'quote' : 'paragraph', text })
  }
  for (const box of textBoxesIn(paragraph))
    for (const block of renderBody(childElements(box), document)) flow.block(block)
}

function valueOf(element: XmlElement, property: string): string | undefined {
  return childNamed(element, property)?.attributes['val']
}

/** Deleted and moved-away text, field codes, and the second version of a drawing for old programs. */
const UNSEEN = new Set(['del', 'moveFrom', 'instrText', 'delText', 'Fallback', 'pPr', 'rPr', 'tblPr', 'trPr', 'tcPr'])

function isUnseen(element: XmlElement): boolean {
  if (UNSEEN.has(element.name)) return true
  const properties = element.name === 'r' ? childNamed(element, 'rPr') : undefined
  return properties !== undefined && isOn(childNamed(properties, 'vanish'))
}

const CHARACTERS: Record<string, string> = { tab: ' ', br: ' ', cr: ' ', noBreakHyphen: '-', ptab: ' ' }

function textOf(element: XmlElement, document: Document): string {
  if (element.name === 't') return element.children.filter(isText).join('')
  if (element.name === 'footnoteReference') return noteText(`footnote ${element.attributes['id']}`, document)
  if (element.name === 'endnoteReference') return noteText(`endnote ${element.attributes['id']}`, document)
  if (element.name === 'txbxContent' || isUnseen(element)) return ''
  const inside = childElements(element)
    .map((child) => textOf(child, document))
    .join('')
  return (CHARACTERS[element.name] ?? '') + inside + (element.name === 'p' ? ' ' : '')
}

function isText(node: XmlNode): node is string {
  return typeof node === 'string'
}

/** A note stands where it is referred to: on its own it says nothing. */
function noteText(key: string, document: Document): string {
  const text = document.notes.get(key) ?? ''
  return text === '' ? '' : ` (note: ${text})`
}

function textBoxesIn(element: XmlElement): XmlElement[] {
  if (element.name === 'txbxContent') return [element]
  if (isUnseen(element)) return []
  return childElements(element).flatMap(textBoxesIn)
}
