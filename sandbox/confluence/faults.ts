// Faults on demand: the next answers to a path are replaced, spoilt or kept back.
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { loginHtml } from './login-page.ts'

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
  /** The real answer, but the connection breaks in the middle of it. */
  | { kind: 'break-off' }
  /** The real answer in so many pieces, one each `everyMs`. */
  | { kind: 'drip'; pieces: number; everyMs: number }
  /** The connection ends without an answer. */
  | { kind: 'drop' }
  /** The real answer, late. */
  | { kind: 'delay' }
)

export type Faults = { pending: (Fault & { timesLeft: number; passesLeft: number })[]; latencyMs: number }

export function addFault(faults: Faults, fault: Fault): void {
  faults.pending.push({ ...fault, timesLeft: fault.times ?? 1, passesLeft: fault.after ?? 0 })
}

/** `stopped` ends every wait, so that a server can close while it keeps an answer back. */
export function installFaults(server: FastifyInstance, faults: Faults, stopped: AbortSignal): void {
  const spoilt = new WeakMap<FastifyRequest, Fault>()
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/_control')) return
    if (faults.latencyMs > 0) await waitUnlessStopped(faults.latencyMs, stopped)
    const fault = takeFault(faults, request)
    if (fault === undefined) return
    if (fault.delayMs !== undefined) await waitUnlessStopped(fault.delayMs, stopped)
    if (['truncate', 'break-off', 'drip'].includes(fault.kind)) spoilt.set(request, fault)
    else await strike(fault, request, reply)
  })
  server.addHook('onSend', async (request, reply, payload) => {
    const fault = spoilt.get(request)
    if (fault === undefined || !(typeof payload === 'string' || Buffer.isBuffer(payload))) return payload
    return spoil(fault, Buffer.from(payload), reply, stopped)
  })
}

function spoil(fault: Fault, whole: Buffer, reply: FastifyReply, stopped: AbortSignal): Buffer | Readable {
  const half = whole.subarray(0, Math.floor(whole.length / 2))
  if (fault.kind === 'drip') {
    void reply.header('content-length', whole.length)
    return Readable.from(drip(whole, fault.pieces, fault.everyMs, stopped))
  }
  if (fault.kind === 'break-off') {
    void reply.header('content-length', whole.length)
    return Readable.from(breakOff(half, reply))
  }
  void reply.header('content-length', half.length)
  return half
}

async function* drip(whole: Buffer, pieces: number, everyMs: number, stopped: AbortSignal): AsyncGenerator<Buffer> {
  const size = Math.max(1, Math.ceil(whole.length / pieces))
  for (let start = 0; start < whole.length; start += size) {
    if (start > 0) await waitUnlessStopped(everyMs, stopped)
    if (stopped.aborted) return
    yield whole.subarray(start, start + size)
  }
}

async function* breakOff(half: Buffer, reply: FastifyReply): AsyncGenerator<Buffer> {
  yield half
  await new Promise((resolve) => setImmediate(resolve))
  reply.raw.destroy()
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
    await reply.code(200).header('content-type', 'text/html;charset=UTF-8').send(loginHtml)
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
