// Does a written statement say only what its quotes say, as far as that can be checked without understanding it: every
// number, identifier, address and link in it must stand in the evidence. Pure.
import { analyse } from '../search/analysis.ts'
import { stopWords } from '../search/stop-words.ts'

/** `one` is left out: it is a pronoun more often than a number. */
const NUMBER_WORDS: ReadonlyMap<string, string> = new Map([
  ['two', '2'],
  ['three', '3'],
  ['four', '4'],
  ['five', '5'],
  ['six', '6'],
  ['seven', '7'],
  ['eight', '8'],
  ['nine', '9'],
  ['ten', '10'],
  ['eleven', '11'],
  ['twelve', '12'],
  ['fifteen', '15'],
  ['twenty', '20'],
  ['thirty', '30'],
  ['forty', '40'],
  ['fifty', '50'],
  ['sixty', '60'],
  ['seventy', '70'],
  ['eighty', '80'],
  ['ninety', '90'],
])

/** Numbers, identifiers and links of `statement` that `evidence` does not hold; empty when all stand there. */
export function listUnsupported(statement: string, evidence: string): string[] {
  const said = statement.replace(/^\s*(?:[-*•]\s+)?\d+[.)]\s/gm, '')
  const numbers = new Set(listNumbers(evidence))
  const text = compact(evidence)
  return [
    ...listNumbers(said).filter((number) => !numbers.has(number)),
    ...listIdentifiers(said).filter((identifier) => !text.includes(compact(identifier))),
  ]
}

/** True when the informative words all stand in the evidence: a connective that claims nothing of its own. */
export function isConnective(words: string, evidence: string): boolean {
  const known = new Set(analyse(evidence))
  return analyse(words).every((term) => known.has(term) || stopWords.has(term))
}

/** Numbers in one spelling: no thousands separators, decimal point, no leading zeros; English number words as digits. */
function listNumbers(text: string): string[] {
  const digits = text.match(/\d+(?:[.,]\d+)*/g) ?? []
  const words = text.toLowerCase().match(/\b[a-z]{3,7}\b/g) ?? []
  return [...digits.map(normaliseNumber), ...words.flatMap((word) => NUMBER_WORDS.get(word) ?? [])]
}

function normaliseNumber(written: string): string {
  const isGrouped = /^\d{1,3}(?:[.,]\d{3})+$/.test(written)
  const plain = isGrouped ? written.replace(/[.,]/g, '') : written.replaceAll(',', '.')
  return plain.replace(/^0+(?=\d)/, '')
}

/** Links, e-mail addresses, #channels, @handles, `code`, and words that mix letters with digits or underscores. */
function listIdentifiers(text: string): string[] {
  return [
    ...(text.match(/\b(?:https?:\/\/|www\.)[^\s<>()[\]"']*[^\s<>()[\]"'.,;:!?]/gi) ?? []),
    ...(text.match(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g) ?? []),
    ...(text.match(/(?<![\w/&])[#@][\p{L}\d][\p{L}\d_-]+/gu) ?? []),
    ...listCode(text),
    ...(text.match(/\p{L}[\p{L}\d]*(?:[_-][\p{L}\d]+)+|\p{L}+\d[\p{L}\d]*/gu) ?? []).filter((word) =>
      /[\d_]/.test(word),
    ),
  ]
}

/** Lines of code: fenced, without the fence's language, or between backticks. */
function listCode(text: string): string[] {
  const code = Array.from(text.matchAll(/(`+)(?:[\w-]*\n)?([^`]+)\1/g), (match) => match[2] ?? '')
  return code.flatMap((each) => each.split('\n')).filter((line) => line.trim() !== '')
}

function compact(text: string): string {
  return text.replace(/\s+/g, '').toLowerCase()
}
