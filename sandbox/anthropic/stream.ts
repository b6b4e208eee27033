// A reply as the API's JSON message and as its stream of server-sent events.
import type { Reply } from './behaviour.ts'
import type { MessagesRequest, ReplyBlock } from './shape.ts'

export type StreamEvent = { type: string; [field: string]: unknown }

export function toMessage(request: MessagesRequest, reply: Reply, messageId: string) {
  return {
    ...emptyMessage(request, messageId),
    content: reply.blocks.map(({ text, citations }) => ({ type: 'text', text, citations: citations ?? null })),
    stop_reason: reply.stopReason,
    usage: { ...usage(request), output_tokens: countTokens(reply.blocks.map(({ text }) => text).join('')) },
  }
}

export function startEvents(request: MessagesRequest, messageId: string): StreamEvent[] {
  return [{ type: 'message_start', message: emptyMessage(request, messageId) }, { type: 'ping' }]
}

/** One text block: its text in two pieces, then its citations. */
export function blockEvents({ text, citations = [] }: ReplyBlock, index: number): StreamEvent[] {
  const middle = Math.ceil(text.length / 2)
  const pieces = [text.slice(0, middle), text.slice(middle)].filter((piece) => piece !== '')
  const delta = (content: object): StreamEvent => ({ type: 'content_block_delta', index, delta: content })
  const opening = { type: 'text', text: '', citations: citations.length > 0 ? [] : null }
  return [
    { type: 'content_block_start', index, content_block: opening },
    ...pieces.map((piece) => delta({ type: 'text_delta', text: piece })),
    ...citations.map((citation) => delta({ type: 'citations_delta', citation })),
    { type: 'content_block_stop', index },
  ]
}

export function endEvents(reply: Reply): StreamEvent[] {
  const delta = { stop_reason: reply.stopReason, stop_sequence: null, stop_details: null, container: null }
  const outputTokens = countTokens(reply.blocks.map(({ text }) => text).join(''))
  return [{ type: 'message_delta', delta, usage: { output_tokens: outputTokens } }, { type: 'message_stop' }]
}

export function formatEvent(event: StreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** Of the whole prompt, roughly: four characters a token. */
export function countInputTokens(request: MessagesRequest): number {
  return countTokens(request.system + JSON.stringify(request.messages))
}

function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

function emptyMessage(request: MessagesRequest, messageId: string) {
  return {
    id: messageId,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [],
    container: null,
    diagnostics: null,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: usage(request),
  }
}

function usage(request: MessagesRequest) {
  return {
    input_tokens: countInputTokens(request),
    output_tokens: 1,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    service_tier: 'standard',
  }
}
