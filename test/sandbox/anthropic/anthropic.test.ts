import Anthropic from '@anthropic-ai/sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Anthropic as Sandbox, startAnthropic } from '../../../sandbox/anthropic/anthropic.ts'

let api: Sandbox
let client: Anthropic
beforeEach(async () => {
  api = await startAnthropic({ models: ['claude-sonnet-5-5'] })
  client = new Anthropic({ apiKey: 'sk-ant-sandbox', baseURL: api.url, maxRetries: 0, openTelemetry: false })
})
afterEach(() => api.close())

const leaveBlock = 'Every employee has 28 days of leave. Ask your lead first.'
const result = {
  type: 'search_result' as const,
  source: 'https://wiki.acme.example/1',
  title: 'Leave',
  content: [
    { type: 'text' as const, text: 'About us.' },
    { type: 'text' as const, text: leaveBlock },
  ],
  citations: { enabled: true },
}

function request(question: string): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model: 'claude-sonnet-5-5',
    max_tokens: 500,
    system: 'Reply with this line when nothing fits:\nNOTHING_FITS_HERE',
    messages: [{ role: 'user', content: [result, { type: 'text', text: question }] }],
  }
}

const citation = {
  type: 'search_result_location',
  cited_text: leaveBlock,
  search_result_index: 0,
  source: 'https://wiki.acme.example/1',
  title: 'Leave',
  start_block_index: 1,
  end_block_index: 2,
}

describe('the honest model, through the SDK', () => {
  test('repeats the sentence that overlaps with the question and cites its whole block', async () => {
    const message = await client.messages.create(request('How many days of leave does an employee have?'))
    expect(message.content).toEqual([
      { type: 'text', text: 'Every employee has 28 days of leave.', citations: [citation] },
    ])
    expect(message).toMatchObject({ role: 'assistant', stop_reason: 'end_turn' })
    expect(message.usage.input_tokens).toBeGreaterThan(0)
  })

  test('streams the same message', async () => {
    const asked = request('How many days of leave does an employee have?')
    const streamed = await client.messages.stream(asked).finalMessage()
    expect(streamed.content).toEqual((await client.messages.create(asked)).content)
    expect(streamed.stop_reason).toBe('end_turn')
  })

  test('says the line of the system prompt when nothing overlaps', async () => {
    const message = await client.messages.create(request('Who designed the Eiffel tower?'))
    expect(message.content).toMatchObject([{ text: 'NOTHING_FITS_HERE' }])
  })

  test('counts tokens', async () => {
    const { model, system, messages } = request('Leave?')
    const counted = await client.messages.countTokens({ model, system: system ?? '', messages })
    expect(counted.input_tokens).toBeGreaterThan(50)
  })
})

test('a stream is made of the events of the API, in their order', async () => {
  const response = await post({ ...request('How many days of leave does an employee have?'), stream: true })
  const names = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map((match) => match[1])
  expect(names.join(' ')).toBe(
    'message_start ping content_block_start content_block_delta content_block_delta content_block_delta content_block_stop message_delta message_stop',
  )
  expect(response.headers.get('content-type')).toBe('text/event-stream')
})

describe('refused', () => {
  const good = request('Leave?')
  const withContent = (content: unknown) => ({ ...good, messages: [{ role: 'user', content }] })
  test.each<[string, unknown]>([
    ['no model', { ...good, model: undefined }],
    ['no max_tokens', { ...good, max_tokens: undefined }],
    ['max_tokens of zero', { ...good, max_tokens: 0 }],
    ['no messages', { ...good, messages: [] }],
    ['an unknown role', { ...good, messages: [{ role: 'system', content: 'x' }] }],
    ['a conversation that begins with the assistant', { ...good, messages: [{ role: 'assistant', content: 'x' }] }],
    ['a field that the API no longer has', { ...good, temperature: 0 }],
    ['an empty text', withContent([{ type: 'text', text: ' ' }])],
    ['an empty content', withContent([])],
    ['a part of unknown type', withContent([{ type: 'picture' }])],
    ['a search result without source', withContent([{ ...result, source: '' }])],
    ['a search result without title', withContent([{ ...result, title: undefined }])],
    ['a search result without blocks', withContent([{ ...result, content: [] }])],
    ['a search result whose content is a string', withContent([{ ...result, content: 'x' }])],
    ['a search result with an unknown field', withContent([{ ...result, url: 'x' }])],
    ['citations for some search results only', withContent([result, { ...result, citations: { enabled: false } }])],
    [
      'a search result of the assistant',
      { ...good, messages: [...good.messages, { role: 'assistant', content: [result] }] },
    ],
    [
      'five cache breakpoints',
      withContent(Array.from({ length: 5 }, () => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }))),
    ],
    ['no JSON', 'hello'],
  ])('%s', async (_name, body) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  })

  test.each<[string, Record<string, string>, number]>([
    ['no key', { authorization: '' }, 401],
    ['another key', { authorization: 'Bearer other' }, 401],
    ['the key in the old header only', { authorization: '', 'x-api-key': 'sk-ant-sandbox' }, 401],
    ['another API version', { 'anthropic-version': '2023-06-01' }, 400],
  ])('%s', async (_name, headers, status) => {
    expect((await post(good, headers)).status).toBe(status)
  })

  test('an unknown model and an unknown path', async () => {
    expect((await post({ ...good, model: 'claude-none' })).status).toBe(404)
    expect((await post(good, {}, '/v1/complete')).status).toBe(404)
  })
})

describe('scripted', () => {
  test('behaviours are used once each, in order, then the model is honest again', async () => {
    api.script({ kind: 'status', status: 529, type: 'overloaded_error' })
    api.script({ kind: 'status', status: 429, type: 'rate_limit_error', headers: { 'retry-after': '7' } }, 2)
    const answers = [
      await post(request('Leave?')),
      await post(request('Leave?')),
      await post(request('Leave?')),
      await post(request('Leave?')),
    ]
    expect(answers.map(({ status }) => status)).toEqual([529, 429, 429, 200])
    expect(answers[1]?.headers.get('retry-after')).toBe('7')
    expect(api.requests.map(({ status }) => status)).toEqual([529, 429, 429, 200])
  })

  test('an error inside a stream reaches the SDK as an error without status', async () => {
    api.script({ kind: 'error-event', type: 'overloaded_error', afterBlocks: 1 })
    const stream = client.messages.stream(request('How many days of leave does an employee have?'))
    await expect(stream.finalMessage()).rejects.toMatchObject({ status: undefined, type: 'overloaded_error' })
  })

  test('a reply that names a block that was not sent is a mistake in the script', async () => {
    api.script({ kind: 'reply', blocks: [{ text: 'x', cite: [[3, 0]] }] })
    const response = await post(request('Leave?'))
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('no block 0 in search result 3')
  })
})

function post(body: unknown, headers: Record<string, string> = {}, path = '/v1/messages'): Promise<Response> {
  return fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk-ant-sandbox',
      'anthropic-version': '2026-10-21',
      'content-type': 'application/json',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}
