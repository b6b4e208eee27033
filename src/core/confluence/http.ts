// HTTP with a Confluence site: the one `send()` through which everything goes. It reads only, never follows a redirect,
// and turns every failure into one of the four errors.
import { lookup as lookupHost } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { InvalidInputError, isFootnoteError, TransientError } from '../../errors.ts'
import { findForbiddenHostError } from './address.ts'
import type { HostPolicy } from './forbidden-hosts.ts'
import { findRefusal } from './http-errors.ts'
import { translateNetworkError } from './network-errors.ts'
import { createPacer, type Pacer } from './pacer.ts'
import { readBounded } from './read-bounded.ts'
import { defaultRetryPolicy, resolveDelayMs, type RetryPolicy } from './retry-timing.ts'

export type HttpOptions = {
  /** For one attempt, reading the answer included. Default 30 s. */
  timeoutMs?: number
  /** Larger answers are refused. Default 64 MiB: 250 page bodies of 250 KiB. */
  maxAnswerBytes?: number
  retry?: Partial<RetryPolicy>
  /** Development and tests only: the site may be on this machine. */
  allowLoopback?: boolean
  /** Shared by everything that asks the same site. Default: one of this client's own. */
  pacer?: Pacer
  /** All addresses of a host name; replaced in tests. */
  resolveHost?: (host: string) => Promise<string[]>
}

type Query = Record<string, string | number | string[] | undefined>

export type ReadRequest<Answer> = {
  /** Below the base URL, its variable parts percent-encoded by `path`. */
  path: string
  /** A list becomes a repeated parameter. */
  query?: Query
  /** The POST body of the few reads that need one; GET without. */
  body?: unknown
  schema: z.ZodType<Answer>
  /** False where a 5xx is a known answer rather than a hiccup. Default true. */
  retriesServerErrors?: boolean
  /** Fewer attempts than the client's. */
  maxAttempts?: number
}

export type HttpClient = {
  /** The parsed answer; undefined when Confluence says 404: absent, or not visible to this account. */
  send: <Answer>(request: ReadRequest<Answer>, signal: AbortSignal) => Promise<Answer | undefined>
  /** Where `next` links may point. */
  origins: string[]
}

export function createHttpClient(
  baseUrl: string,
  authorization: string | undefined,
  options: HttpOptions = {},
  origins: string[] = [],
): HttpClient {
  const settings: Settings = {
    baseUrl,
    authorization,
    timeoutMs: options.timeoutMs ?? 30_000,
    maxAnswerBytes: options.maxAnswerBytes ?? 64 * 1024 * 1024,
    retry: { ...defaultRetryPolicy, ...options.retry },
    policy: { allowLoopback: options.allowLoopback ?? false },
    resolveHost: options.resolveHost ?? resolveHost,
    pacer: options.pacer ?? createPacer(),
  }
  return {
    origins: [new URL(baseUrl).origin, ...origins],
    send: (request, signal) => sendWithRetries(settings, request, signal),
  }
}

