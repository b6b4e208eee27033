// Too many requests, in the three ways in which real sites count them. Off unless the trap `rateLimit` is set.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FrontEnd } from './front-end.ts'
import { AnswerError, findPrincipal } from './front-end.ts'
import type { RateLimit, Traps } from './traps.ts'

type Counters = {
  /** The hour or second that is counted, and what was used up in it. */
  window: number
  used: number
  buckets: Map<string, { tokens: number; filledAt: number }>
}

const oauth = new WeakSet<FastifyRequest>()
const charged = new WeakMap<FastifyRequest, number>()

export function markOAuth(request: FastifyRequest): void {
  oauth.add(request)
}

/** What an answer holds: pages, spaces and the like cost one point each, people and groups two. */
export function chargePoints({ traps }: FrontEnd, request: FastifyRequest, objects: number, cost = 1): void {
  if (traps.rateLimit?.kind === 'cloud-points') charged.set(request, (charged.get(request) ?? 0) + objects * cost)
}

/** To be installed behind the credentials: the limits are each account's. */
export function installRateLimits(server: FastifyInstance, front: FrontEnd): void {
  const counters: Counters = { window: 0, used: 0, buckets: new Map() }
  server.addHook('onRequest', async (request, reply) => {
    const { rateLimit } = front.traps
    if (rateLimit === undefined) return
    const nowMs = front.site.now().getTime()
    if (rateLimit.kind === 'datacenter') takeFromBucket(front.traps, rateLimit, counters, request, reply, nowMs)
    else takeFromWindow(front.traps, rateLimit, counters, request, nowMs)
  })
  server.addHook('onSend', async (request, reply) => {
    const { rateLimit } = front.traps
    if (rateLimit?.kind !== 'cloud-points' || !oauth.has(request)) return
    if (reply.statusCode < 400) counters.used += 1 + (charged.get(request) ?? 0)
    void reply.headers(pointHeaders(rateLimit.pointsPerHour, counters, front.site.now()))
  })
}

function takeFromWindow(
  traps: Traps,
  limit: Exclude<RateLimit, { kind: 'datacenter' }>,
  counters: Counters,
  request: FastifyRequest,
  nowMs: number,
): void {
  if (limit.kind === 'cloud-points' && !oauth.has(request)) return
  const lengthMs = limit.kind === 'cloud-points' ? 3_600_000 : 1000
  const window = Math.floor(nowMs / lengthMs)
  if (counters.window !== window) Object.assign(counters, { window, used: 0 })
  const allowed = limit.kind === 'cloud-points' ? limit.pointsPerHour : limit.perSecond
  if (counters.used >= allowed) {
    const reason = limit.kind === 'cloud-points' ? 'confluence-quota-global-based' : 'confluence-burst-based'
    const waitMs = (window + 1) * lengthMs - nowMs
    throw refusal(traps, waitMs, { 'ratelimit-reason': reason, 'x-ratelimit-limit': String(allowed) })
  }
  if (limit.kind === 'cloud-burst') counters.used++
}

function pointHeaders(pointsPerHour: number, { used }: Counters, now: Date): Record<string, string> {
  const left = Math.max(0, pointsPerHour - used)
  const reset = new Date((Math.floor(now.getTime() / 3_600_000) + 1) * 3_600_000)
  const seconds = Math.ceil((reset.getTime() - now.getTime()) / 1000)
  return {
    'x-ratelimit-limit': String(pointsPerHour),
    'x-ratelimit-remaining': String(left),
    'x-ratelimit-reset': reset.toISOString(),
    'beta-ratelimit-policy': `"global-app-quota";q=${pointsPerHour};w=3600`,
    'beta-ratelimit': `"global-app-quota";r=${left};t=${seconds}`,
    ...(left < pointsPerHour / 5 ? { 'x-ratelimit-nearlimit': 'true' } : {}),
  }
}

function takeFromBucket(
  traps: Traps,
  { capacity, fillPerSecond }: Extract<RateLimit, { kind: 'datacenter' }>,
  { buckets }: Counters,
  request: FastifyRequest,
  reply: FastifyReply,
  nowMs: number,
): void {
  const principal = findPrincipal(request)
  if (principal === undefined || principal === 'anonymous') return
  const bucket = buckets.get(principal.accountId) ?? { tokens: capacity, filledAt: nowMs }
  bucket.tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.filledAt) / 1000) * fillPerSecond)
  bucket.filledAt = nowMs
  buckets.set(principal.accountId, bucket)
  const headers = {
    'x-ratelimit-limit': String(capacity),
    'x-ratelimit-interval-seconds': '1',
    'x-ratelimit-fillrate': String(fillPerSecond),
  }
  if (bucket.tokens < 1) {
    const waitMs = fillPerSecond === 0 ? Number.MAX_SAFE_INTEGER : ((1 - bucket.tokens) / fillPerSecond) * 1000
    throw refusal(traps, waitMs, { ...headers, 'x-ratelimit-remaining': '0' })
  }
  bucket.tokens--
  void reply.headers({ ...headers, 'x-ratelimit-remaining': String(Math.floor(bucket.tokens)), 'retry-after': '0' })
}

function refusal(traps: Traps, waitMs: number, headers: Record<string, string>): AnswerError {
  const seconds = String(Math.ceil(waitMs / 1000))
  const written = { seconds, none: undefined, huge: '9223372036854775807' }[traps.retryAfter]
  const more = written === undefined ? {} : { 'retry-after': written }
  return new AnswerError(traps.rateLimitStatus, { message: 'Rate limit exceeded' }, { ...headers, ...more })
}
