// The XML of office files, read strictly and piece by piece: only the subtrees that are asked for are built, one at a
// time, so that a sheet of a million rows costs the memory of one row.
import { SaxesParser } from 'saxes'
import type { XmlElement } from '../content/parse-xml.ts'
import { UnreadableFile } from './outcome.ts'
import type { ZipFile } from './zip.ts'

/** Readers recurse; honest documents stay far below. */
const MAX_NESTING = 250

const SLICE_BYTES = 64 * 1024

/**
 * Calls `handle` with each outermost element that has one of the names. Names are without prefix, attributes too, but
 * for the relationships' `r:`. Throws UnreadableFile, and whatever `handle` throws.
 */
export function eachSubtree(bytes: Uint8Array, names: readonly string[], handle: (element: XmlElement) => void): void {
  const wanted = new Set(names)
  const path: XmlElement[] = []
  let depth = 0
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false })
  parser.on('error', (error) => {
    throw new UnreadableFile('corrupt', { cause: error })
  })
  parser.on('opentag', (tag) => {
    if (++depth > MAX_NESTING) throw new UnreadableFile('corrupt')
    const name = localName(tag.name)
    if (path.length === 0 && !wanted.has(name)) return
    const element: XmlElement = { name, attributes: localAttributes(tag.attributes), children: [] }
    path.at(-1)?.children.push(element)
    path.push(element)
  })
  parser.on('closetag', () => {
    depth--
    const element = path.pop()
    if (element !== undefined && path.length === 0) handle(element)
  })
  const addText = (text: string): void => void path.at(-1)?.children.push(text)
  parser.on('text', addText)
  parser.on('cdata', addText)
  const decoder = new TextDecoder(encodingOf(bytes))
  for (let start = 0; start < bytes.length; start += SLICE_BYTES)
    parser.write(decoder.decode(bytes.subarray(start, start + SLICE_BYTES), { stream: true }))
  parser.write(decoder.decode()).close()
}

/** All subtrees of one part at once, for small parts; empty when the part is missing. */
export function listSubtrees(zip: ZipFile, part: string | undefined, ...names: string[]): XmlElement[] {
  const elements: XmlElement[] = []
  const bytes = part === undefined ? undefined : zip.read(part)
  if (bytes !== undefined) eachSubtree(bytes, names, (element) => void elements.push(element))
  return elements
}

function encodingOf(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | 'utf-8' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function localAttributes(attributes: Record<string, string>): Record<string, string> {
  const local: Record<string, string> = {}
  for (const name in attributes) local[name.startsWith('r:') ? name : localName(name)] = attributes[name] ?? ''
  return local
}

/** `type` is the last word of the relationship's type address; `target` a part of the same file. */
export type Relationship = { type: string; target: string }

/** The relationships of a part by id; those of the package itself for `''`. */
export function readRelationships(zip: ZipFile, part: string): Map<string, Relationship> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1)
  const file = `${folder}_rels/${part.slice(folder.length)}.rels`
  return new Map(
    listSubtrees(zip, file, 'Relationship').flatMap(({ attributes }) => {
      const { Id = '', Type = '', Target = '', TargetMode } = attributes
      if (TargetMode === 'External') return []
      const target = new URL(encodeURI(Target), `file:///${encodeURI(folder)}`).pathname
      return [[Id, { type: Type.slice(Type.lastIndexOf('/') + 1), target: decodeURI(target).slice(1) }] as const]
    }),
  )
}

export function findRelated(relationships: Map<string, Relationship>, type: string): string | undefined {
  return [...relationships.values()].find((relationship) => relationship.type === type)?.target
}

/** `1`, `true` and `on` are yes; a property without a value is too. */
export function isOn(property: XmlElement | undefined): boolean {
  return property !== undefined && isTrue(property.attributes['val'] ?? '1')
}

export function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true' || value === 'on'
}

/** Lists have nine levels, from 0; anything else is the first. */
export function listLevel(value: string | undefined): number {
  return /^[0-8]$/.test(value ?? '') ? Number(value) : 0
}
