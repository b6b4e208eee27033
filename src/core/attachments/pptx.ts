// PPTX → blocks: each slide a heading with its number and title, its text in the order of its shapes, its notes last.
import { normaliseProse } from '../content/normalise.ts'
import type { XmlElement } from '../content/parse-xml.ts'
import { childElements, childNamed, findBelow } from '../content/xml-tree.ts'
import type { BlockSink } from './block-sink.ts'
import { createFlow, type Flow } from './list-flow.ts'
import { findRelated, isTrue, listLevel, listSubtrees, readRelationships } from './office-xml.ts'
import { UnreadableFile, type ExtractLimits } from './outcome.ts'
import type { ZipFile } from './zip.ts'

/** Throws UnreadableFile and SinkFull. */
export function readPptx(zip: ZipFile, mainPart: string, limits: ExtractLimits, sink: BlockSink) {
  if (!zip.has(mainPart)) throw new UnreadableFile('corrupt')
  const relationships = readRelationships(zip, mainPart)
  const slides = listSubtrees(zip, mainPart, 'sldId').flatMap(
    ({ attributes }) => relationships.get(attributes['r:id'] ?? '')?.target ?? [],
  )
  for (const [index, part] of slides.slice(0, limits.maxPages).entries()) readSlide(zip, part, index + 1, sink)
  return { pageCount: slides.length, isCut: slides.length > limits.maxPages }
}

function readSlide(zip: ZipFile, part: string, number: number, sink: BlockSink): void {
  const shapes = listSubtrees(zip, part, 'sp', 'graphicFrame')
  const notesPart = findRelated(readRelationships(zip, part), 'notesSlide')
  const notes = listSubtrees(zip, notesPart, 'sp').filter((shape) => placeholderOf(shape) === 'body')
  const title = shapes.find(isTitle)
  const titleText = title === undefined ? '' : paragraphsIn(title).map(textOf).filter(Boolean).join(' ')
  const bodies = shapes.filter((shape) => shape !== title && !isFurniture(shape))
  const hasText = [...bodies, ...notes].some((shape) => textOf(shape) !== '')
  if (titleText === '' && !hasText) return
  sink.push({ kind: 'heading', level: 1, text: titleText === '' ? `Slide ${number}` : `Slide ${number}: ${titleText}` })
  const flow = createFlow((block) => sink.push(block))
  for (const shape of bodies) renderShape(shape, flow)
  flow.end()
  const said = notes.flatMap(paragraphsIn).map(textOf).filter(Boolean)
  said.forEach((text, index) => sink.push({ kind: 'paragraph', text: index === 0 ? `Notes: ${text}` : text }))
}

/** `body`, `title`, …; `obj` for a placeholder that does not say; undefined for anything drawn freely. */
function placeholderOf(shape: XmlElement): string | undefined {
  const placeholder = findBelow(childElements(shape)[0] ?? shape, 'ph')
  return placeholder === undefined ? undefined : (placeholder.attributes['type'] ?? 'obj')
}

function isTitle(shape: XmlElement): boolean {
  const placeholder = placeholderOf(shape)
  return placeholder === 'title' || placeholder === 'ctrTitle'
}

/** Date, footer and number, alike on every slide. */
function isFurniture(shape: XmlElement): boolean {
  return ['dt', 'ftr', 'hdr', 'sldNum'].includes(placeholderOf(shape) ?? '')
}

function renderShape(shape: XmlElement, flow: Flow): void {
  const table = findBelow(shape, 'tbl')
  if (table !== undefined) {
    const rows = childElements(table).filter((child) => child.name === 'tr')
    const hasHeader = isTrue(childNamed(table, 'tblPr')?.attributes['firstRow']) && rows.length > 1
    flow.block({ kind: 'table', rows: gridOf(rows), headerRows: hasHeader ? 1 : 0 })
    return
  }
  const placeholder = placeholderOf(shape)
  const paragraphs = paragraphsIn(shape).filter((paragraph) => textOf(paragraph) !== '')
  // What a master draws before the lines of a body is not read: it is a bullet in nearly all of them.
  const isBulleted = (placeholder === 'body' || placeholder === 'obj') && paragraphs.length > 1
  const numbers: number[] = []
  for (const paragraph of paragraphs) renderParagraph(paragraph, isBulleted, numbers, flow)
}

function renderParagraph(paragraph: XmlElement, isBulleted: boolean, numbers: number[], flow: Flow): void {
  const properties = childNamed(paragraph, 'pPr')
  const depth = listLevel(properties?.attributes['lvl'])
  const bullet = properties && childElements(properties).find((child) => child.name.startsWith('bu'))
  const isNumbered = properties !== undefined && childNamed(properties, 'buAutoNum') !== undefined
  const hasNone = properties !== undefined && childNamed(properties, 'buNone') !== undefined
  const text = textOf(paragraph)
  if (isNumbered) {
    numbers.length = depth + 1
    numbers[depth] = (numbers[depth] ?? 0) + 1
    flow.item(`${numbers[depth]}.`, depth, text)
  } else if (!hasNone && (isBulleted || bullet !== undefined)) {
    numbers.length = depth
    flow.item('-', depth, text)
  } else flow.block({ kind: 'paragraph', text })
}

function paragraphsIn(element: XmlElement): XmlElement[] {
  return childElements(element).flatMap((child) => (child.name === 'p' ? [child] : paragraphsIn(child)))
}

/** Merged cells repeat the text that covers them. */
function gridOf(rows: XmlElement[]): string[][] {
  const grid: string[][] = []
  for (const row of rows) {
    const above = grid.at(-1)
    const line: string[] = []
    for (const cell of childElements(row).filter((child) => child.name === 'tc')) {
      const { hMerge, vMerge } = cell.attributes
      if (isTrue(hMerge)) line.push(line.at(-1) ?? '')
      else line.push(isTrue(vMerge) ? (above?.[line.length] ?? '') : textOf(cell))
    }
    grid.push(line)
  }
  return grid
}

function textOf(element: XmlElement): string {
  return normaliseProse(rawTextOf(element)).trim()
}

/** Text stands in `t` only; a field (`fld`) holds its last value. */
function rawTextOf(element: XmlElement): string {
  if (element.name === 't') return element.children.filter((child) => typeof child === 'string').join('')
  if (element.name === 'br') return ' '
  return childElements(element).map(rawTextOf).join('') + (element.name === 'p' ? ' ' : '')
}
