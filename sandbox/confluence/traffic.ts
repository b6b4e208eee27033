// What was asked: the log of requests, and the refusal of whatever could write to Confluence.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Site } from './model.ts'
import { findPrincipal } from './front-end.ts'

export type LoggedRequest = {
  method: string
  /** Without the query. */
  path: string
  /** Path and query as they came. */
  url: string
  /** 0 while there is no answer, and for a dropped connection. */
  status: number
  /** Account id, `anonymous`, or `-` when the answer came before anybody looked. */
  principal: string
  durationMs: number
  /** Milliseconds since 1970 by the machine's clock. */
  arrivedAtMs: number
  /** Requests that were being answered when it came, itself included. */
  atOnce: number
}

/** POST requests that only read. */
const readingPosts =
  /\/(api\/v2\/users-bulk|api\/v2\/content\/convert-ids-to-types|content\/\d+\/permission\/check|contentbody\/convert\/.*|rpc\/json-rpc\/confluenceservice-v2\/get[A-Za-z]+)$|^\/oauth\/token$/

/** Puts every request into `requests` and answers writes with 405 after recording them in `site.writes`. */
export function installTraffic(server: FastifyInstance, site: Site, requests: LoggedRequest[]): void {
  const entries = new WeakMap<FastifyRequest, LoggedRequest>()
  let atOnce = 0
  server.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request)
    if (path.startsWith('/_control')) return
    const entry = {
      method: request.method,
      path,
      url: request.url,
      status: 0,
      principal: '-',
      durationMs: 0,
      arrivedAtMs: Date.now(),
      atOnce: ++atOnce,
    }
    entries.set(request, entry)
    requests.push(entry)
    reply.raw.once('close', () => atOnce--)
  })
  server.addHook('onResponse', async (request, reply) => {
    const entry = entries.get(request)
    if (entry === undefined) return
    entry.status = reply.statusCode
    entry.durationMs = reply.elapsedTime
    entry.principal = principalName(request)
  })
  // Bodies are read first, so that the record says what would have been written.
  server.addHook('preHandler', async (request, reply) => {
    if (!isWrite(request)) return
    const write = {
      method: request.method,
      path: pathOf(request),
      principal: principalName(request),
      body: request.body ?? null,
    }
    site.writes.push(write)
    await reply.code(405).send({ statusCode: 405, message: 'This site is read only.' })
  })
}

export function isWrite(request: FastifyRequest): boolean {
  const path = pathOf(request)
  if (path.startsWith('/_control') || ['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false
  return !(request.method === 'POST' && readingPosts.test(path))
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? ''
}

function principalName(request: FastifyRequest): string {
  const principal = findPrincipal(request)
  if (principal === undefined) return '-'
  return principal === 'anonymous' ? principal : principal.accountId
}
