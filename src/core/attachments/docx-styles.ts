// What the paragraph styles of a DOCX say about structure, with what they inherit.
import type { XmlElement } from '../content/parse-xml.ts'
import { childNamed } from '../content/xml-tree.ts'

export type Style = {
  /** Its own and those of the styles it is based on. */
  ids: string[]
  /** 1 to 9 for headings. */
  level: number | undefined
  numbering: XmlElement | undefined
  /** A line of the table of contents, which repeats the headings. */
  isContents: boolean
  isQuote: boolean
}

export function readStyles(elements: XmlElement[]): Map<string, Style> {
  const byId = new Map(elements.map((element) => [element.attributes['styleId'] ?? '', element]))
  return new Map([...byId.keys()].map((id) => [id, resolveStyle(lineage(id, byId))]))
}

/** The style and those it is based on, nearest first. */
function lineage(id: string, byId: Map<string, XmlElement>): XmlElement[] {
  const found: XmlElement[] = []
  let next = byId.get(id)
  while (next !== undefined && !found.includes(next) && found.length < 20) {
    found.push(next)
    next = byId.get(childNamed(next, 'basedOn')?.attributes['val'] ?? '')
  }
  return found
}

function resolveStyle(styles: XmlElement[]): Style {
  const names = styles.map((style) => (childNamed(style, 'name')?.attributes['val'] ?? '').toLowerCase())
  const properties = styles.flatMap((style) => childNamed(style, 'pPr') ?? [])
  const outline = properties.flatMap((each) => childNamed(each, 'outlineLvl')?.attributes['val'] ?? [])[0]
  const named = names.flatMap((name) => /^heading ([1-9])$/.exec(name)?.[1] ?? (name === 'title' ? '1' : []))[0]
  return {
    ids: styles.map((style) => style.attributes['styleId'] ?? ''),
    level: outline === undefined ? (named === undefined ? undefined : Number(named)) : headingLevel(outline),
    numbering: properties.flatMap((each) => childNamed(each, 'numPr') ?? [])[0],
    isContents: names.some((name) => /^toc (\d|heading)/.test(name)),
    isQuote: names.some((name) => name === 'quote' || name === 'intense quote'),
  }
}

/** 9 stands for body text. */
export function headingLevel(outline: string): number | undefined {
  return /^[0-8]$/.test(outline) ? Number(outline) + 1 : undefined
}
