// Text (render-text.ts) → the units that an answer may quote. Boundaries are found by rule rather than by
// Intl.Segmenter, which knows no abbreviations and breaks "z. B. Berlin" and "Dr. Weber" apart.
import { findSentenceEnds } from './sentence-ends.ts'

type SentenceKind = 'prose' | 'item' | 'row' | 'code' | 'heading'

/** `text` is exactly `source.slice(start, end)`. */
export type Sentence = { text: string; start: number; end: number; kind: SentenceKind }

const FENCE = /^(`{3,})[\w+#.-]*$/

/**
 * Sentences in order, without overlap; together they hold everything but white space and the marks of lists, quotes
 * and headings. A list item, a table row and a fenced block (fences included) are one unit each; a task keeps its `[x]`.
 */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = []
  let start = 0
  while (start < text.length) {
    const end = lineEnd(text, start)
    const fence = FENCE.exec(text.slice(start, end))
    if (fence?.[1] === undefined) {
      addLine(text, { start, end }, sentences)
      start = end + 1
    } else {
      const close = fenceEnd(text, end + 1, fence[1])
      addTrimmed(text, { start, end: close }, 'code', sentences)
      start = close + 1
    }
  }
  return sentences
}

type Range = { start: number; end: number }

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** End of the closing fence's line; of the text where none closes. */
function fenceEnd(text: string, from: number, fence: string): number {
  let start = from
  while (start < text.length) {
    const end = lineEnd(text, start)
    if (text.slice(start, end).trim() === fence) return end
    start = end + 1
  }
  return text.length
}

const MARKS: { pattern: RegExp; kind: SentenceKind }[] = [
  { pattern: /^- (?=\S)/, kind: 'item' },
  { pattern: /^\d{1,6}\. (?=\S)/, kind: 'item' },
  { pattern: /^#{1,6} (?=\S)/, kind: 'heading' },
  { pattern: /^(?=\| .* \|$)/, kind: 'row' },
]

function addLine(text: string, { start, end }: Range, sentences: Sentence[]) {
  let from = start
  if (text.startsWith('> ', from)) from += 2
  while (text[from] === ' ') from++
  const line = text.slice(from, end)
  for (const { pattern, kind } of MARKS) {
    const mark = pattern.exec(line)
    if (mark !== null) return addTrimmed(text, { start: from + mark[0].length, end }, kind, sentences)
  }
  addProse(text, { start: from, end }, sentences)
}

function addProse(text: string, { start, end }: Range, sentences: Sentence[]) {
  let from = start
  for (const cut of [...findSentenceEnds(text.slice(start, end)), end - start]) {
    addTrimmed(text, { start: from, end: start + cut }, 'prose', sentences)
    from = start + cut
  }
}

function addTrimmed(text: string, { start, end }: Range, kind: SentenceKind, sentences: Sentence[]) {
  const raw = text.slice(start, end)
  const trimmed = raw.trim()
  if (trimmed === '') return
  const from = start + raw.indexOf(trimmed)
  sentences.push({ text: trimmed, start: from, end: from + trimmed.length, kind })
}