/** Fills a path's variables percent-encoded: path`/rest/api/space/${key}`. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((whole, part, index) => whole + encodeURIComponent(values[index - 1] ?? '') + part)
}

type Settings = {
  baseUrl: string
  authorization: string | undefined
  timeoutMs: number
  maxAnswerBytes: number
  retry: RetryPolicy
  policy: HostPolicy
  resolveHost: (host: string) => Promise<string[]>
  pacer: Pacer
}

async function sendWithRetries<Answer>(
  settings: Settings,
  request: ReadRequest<Answer>,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const attempts = Math.min(settings.retry.attempts, request.maxAttempts ?? Infinity)
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      const answer = await settings.pacer.run(() => sendOnce(settings, request, signal), signal)
      return parseAnswer(request, settings, answer)
    } catch (error) {
      signal.throwIfAborted()
      if (attempt >= attempts || !mayRetry(error, request)) throw error
      await pause(resolveDelayMs(settings.retry, attempt, error.retryAfterMs, Math.random()), signal)
    }
  }
}

const retriedCodes = new Set([
  'rate_limited',
  'server_error',
  'unreachable',
  'host_unknown',
  'timeout',
  'answer_truncated',
])

function mayRetry(error: unknown, request: ReadRequest<unknown>): error is TransientError {
  if (!(error instanceof TransientError) || !retriedCodes.has(error.code)) return false
  return error.code !== 'server_error' || request.retriesServerErrors !== false
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal })
  } finally {
    signal.throwIfAborted()
  }
}

/** One attempt: the JSON value, or undefined for a 404. */
async function sendOnce(settings: Settings, request: ReadRequest<unknown>, signal: AbortSignal): Promise<unknown> {
  const url = new URL(settings.baseUrl + request.path + renderQuery(request.query ?? {}))
  const timeout = AbortSignal.timeout(settings.timeoutMs)
  const ending = AbortSignal.any([signal, timeout])
  try {
    await refuseForbiddenAddress(url.hostname, settings, ending)
    const response = await fetch(url, {
      method: request.body === undefined ? 'GET' : 'POST',
      headers: renderHeaders(settings, request),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: 'manual',
      signal: ending,
    })
    const body = await readBounded(response, settings.maxAnswerBytes, url.host)
    const refusal = findRefusal({
      endpoint: endpointOf(request),
      url,
      status: response.status,
      headers: response.headers,
      body: body.slice(0, 20_000),
      hasCredential: settings.authorization !== undefined,
      hasCursor: request.query?.['cursor'] !== undefined,
      nowMs: Date.now(),
      maxRetryAfterMs: settings.retry.maxRetryAfterMs,
    })
    if (refusal !== undefined) throw refusal
    return response.status === 404 ? undefined : parseJson(body, url.host, request)
  } catch (error) {
    if (isFootnoteError(error)) throw error
    throw translateNetworkError(error, url.host, timeout.aborted)
  }
}

/**
 * Node's fetch takes no lookup function of ours, so the name is resolved before each attempt and every address checked. A
 * name that does not resolve here is left to fetch, which may go through a proxy.
 */
async function refuseForbiddenAddress(host: string, settings: Settings, signal: AbortSignal): Promise<void> {
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) > 0
  const addresses = isAddress ? [] : await orAborted(settings.resolveHost(host), signal).catch(() => [])
  signal.throwIfAborted()
  for (const address of [host, ...addresses]) {
    const error = findForbiddenHostError(address, settings.policy)
    if (error === undefined) continue
    if (address === host) throw error
    throw new InvalidInputError(error.code, `${host} leads to a forbidden address: ${error.message}`, { field: 'url' })
  }
}

/** Name resolution cannot be aborted; this stops waiting for it. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  const stop = () => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  return promise
}

async function resolveHost(host: string): Promise<string[]> {
  return (await lookupHost(host, { all: true })).map(({ address }) => address)
}

function renderHeaders(settings: Settings, request: ReadRequest<unknown>): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'Footnote',
    ...(settings.authorization === undefined ? {} : { authorization: settings.authorization }),
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
  }
}

/** Not URLSearchParams: a blank must become %20 and the `+` of a cursor %2B. */
function renderQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => each !== undefined)
      .map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const endpointOf = (request: ReadRequest<unknown>) => `${request.body === undefined ? 'GET' : 'POST'} ${request.path}`

/** Broken JSON with status 200 is an answer that was cut off on its way. */
function parseJson(body: string, host: string, request: ReadRequest<unknown>): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new TransientError(
      'answer_truncated',
      `${host} sent a broken answer to ${endpointOf(request)}: try again later.`,
      {
        // JSON.parse quotes the text in its message; bodies stay out of logs.
        cause: cause instanceof Error ? cause.name : undefined,
      },
    )
  }
}

function parseAnswer<Answer>(request: ReadRequest<Answer>, settings: Settings, value: unknown): Answer | undefined {
  if (value === undefined) return undefined
  const parsed = request.schema.safeParse(value)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new TransientError(
    'answer_malformed',
    `${new URL(settings.baseUrl).host} answered ${endpointOf(request)} in a form that is not understood (at "${where}"): try again later.`,
    { cause: parsed.error },
  )
}
