// The text of a cell as people see it in the sheet: dates as dates, shares as percentages, formulas by their last value.
import { format, getFormatFromId, isDateFormat } from 'numfmt'
import type { XmlElement } from '../content/parse-xml.ts'
import { childElements, childNamed, rawText } from '../content/xml-tree.ts'

export type CellReader = (cell: XmlElement) => string

type Workbook = {
  sharedTexts: readonly string[]
  /** The elements `numFmt` and `cellXfs` of the styles. */
  styles: readonly XmlElement[]
  countsFrom1904: boolean
}

type NumberFormat = { pattern: string; isDate: boolean }

/** Excel shows these by the reader's own country. The international form cannot be misread. */
const ISO_FORMATS: Record<number, string> = { 14: 'yyyy-mm-dd', 22: 'yyyy-mm-dd hh:mm' }

/** Days between 1 January 1900 and 1904, the two beginnings of time. */
const DAYS_TO_1904 = 1462

export function createCellReader({ sharedTexts, styles, countsFrom1904 }: Workbook): CellReader {
  const formats = readFormats(styles)
  return (cell) => {
    const value = childNamed(cell, 'v')
    const stored = value === undefined ? '' : rawText(value)
    const { t: type, s: style } = cell.attributes
    if (type === 's') return sharedTexts[Number(stored)] ?? ''
    if (type === 'b') return stored === '1' ? 'TRUE' : 'FALSE'
    if (type === 'd') return stored.replace('T', ' ')
    if (stored === '' || (type !== undefined && type !== 'n')) return stored
    return showNumber(stored, formats[Number(style ?? 0)], countsFrom1904)
  }
}

/** By the index that cells name. */
function readFormats(styles: readonly XmlElement[]): NumberFormat[] {
  const own = new Map<number, string>()
  for (const { name, attributes } of styles)
    if (name === 'numFmt') own.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '')
  const cells = styles.find((style) => style.name === 'cellXfs')
  return (cells === undefined ? [] : childElements(cells)).map(({ attributes }) => {
    const id = Number(attributes['numFmtId'] ?? 0)
    const pattern = ISO_FORMATS[id] ?? own.get(id) ?? getFormatFromId(id)
    return { pattern, isDate: isDate(pattern) }
  })
}

function isDate(pattern: string): boolean {
  try {
    return isDateFormat(pattern)
  } catch {
    return false
  }
}

function showNumber(stored: string, numberFormat: NumberFormat | undefined, countsFrom1904: boolean): string {
  const number = Number(stored)
  if (Number.isNaN(number)) return stored
  const { pattern, isDate: isDateShown } = numberFormat ?? { pattern: 'General', isDate: false }
  const value = isDateShown && countsFrom1904 ? number + DAYS_TO_1904 : number
  try {
    const shown = format(pattern, value).trim()
    // A date before the beginning of time, or a pattern that hides the value.
    return shown === '' || /^#+$/.test(shown) ? stored : shown
  } catch {
    return stored
  }
}
