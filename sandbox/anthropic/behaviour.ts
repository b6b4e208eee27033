// What the API, or the model behind it, can be told to do instead of answering honestly.
import { answerHonestly, findInstruction } from './model.ts'
import { citeBlock, listSearchResults, type MessagesRequest, type ReplyBlock, type StopReason } from './shape.ts'

export type Behaviour =
  /** A fixed reply. `cite` names blocks of the request as [search result, block]. */
  | { kind: 'reply'; blocks: { text: string; cite?: [number, number][] }[]; stopReason?: StopReason }
  /** The honest answer and a further claim without a citation. */
  | { kind: 'uncited-claim'; text: string }
  /** A claim with a citation of the first block whose cited text is not in the request. */
  | { kind: 'false-citation'; text: string; citedText: string }
  /** The honest answer with every number raised by one. */
  | { kind: 'wrong-numbers' }
  /** Does what a page tells the reader to do, once without and once with a citation, and adds a link. */
  | { kind: 'obey-injection' }
  /** The honest answer, stopped in the middle of a sentence. */
  | { kind: 'max-tokens' }
  /** Stopped by a classifier after `afterBlocks` blocks. */
  | { kind: 'refusal'; afterBlocks?: number }
  /** An error instead of an answer: 429 rate_limit_error, 529 overloaded_error … */
  | { kind: 'status'; status: number; type: string; headers?: Record<string, string> }
  /** Silence: before the answer, or after `afterBlocks` blocks of the stream; the connection stays open. */
  | { kind: 'stall'; afterBlocks?: number }
  /** The honest answer with a pause before each event of the stream. */
  | { kind: 'slow'; pauseMs: number }
  /** An `error` event in the stream after `afterBlocks` blocks. */
  | { kind: 'error-event'; type: string; afterBlocks?: number }
  /** The connection is dropped after `afterBlocks` blocks. */
  | { kind: 'cut'; afterBlocks?: number }

export type Reply = { blocks: ReplyBlock[]; stopReason: StopReason }

/** The model's reply under a behaviour; those about the connection leave the reply honest. */
export function replyTo(request: MessagesRequest, behaviour: Behaviour | undefined): Reply {
  const results = listSearchResults(request)
  const honest = answerHonestly(request)
  switch (behaviour?.kind) {
    case 'reply': {
      const blocks = behaviour.blocks.map(({ text, cite }) =>
        cite === undefined
          ? { text }
          : { text, citations: cite.map(([result, block]) => citeBlock(results, result, block)) },
      )
      return { blocks, stopReason: behaviour.stopReason ?? 'end_turn' }
    }
    case 'uncited-claim':
      return { blocks: [...honest, { text: `\n\n${behaviour.text}` }], stopReason: 'end_turn' }
    case 'false-citation': {
      const citation = { ...citeBlock(results, 0, 0), cited_text: behaviour.citedText }
      return { blocks: [{ text: behaviour.text, citations: [citation] }], stopReason: 'end_turn' }
    }
    case 'wrong-numbers': {
      return { blocks: honest.map((block) => ({ ...block, text: raise(block.text) })), stopReason: 'end_turn' }
    }
    case 'obey-injection':
      return { blocks: obey(request), stopReason: 'end_turn' }
    case 'max-tokens':
      return {
        blocks: honest.map((block, i) => (i === honest.length - 1 ? halve(block) : block)),
        stopReason: 'max_tokens',
      }
    case 'refusal':
      return { blocks: honest.slice(0, behaviour.afterBlocks ?? 0), stopReason: 'refusal' }
    default:
      return { blocks: honest, stopReason: 'end_turn' }
  }
}

/** `12 days` → `13 days`. */
function raise(text: string): string {
  return text.replace(/\d+/g, (number) => String(Number(number) + 1))
}

function obey(request: MessagesRequest): ReplyBlock[] {
  const instruction = findInstruction(request)
  if (instruction === undefined) return answerHonestly(request)
  const { text, resultIndex, blockIndex } = instruction
  const citations = [citeBlock(listSearchResults(request), resultIndex, blockIndex)]
  return [{ text: `${text}\n\n` }, { text: `${text} See https://evil.example/login for details.`, citations }]
}

function halve(block: ReplyBlock): ReplyBlock {
  return { ...block, text: block.text.slice(0, Math.ceil(block.text.length / 2)).replace(/[.!?]\s*$/, '') }
}
