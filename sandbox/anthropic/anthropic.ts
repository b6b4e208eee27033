// An Anthropic Messages API on loopback: strict about requests, honest in its answers unless it is told otherwise.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Behaviour, type Reply, replyTo } from './behaviour.ts'
import type { MessagesRequest, Refusal } from './shape.ts'
import {
  blockEvents,
  countInputTokens,
  endEvents,
  formatEvent,
  startEvents,
  type StreamEvent,
  toMessage,
} from './stream.ts'
import { isRefusal, parseRequest, refuseHeaders } from './validate.ts'

export type AnthropicOptions = {
  /** The key that is accepted; default `sk-ant-sandbox`. */
  apiKey?: string
  /** Model names that exist; default: any. */
  models?: string[]
  port?: number
}

/** `status` is 0 until the answer has ended. */
type RecordedRequest = { path: string; headers: IncomingMessage['headers']; body: unknown; status: number }

export type Anthropic = {
  url: string
  /** Every request so far, refused ones included. */
  requests: RecordedRequest[]
  /** What the next `times` requests meet; further calls queue up behind. Then the model is honest again. */
  script(behaviour: Behaviour, times?: number): void
  close(): Promise<void>
}

export async function startAnthropic(options: AnthropicOptions = {}): Promise<Anthropic> {
  const { apiKey = 'sk-ant-sandbox', models, port = 0 } = options
  const requests: RecordedRequest[] = []
  const queue: Behaviour[] = []
  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => {
      // A client that left is no news; anything else is a script that does not fit the request.
      if (request.destroyed && !request.complete) return
      refuse(response, { status: 500, type: 'api_error', message: String(error) })
    })
  })

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request)
    const record: RecordedRequest = { path: request.url ?? '', headers: request.headers, body, status: 0 }
    requests.push(record)
    response.on('close', () => (record.status = response.statusCode))
    await answer(request, body, response)
  }

  const answer = async (request: IncomingMessage, body: unknown, response: ServerResponse): Promise<void> => {
    const isCount = request.url === '/v1/messages/count_tokens'
    if (request.method !== 'POST' || (request.url !== '/v1/messages' && !isCount))
      return refuse(response, { status: 404, type: 'not_found_error', message: 'Not found' })
    const refusal = refuseHeaders(request.headers, apiKey)
    if (refusal !== undefined) return refuse(response, refusal)
    const parsed = parseRequest(body, isCount)
    if (isRefusal(parsed)) return refuse(response, parsed)
    if (models !== undefined && !models.includes(parsed.model))
      return refuse(response, { status: 404, type: 'not_found_error', message: `model: ${parsed.model}` })
    if (isCount) return sendJson(response, 200, { input_tokens: countInputTokens(parsed) })
    return perform(parsed, queue.shift(), `msg_${String(requests.length).padStart(6, '0')}`, response)
  }

  await listen(server, port)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script: (behaviour, times = 1) => {
      for (let i = 0; i < times; i++) queue.push(behaviour)
    },
    close: () => closeServer(server),
  }
}

async function perform(
  request: MessagesRequest,
  behaviour: Behaviour | undefined,
  messageId: string,
  response: ServerResponse,
): Promise<void> {
  if (behaviour?.kind === 'status')
    return refuse(response, { ...behaviour, message: 'as the script says' }, behaviour.headers)
  if (behaviour?.kind === 'stall' && behaviour.afterBlocks === undefined) return
  const reply = replyTo(request, behaviour)
  if (!request.stream && behaviour?.kind === 'cut') return void response.destroy()
  if (!request.stream) return sendJson(response, 200, toMessage(request, reply, messageId))
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'request-id': messageId })
  for (const event of [...startEvents(request, messageId), ...eventsOf(reply, behaviour)]) {
    if (behaviour?.kind === 'slow') await wait(behaviour.pauseMs)
    response.write(formatEvent(event))
  }
  if (behaviour?.kind === 'stall') return
  // What was written before must arrive: the connection is dropped once it is flushed.
  if (behaviour?.kind === 'cut') return void response.write(': \n\n', () => response.destroy())
  response.end()
}

/** The events after the start of the message, as far as the behaviour lets them come. */
function eventsOf(reply: Reply, behaviour: Behaviour | undefined): StreamEvent[] {
  const breaksOff = behaviour?.kind === 'stall' || behaviour?.kind === 'cut' || behaviour?.kind === 'error-event'
  if (!breaksOff) return [...reply.blocks.flatMap(blockEvents), ...endEvents(reply)]
  const events = reply.blocks.slice(0, behaviour.afterBlocks ?? 0).flatMap(blockEvents)
  if (behaviour.kind !== 'error-event') return events
  const error = { type: behaviour.type, message: 'as the script says' }
  return [...events, { type: 'error', error, request_id: null }]
}

function refuse(response: ServerResponse, refusal: Refusal, headers: Record<string, string> = {}): void {
  const error = { type: refusal.type, message: refusal.message }
  sendJson(response, refusal.status, { type: 'error', error, request_id: 'req_sandbox' }, headers)
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_sandbox', ...headers })
  response.end(JSON.stringify(body))
}

/** The parsed JSON, or the text where it is none. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += String(chunk)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
