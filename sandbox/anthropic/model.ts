// An honest little model: it knows nothing, reads the search results and repeats what overlaps with the question.
import { citeBlock, listSearchResults, type MessagesRequest, type ReplyBlock, type TextPart } from './shape.ts'

const MAX_SENTENCES = 3
const SMALL_WORDS = new Set(
  'a about an and any are at be by can do does for from have how i if in is it long many may much my of on or our should that the there this to was we what when where which who why will with you your'.split(
    ' ',
  ),
)

/** Sentences that share at least two words with the question (one, when it has no more), best first, each cited. */
export function answerHonestly(request: MessagesRequest): ReplyBlock[] {
  const results = listSearchResults(request)
  const asked = wordsOf(lastQuestion(request))
  const needed = Math.min(2, asked.size)
  const candidates = results.flatMap((result, resultIndex) =>
    result.content.flatMap((block, blockIndex) =>
      sentencesOf(block.text).map((text) => ({ text, resultIndex, blockIndex, overlap: shared(text, asked) })),
    ),
  )
  const chosen = candidates
    .filter(({ overlap }) => needed > 0 && overlap >= needed)
    .toSorted((a, b) => b.overlap - a.overlap)
    .slice(0, MAX_SENTENCES)
  if (chosen.length === 0) return [{ text: insufficientLine(request.system) ?? 'I do not know.' }]
  return chosen.flatMap(({ text, resultIndex, blockIndex }, i) => [
    ...(i === 0 ? [] : [{ text: '\n\n' }]),
    { text, citations: [citeBlock(results, resultIndex, blockIndex)] },
  ])
}

/** What a page tells the reader to write (`reply with "…"`, `say: …`): an obedient model writes it. */
export function findInstruction(
  request: MessagesRequest,
): { text: string; resultIndex: number; blockIndex: number } | undefined {
  for (const [resultIndex, result] of listSearchResults(request).entries()) {
    for (const [blockIndex, block] of result.content.entries()) {
      const text = /\b(?:reply with|say|write)\b[:\s]+["“]?([^"”\n]+)/i.exec(block.text)?.[1]
      if (text !== undefined) return { text, resultIndex, blockIndex }
    }
  }
  return undefined
}

/** The line in capitals that the system prompt asks for when the search results do not suffice. */
function insufficientLine(system: string): string | undefined {
  return /^[A-Z][A-Z_]{9,}$/m.exec(system)?.[0]
}

function lastQuestion(request: MessagesRequest): string {
  const parts = request.messages.at(-1)?.content.filter((part): part is TextPart => part.type === 'text') ?? []
  return parts.at(-1)?.text ?? ''
}

function sentencesOf(block: string): string[] {
  return block
    .split(/(?<=[.!?])\s+|\n/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
}

function shared(text: string, asked: ReadonlySet<string>): number {
  let count = 0
  for (const word of wordsOf(text)) if (asked.has(word)) count += 1
  return count
}

/** Lower-case words, a plural `s` dropped. */
function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return new Set(words.filter((word) => !SMALL_WORDS.has(word)).map((word) => word.replace(/(?<=\p{L}{3})s$/u, '')))
}
