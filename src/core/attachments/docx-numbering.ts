// The numbers and bullets that Word shows before paragraphs. It stores only which list a paragraph belongs to, and counts.
import type { XmlElement } from '../content/parse-xml.ts'
import { childElements, childNamed } from '../content/xml-tree.ts'
import { listLevel } from './office-xml.ts'

type Level = { format: string; text: string; start: number; style: string | undefined }
type Counted = { counts: (number | undefined)[] }
type List = { levels: Map<number, Level>; counted: Counted; restarts: Map<number, number> }

export type Numbering = {
  /** The label of the next paragraph with this `numPr`: `-` for bullets, `2.1`, `a)`; undefined when it has none. */
  next: (numbered: XmlElement, styleIds: string[] | undefined) => string | undefined
  depthOf: (numbered: XmlElement | undefined) => number
}

export function createNumbering(elements: XmlElement[]): Numbering {
  const lists = readLists(elements)
  return {
    depthOf: (numbered) => listLevel(numbered && valueOf(numbered, 'ilvl')),
    next(numbered, styleIds) {
      const list = lists.get(valueOf(numbered, 'numId') ?? '')
      if (list === undefined) return undefined
      const stated = valueOf(numbered, 'ilvl')
      const ilvl = (stated === undefined ? levelOfStyle(list, styleIds ?? []) : undefined) ?? listLevel(stated)
      const level = list.levels.get(ilvl)
      if (level === undefined || level.format === 'none') return undefined
      if (level.format === 'bullet') return '-'
      count(list, ilvl, level)
      return labelOf(list, level)
    },
  }
}

function readLists(elements: XmlElement[]): Map<string, List> {
  const abstract = new Map(
    elements.flatMap((element) => {
      if (element.name !== 'abstractNum') return []
      const counted: Counted = { counts: [] }
      return [
        [
          element.attributes['abstractNumId'] ?? '',
          { levels: readLevels(definitionOf(element, elements)), counted },
        ] as const,
      ]
    }),
  )
  return new Map(
    elements.flatMap((element) => {
      const base = element.name === 'num' ? abstract.get(valueOf(element, 'abstractNumId') ?? '') : undefined
      if (base === undefined) return []
      return [[element.attributes['numId'] ?? '', { ...base, restarts: readRestarts(element) }] as const]
    }),
  )
}

/** A list that follows a list style has its levels where that style is defined. */
function definitionOf(element: XmlElement, elements: XmlElement[]): XmlElement {
  const style = valueOf(element, 'numStyleLink')
  if (style === undefined) return element
  return elements.find((other) => valueOf(other, 'styleLink') === style) ?? element
}

function readLevels(element: XmlElement): Map<number, Level> {
  return new Map(
    childElements(element).flatMap((level) => {
      if (level.name !== 'lvl') return []
      const format = valueOf(level, 'numFmt') ?? 'decimal'
      const text = valueOf(level, 'lvlText') ?? ''
      const start = Number(valueOf(level, 'start') ?? 1) || 0
      return [[listLevel(level.attributes['ilvl']), { format, text, start, style: valueOf(level, 'pStyle') }] as const]
    }),
  )
}

function readRestarts(element: XmlElement): Map<number, number> {
  return new Map(
    childElements(element).flatMap((override) => {
      const start = override.name === 'lvlOverride' ? valueOf(override, 'startOverride') : undefined
      return start === undefined ? [] : [[listLevel(override.attributes['ilvl']), Number(start) || 0] as const]
    }),
  )
}

/** A heading's style names only the list; the list's level names the style. */
function levelOfStyle(list: List, styleIds: string[]): number | undefined {
  return [...list.levels].find(([, { style }]) => style !== undefined && styleIds.includes(style))?.[0]
}

function count({ counted, restarts }: List, ilvl: number, level: Level): void {
  const restart = restarts.get(ilvl)
  restarts.delete(ilvl)
  counted.counts[ilvl] = restart ?? (counted.counts[ilvl] ?? level.start - 1) + 1
  counted.counts.length = ilvl + 1
}

function labelOf({ counted, levels }: List, level: Level): string | undefined {
  const label = level.text.replace(/%([1-9])/g, (_whole, place: string) => {
    const other = levels.get(Number(place) - 1)
    return inFormat(counted.counts[Number(place) - 1] ?? other?.start ?? 1, other?.format ?? 'decimal')
  })
  return label.trim() === '' ? undefined : label.trim()
}

function inFormat(number: number, format: string): string {
  if (format === 'decimalZero') return String(number).padStart(2, '0')
  if (number < 1 || number > 999) return String(number)
  if (format.endsWith('Letter')) return cased(letters(number), format)
  return format.endsWith('Roman') ? cased(roman(number), format) : String(number)
}

function cased(text: string, format: string): string {
  return format.startsWith('upper') ? text.toUpperCase() : text
}

/** a … z, aa, bb, … as Word counts. */
function letters(number: number): string {
  return String.fromCharCode(97 + ((number - 1) % 26)).repeat(Math.ceil(number / 26))
}

function roman(number: number): string {
  const hundreds = romanDigit(Math.floor(number / 100), 'c', 'd', 'm')
  return hundreds + romanDigit(Math.floor(number / 10) % 10, 'x', 'l', 'c') + romanDigit(number % 10, 'i', 'v', 'x')
}

function romanDigit(value: number, one: string, five: string, ten: string): string {
  if (value % 5 === 4) return one + (value === 4 ? five : ten)
  return (value >= 5 ? five : '') + one.repeat(value % 5)
}

function valueOf(element: XmlElement, name: string): string | undefined {
  return childNamed(element, name)?.attributes['val']
}
