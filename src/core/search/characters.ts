// What a character is to the analysis of text, as a table that fills itself.

const SEPARATOR = 0
export const LOWER = 1
export const UPPER = 2
export const DIGIT = 3
/** Holds a compound together when it stands between two word characters: `PROJ-1234`, `a_b`, `2.3.1`. */
export const JOINER = 4
/** Scripts written without blanks (Han, kana, Hangul, Thai …), searched by pairs of characters. */
export const UNSPACED = 5

const UNKNOWN = 255
const kinds = new Uint8Array(0x10000).fill(UNKNOWN)

const UNSPACED_SCRIPTS =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々]/u

/** The kind of the character at `position`; both halves of a surrogate pair have the kind of the pair. */
export function kindAt(text: string, position: number): number {
  const unit = text.charCodeAt(position)
  if (unit >= 0xd800 && unit <= 0xdfff) return classifyPair(text, position, unit)
  const known = kinds[unit] ?? UNKNOWN
  if (known !== UNKNOWN) return known
  return (kinds[unit] = classify(String.fromCharCode(unit)))
}

export function isWord(kind: number): boolean {
  return kind === LOWER || kind === UPPER || kind === DIGIT
}

function classifyPair(text: string, position: number, unit: number): number {
  const start = unit >= 0xdc00 ? position - 1 : position
  const pair = text.slice(Math.max(0, start), start + 2)
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? classify(pair) : SEPARATOR
}

function classify(character: string): number {
  if (character === '-' || character === '_' || character === '.') return JOINER
  if (/\p{N}/u.test(character)) return DIGIT
  if (!/\p{L}/u.test(character)) return SEPARATOR
  if (UNSPACED_SCRIPTS.test(character)) return UNSPACED
  return character.toLowerCase() === character ? LOWER : UPPER
}
