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
  if (isHighHalf(unit) || isLowHalf(unit)) return classifyPair(text, position)
  const known = kinds[unit] ?? UNKNOWN
  if (known !== UNKNOWN) return known
  return (kinds[unit] = classify(String.fromCharCode(unit)))
}

/** UTF-16 units of the character that begins at `position`. */
export function widthAt(text: string, position: number): number {
  return isInsidePair(text, position + 1) ? 2 : 1
}

/** True between the two halves of a surrogate pair, where no text may be cut. */
export function isInsidePair(text: string, position: number): boolean {
  return isHighHalf(text.charCodeAt(position - 1)) && isLowHalf(text.charCodeAt(position))
}

export function isWord(kind: number): boolean {
  return kind === LOWER || kind === UPPER || kind === DIGIT
}

function isHighHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function classifyPair(text: string, position: number): number {
  const start = isLowHalf(text.charCodeAt(position)) ? position - 1 : position
  return isInsidePair(text, start + 1) ? classify(text.slice(start, start + 2)) : SEPARATOR
}

function classify(character: string): number {
  if (character === '-' || character === '_' || character === '.') return JOINER
  if (/\p{N}/u.test(character)) return DIGIT
  if (!/\p{L}/u.test(character)) return SEPARATOR
  if (UNSPACED_SCRIPTS.test(character)) return UNSPACED
  return character.toLowerCase() === character ? LOWER : UPPER
}
