// A server that answers what a test tells it to, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = {
  method: string
  path: string
  query: URLSearchParams
  rawQuery: string
  headers: IncomingMessage['headers']
  body: string
}

export type Reply =
  | { status?: number; json: unknown; headers?: Record<string, string> }
  | { status?: number; html: string; headers?: Record<string, string> }
  | { status?: number; text: string; headers?: Record<string, string> }
  /** The connection breaks before anything is sent. */
  | 'drop'
  /** Nothing is ever sent. */
  | 'hang'

export type ScriptedServer = AsyncDisposable & {
  url: string
  asked: Asked[]
  /** Resolves when the next request has arrived. */
  nextRequest: () => Promise<void>
}

/** `answer` is called for every request, with its number (0, 1, …). */
export async function startScripted(answer: (asked: Asked, index: number) => Reply): Promise<ScriptedServer> {
  const asked: Asked[] = []
  let arrived = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { pathname, searchParams, search } = new URL(request.url ?? '/', 'http://localhost')
      const each: Asked = {
        method: request.method ?? '',
        path: pathname,
        query: searchParams,
        rawQuery: search,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      asked.push(each)
      arrived.resolve()
      arrived = Promise.withResolvers()
      write(response, answer(each, asked.length - 1))
    })
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', () => listening.resolve())
  await listening.promise
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    nextRequest: () => arrived.promise,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}

function write(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return
  if (reply === 'drop') {
    response.socket?.destroy()
    return
  }
  const [type, body] =
    'json' in reply
      ? ['application/json;charset=UTF-8', JSON.stringify(reply.json)]
      : 'html' in reply
        ? ['text/html;charset=UTF-8', reply.html]
        : ['application/json', reply.text]
  response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers })
  response.end(body)
}

/** Back-off short enough for tests. */
export const quick = { allowLoopback: true, retry: { attempts: 4, baseDelayMs: 1, maxDelayMs: 2, maxRetryAfterMs: 5 } }
