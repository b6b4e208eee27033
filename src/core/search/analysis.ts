// Text → search terms, the same for indexing and for questions. One pass over the characters, no regular expression that
// could backtrack. A term holds only letters and digits of any script, so that any database tokeniser leaves it whole.
import { stemmer } from 'stemmer'
import { DIGIT, isInsidePair, isWord, JOINER, kindAt, LOWER, UNSPACED, UPPER, widthAt } from './characters.ts'
import { stopWords } from './stop-words.ts'

/** Longer words are cut and longer compounds indexed by their parts only (keys, base64). */
const MAX_TERM_LENGTH = 64
/** Stop words that are abbreviations when written in capitals inside ordinary text: IT department, US holidays. */
const ABBREVIATIONS: ReadonlySet<string> = new Set(['it', 'us', 'who'])

type Terms = { kept: string[]; stopped: string[]; keepsAbbreviations: boolean }

/**
 * Search terms in the order of the text, repeated as often as they occur: lower-cased, accents folded, English stop words
 * dropped, English words stemmed. Identifiers, versions, hyphenated and camelCase words give the whole without its
 * punctuation and then the parts (`PROJ-1234` → `proj1234`, `proj`, `1234`). A text of stop words only keeps them.
 */
export function analyse(text: string): string[] {
  const folded = fold(text)
  const terms: Terms = { kept: [], stopped: [], keepsAbbreviations: /[a-z]/.test(folded) }
  let position = 0
  while (position < folded.length) {
    const kind = kindAt(folded, position)
    if (kind === UNSPACED) position = readUnspaced(folded, position, terms)
    else if (isWord(kind)) position = readCompound(folded, position, terms)
    else position += 1
  }
  return terms.kept.length > 0 ? terms.kept : terms.stopped
}

/** Folds what is written differently but searched alike: accents, ligatures, full-width forms, typographic punctuation. */
function fold(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the range is ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]+/g, '')
    .normalize('NFC')
    .replace(/\p{M}+/gu, '')
    .replace(/[’ʼ‐ßẞæÆœŒøØłŁđĐðÐþÞı]/g, (character) => SUBSTITUTES[character] ?? character)
}

/** Letters that Unicode does not decompose. */
const SUBSTITUTES: Record<string, string> = {
  '’': "'",
  ʼ: "'",
  '‐': '-',
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'TH',
  ı: 'i',
}

function readUnspaced(text: string, start: number, terms: Terms): number {
  let end = start + 1
  while (end < text.length && kindAt(text, end) === UNSPACED) end += 1
  const characters = Array.from(text.slice(start, end))
  if (characters.length === 1) terms.kept.push(characters[0] ?? '')
  for (let i = 0; i + 1 < characters.length; i++) terms.kept.push(`${characters[i]}${characters[i + 1]}`)
  return end
}

/** Adds the compound that begins at `start` and returns where to read on. */
function readCompound(text: string, start: number, terms: Terms): number {
  const parts: string[] = []
  let partStart = start
  let position = start + 1
  for (; position < text.length; position++) {
    const kind = kindAt(text, position)
    if (isWord(kind)) {
      if (!isHump(text, position, kind)) continue
      parts.push(text.slice(partStart, position))
      partStart = position
    } else if (kind === JOINER && position + 1 < text.length && isWord(kindAt(text, position + 1))) {
      parts.push(text.slice(partStart, position))
      partStart = position + 1
    } else if (!isThousandsSeparator(text, position)) break
  }
  parts.push(text.slice(partStart, position))
  const contraction = contractionAt(text, position)
  if (contraction === "'t") terms.stopped.push(...parts.map((part) => part.toLowerCase()))
  else addCompound(parts, terms)
  return position + contraction.length
}

/** True where camelCase begins a new part: `get|User`, `HTTP|Server`, but not `API|s`. */
function isHump(text: string, position: number, kind: number): boolean {
  if (kind !== UPPER || isInsidePair(text, position)) return false
  const before = kindAt(text, position - 1)
  if (before === LOWER) return true
  const next = position + widthAt(text, position)
  return before === UPPER && kindAt(text, next) === LOWER && kindAt(text, next + widthAt(text, next)) === LOWER
}

/** `1,000`: the comma is left out of the number. */
function isThousandsSeparator(text: string, position: number): boolean {
  if (text[position] !== ',' || kindAt(text, position - 1) !== DIGIT) return false
  for (let i = 1; i <= 3; i++) if (kindAt(text, position + i) !== DIGIT) return false
  return kindAt(text, position + 4) !== DIGIT
}

/** The English ending after an apostrophe that is no part of the word: `'s`, `'ll`; `'t` marks a stop word. */
function contractionAt(text: string, position: number): string {
  if (text[position] !== "'") return ''
  let end = position + 1
  while (end < text.length && end < position + 4 && isWord(kindAt(text, end))) end += 1
  const tail = text.slice(position, end).toLowerCase()
  return ["'s", "'t", "'d", "'m", "'ll", "'re", "'ve"].includes(tail) ? tail : ''
}

function addCompound(parts: string[], terms: Terms): void {
  if (parts.length === 1) {
    addWord(parts[0] ?? '', terms)
    return
  }
  const whole = parts.join('')
  if (whole.length <= MAX_TERM_LENGTH) addWord(whole, terms)
  // e.g., U.S., p.m.: single letters are no parts.
  if (parts.every((part) => part.length === 1 && kindAt(part, 0) !== DIGIT)) return
  for (const part of parts) addWord(part, terms)
}

function addWord(written: string, terms: Terms): void {
  const bare = written.includes(',') ? written.replaceAll(',', '') : written
  const cut = isInsidePair(bare, MAX_TERM_LENGTH) ? MAX_TERM_LENGTH - 1 : MAX_TERM_LENGTH
  const word = bare.slice(0, cut).toLowerCase()
  if (!stopWords.has(word)) terms.kept.push(stem(word))
  else if (terms.keepsAbbreviations && ABBREVIATIONS.has(word) && written === written.toUpperCase())
    terms.kept.push(word)
  else terms.stopped.push(word)
}

/** Stems of words seen lately: without it the stemmer takes nine tenths of the time. Emptied when full. */
const stems = new Map<string, string>()
const MAX_STEMS = 50_000

function stem(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  if (!/^[a-z]+$/.test(word)) return word
  const stemmed = stemmer(word)
  if (stems.size >= MAX_STEMS) stems.clear()
  stems.set(word, stemmed)
  return stemmed
}
