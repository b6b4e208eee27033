// Refuses what the Messages API refuses. Stricter where the API's behaviour is not known: unknown fields are an error.
import type { Message, MessagesRequest, Refusal, SearchResult, TextPart } from './shape.ts'

const API_VERSION = '2026-10-21'
const FIELDS = new Set([
  'model',
  'max_tokens',
  'system',
  'messages',
  'stream',
  'metadata',
  'stop_sequences',
  'thinking',
])
const FIELDS_OF = {
  text: new Set(['type', 'text', 'cache_control', 'citations']),
  search_result: new Set(['type', 'source', 'title', 'content', 'citations', 'cache_control']),
}
const MAX_CACHE_BREAKPOINTS = 4

type Headers = Record<string, string | string[] | undefined>

export function refuseHeaders(headers: Headers, apiKey: string): Refusal | undefined {
  if (headers['authorization'] !== `Bearer ${apiKey}`)
    return { status: 401, type: 'authentication_error', message: 'invalid bearer token' }
  if (headers['anthropic-version'] !== API_VERSION) return invalid(`anthropic-version: must be ${API_VERSION}`)
  if (!String(headers['content-type']).startsWith('application/json')) return invalid('content-type: must be JSON')
  return undefined
}

/** The request in one form (string contents as text parts), or why it is refused. `forCount` needs no `max_tokens`. */
export function parseRequest(body: unknown, forCount = false): MessagesRequest | Refusal {
  try {
    return readRequest(asObject(body, 'body'), forCount)
  } catch (error) {
    if (error instanceof Complaint) return invalid(error.message)
    throw error
  }
}

export function isRefusal(value: MessagesRequest | Refusal): value is Refusal {
  return 'status' in value
}

class Complaint extends Error {}

function readRequest(body: Record<string, unknown>, forCount: boolean): MessagesRequest {
  for (const key of Object.keys(body)) check(FIELDS.has(key), `${key}: Extra inputs are not permitted`)
  const { model, max_tokens: maxTokens, stream = false, messages } = body
  check(typeof model === 'string' && model !== '', 'model: Field required')
  check(forCount || (Number.isInteger(maxTokens) && Number(maxTokens) >= 1), 'max_tokens: must be a positive integer')
  check(typeof stream === 'boolean', 'stream: must be a boolean')
  check(Array.isArray(messages) && messages.length > 0, 'messages: at least one message is required')
  const parsed = (messages as unknown[]).map((message, i) => readMessage(asObject(message, `messages.${i}`), i))
  check(parsed[0]?.role === 'user', 'messages: first message must use the "user" role')
  const system = readSystem(body['system'])
  checkCitations(parsed)
  checkCacheBreakpoints(body)
  return {
    model: model as string,
    max_tokens: Number(maxTokens ?? 0),
    system,
    messages: parsed,
    stream: stream as boolean,
  }
}

function readMessage(message: Record<string, unknown>, i: number): Message {
  const { role, content } = message
  check(role === 'user' || role === 'assistant', `messages.${i}.role: must be user or assistant`)
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  check(Array.isArray(parts) && parts.length > 0, `messages.${i}.content: must not be empty`)
  const read = (parts as unknown[]).map((part, k) => readPart(asObject(part, `messages.${i}.content.${k}`), i, k))
  check(
    role === 'user' || read.every((part) => part.type === 'text'),
    `messages.${i}: search_result blocks belong to the user`,
  )
  return { role: role as Message['role'], content: read }
}

function readPart(part: Record<string, unknown>, i: number, k: number): TextPart | SearchResult {
  const where = `messages.${i}.content.${k}`
  if (part['type'] === 'text') return readText(part, where)
  check(part['type'] === 'search_result', `${where}.type: this sandbox knows text and search_result`)
  checkFields(part, 'search_result', where)
  check(typeof part['source'] === 'string' && part['source'] !== '', `${where}.source: Field required`)
  check(typeof part['title'] === 'string' && part['title'] !== '', `${where}.title: Field required`)
  const { content, citations } = part
  check(Array.isArray(content) && content.length > 0, `${where}.content: at least one text block is required`)
  ;(content as unknown[]).forEach((block, b) => {
    const text = asObject(block, `${where}.content.${b}`)
    check(text['type'] === 'text', `${where}.content.${b}.type: must be text`)
    readText(text, `${where}.content.${b}`)
  })
  if (citations !== undefined)
    check(typeof asObject(citations, where)['enabled'] === 'boolean', `${where}.citations.enabled: must be a boolean`)
  return part as unknown as SearchResult
}

function readText(part: Record<string, unknown>, where: string): TextPart {
  checkFields(part, 'text', where)
  check(typeof part['text'] === 'string', `${where}.text: must be a string`)
  check(String(part['text']).trim() !== '', `${where}.text: text content blocks must contain non-whitespace text`)
  return part as unknown as TextPart
}

function readSystem(system: unknown): string {
  if (system === undefined || typeof system === 'string') return system ?? ''
  check(Array.isArray(system), 'system: must be a string or text blocks')
  return (system as unknown[]).map((part, i) => readText(asObject(part, `system.${i}`), `system.${i}`).text).join('\n')
}

function checkCitations(messages: Message[]): void {
  const results = messages.flatMap((message) => message.content).filter((part) => part.type === 'search_result')
  const enabled = results.filter((result) => result.citations?.enabled === true)
  check(
    enabled.length === 0 || enabled.length === results.length,
    'citations must be enabled for all search results or for none',
  )
}

function checkCacheBreakpoints(body: unknown): void {
  const count = (JSON.stringify(body).match(/"cache_control":\{/g) ?? []).length
  check(count <= MAX_CACHE_BREAKPOINTS, `at most ${MAX_CACHE_BREAKPOINTS} blocks may have cache_control`)
}

function checkFields(part: Record<string, unknown>, kind: keyof typeof FIELDS_OF, where: string): void {
  for (const key of Object.keys(part))
    check(FIELDS_OF[kind].has(key), `${where}.${key}: Extra inputs are not permitted`)
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), `${where}: must be an object`)
  return value as Record<string, unknown>
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Complaint(message)
}

function invalid(message: string): Refusal {
  return { status: 400, type: 'invalid_request_error', message }
}
