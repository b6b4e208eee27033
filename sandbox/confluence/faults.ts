// Faults on demand: the next answers to a path are replaced, spoilt or kept back.
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export type Fault = {
  /** Part of the URL (path and query, encoded as it came), or a pattern over it. Default: every request to the site. */
  path?: string | RegExp
  method?: string
  /** How many matching requests are hit; default 1. */
  times?: number
  /** How many matching requests pass before the first is hit; default 0. */
  after?: number
  delayMs?: number
} & (
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: unknown }
  /** 200 with an HTML page, as single sign-on answers. */
  | { kind: 'login-page' }
  /** The real answer, cut off in the middle. */
  | { kind: 'truncate' }
  /** The connection ends without an answer. */
  | { kind: 'drop' }
  /** The real answer, late. */
  | { kind: 'delay' }
)

export type Faults = { pending: (Fault & { timesLeft: number; passesLeft: number })[]; latencyMs: number }

const loginPage =
  '<!DOCTYPE html><html><head><title>Log In - Confluence</title></head><body><form action="/dologin.action" method="post">' +
  '<input name="os_username"><input name="os_password" type="password"></form></body></html>'

export function addFault(faults: Faults, fault: Fault): void {
  faults.pending.push({ ...fault, timesLeft: fault.times ?? 1, passesLeft: fault.after ?? 0 })
}

/** `stopped` ends every wait, so that a server can close while it keeps an answer back. */
export function installFaults(server: FastifyInstance, faults: Faults, stopped: AbortSignal): void {
  const truncated = new WeakSet<FastifyRequest>()
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/_control')) return
    if (faults.latencyMs > 0) await waitUnlessStopped(faults.latencyMs, stopped)
    const fault = takeFault(faults, request)
    if (fault === undefined) return
    if (fault.delayMs !== undefined) await waitUnlessStopped(fault.delayMs, stopped)
    if (fault.kind === 'truncate') truncated.add(request)
    else await strike(fault, request, reply)
  })
  server.addHook('onSend', async (request, reply, payload) => {
    if (!truncated.has(request) || typeof payload !== 'string') return payload
    const half = payload.slice(0, Math.floor(payload.length / 2))
    void reply.header('content-length', Buffer.byteLength(half))
    return half
  })
}

function takeFault(faults: Faults, request: FastifyRequest): Fault | undefined {
  const fault = faults.pending.find((candidate) => matches(candidate, request))
  if (fault === undefined) return undefined
  if (fault.passesLeft > 0) {
    fault.passesLeft--
    return undefined
  }
  fault.timesLeft--
  faults.pending = faults.pending.filter((candidate) => candidate.timesLeft > 0)
  return fault
}

function matches({ path, method }: Fault, request: FastifyRequest): boolean {
  if (method !== undefined && method !== request.method) return false
  if (path === undefined) return true
  return typeof path === 'string' ? request.url.includes(path) : path.test(request.url)
}

async function strike(fault: Fault, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (fault.kind === 'drop') {
    void reply.hijack()
    request.raw.socket.destroy()
  } else if (fault.kind === 'login-page') {
    await reply.code(200).header('content-type', 'text/html;charset=UTF-8').send(loginPage)
  } else if (fault.kind === 'status') {
    await reply
      .code(fault.status)
      .headers(fault.headers ?? {})
      .send(fault.body ?? { statusCode: fault.status, message: 'A fault on demand.' })
  }
}

async function waitUnlessStopped(delayMs: number, stopped: AbortSignal): Promise<void> {
  await wait(delayMs, undefined, { signal: stopped }).catch(() => undefined)
}
