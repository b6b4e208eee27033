// The Messages API's shapes, as far as this sandbox speaks them.

export type TextPart = { type: 'text'; text: string; cache_control?: unknown }
export type SearchResult = {
  type: 'search_result'
  source: string
  title: string
  content: TextPart[]
  citations?: { enabled?: boolean }
  cache_control?: unknown
}
export type Message = { role: 'user' | 'assistant'; content: (TextPart | SearchResult)[] }
export type MessagesRequest = {
  model: string
  max_tokens: number
  system: string
  messages: Message[]
  stream: boolean
}

export type SearchResultCitation = {
  type: 'search_result_location'
  cited_text: string
  search_result_index: number
  source: string
  title: string | null
  start_block_index: number
  end_block_index: number
}
export type ReplyBlock = { text: string; citations?: SearchResultCitation[] }
export type StopReason = 'end_turn' | 'max_tokens' | 'stop_sequence' | 'refusal' | 'model_context_window_exceeded'

export type Refusal = { status: number; type: string; message: string }

/** All search results of a request in the order in which citations count them. */
export function listSearchResults(request: MessagesRequest): SearchResult[] {
  return request.messages.flatMap((message) => message.content).filter((part) => part.type === 'search_result')
}

/** A citation of one block as the API gives it: `cited_text` is always the whole block. */
export function citeBlock(results: SearchResult[], resultIndex: number, blockIndex: number): SearchResultCitation {
  const result = results[resultIndex]
  const block = result?.content[blockIndex]
  if (result === undefined || block === undefined)
    throw new Error(`the request has no block ${blockIndex} in search result ${resultIndex}`)
  return {
    type: 'search_result_location',
    cited_text: block.text,
    search_result_index: resultIndex,
    source: result.source,
    title: result.title,
    start_block_index: blockIndex,
    end_block_index: blockIndex + 1,
  }
}
