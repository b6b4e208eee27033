// HTTP with a Confluence site: the one `send()` through which everything goes. It reads only, never follows a redirect,
// and turns every failure into one of the four errors.
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { isFootnoteError, TransientError } from '../../errors.ts'
import type { HostPolicy } from './forbidden-hosts.ts'
import { findRefusal } from './http-errors.ts'
import { translateNetworkError } from './network-errors.ts'
import { createPacer, type Pace } from './pacer.ts'
import { requireReading } from './reading-posts.ts'
import { readBounded, readBoundedBytes } from './read-bounded.ts'
import { refuseForbiddenAddress, resolveHost } from './resolve-host.ts'
import { defaultRetryPolicy, isTooLong, resolveDelayMs, type RetryPolicy } from './retry-timing.ts'

export type HttpOptions = {
  /** For one attempt, reading the answer included. Default 30 s. */
  timeoutMs?: number
  /** Larger answers are refused. Default 64 MiB: 250 page bodies of 250 KiB. */
  maxAnswerBytes?: number
  retry?: Partial<RetryPolicy>
  /** Development and tests only: the site may be on this machine. */
  allowLoopback?: boolean
  /** Shared by everything that asks the same site. Default: one of this client's own. */
  pacer?: Pace
  /** All addresses of a host name; replaced in tests. */
  resolveHost?: (host: string) => Promise<string[]>
}

type Query = Record<string, string | number | string[] | undefined>

export type ReadRequest<Answer> = {
  /** Below the base URL, its variable parts percent-encoded by `path`. */
  path: string
  /** A list becomes a repeated parameter. */
  query?: Query
  /** The POST body of the few reads that need one (see reading-posts.ts); GET without. */
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
  /** A file below the base URL, wherever the site keeps it; undefined for 404. One of more than `maxBytes` rejects. */
  download: (path: string, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array | undefined>
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
    send: async (request, signal) => {
      requireReading(request.path, request.body)
      return withRetries(settings, request, signal, async () =>
        parseAnswer(request, settings, await atPace(settings, signal, () => sendOnce(settings, request, signal))),
      )
    },
    download: (path, maxBytes, signal) =>
      withRetries(settings, {}, signal, () =>
        atPace(settings, signal, () => downloadOnce(settings, path, maxBytes, signal)),
      ),
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
  pacer: Pace
}

function atPace<Value>(settings: Settings, signal: AbortSignal, request: () => Promise<Value>): Promise<Value> {
  return settings.pacer.run(request, signal, settings.retry.patienceMs)
}

type Retrying = Pick<ReadRequest<unknown>, 'maxAttempts' | 'retriesServerErrors'>

async function withRetries<Answer>(
  settings: Settings,
  request: Retrying,
  signal: AbortSignal,
  attempt: () => Promise<Answer>,
): Promise<Answer> {
  const attempts = Math.min(settings.retry.attempts, request.maxAttempts ?? Infinity)
  for (let count = 1; ; count++) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      if (count >= attempts || !mayRetry(error, request) || isTooLong(settings.retry, error.retryAfterMs)) throw error
      await pause(resolveDelayMs(settings.retry, count, error.retryAfterMs, Math.random()), signal)
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

function mayRetry(error: unknown, request: Retrying): error is TransientError {
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
  return atAddress(settings, url, signal, async (ending) => {
    const response = await fetch(url, {
      method: request.body === undefined ? 'GET' : 'POST',
      headers: renderHeaders(settings, request),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: 'manual',
      signal: ending,
    })
    const body = await readBounded(response, settings.maxAnswerBytes, url.host)
    refuse(settings, request, url, response, body)
    return response.status === 404 ? undefined : parseJson(body, url.host, request)
  })
}

/** A file's bytes. The signed address that Cloud redirects to gets no credential of ours. */
async function downloadOnce(
  settings: Settings,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let url = new URL(settings.baseUrl + path)
  for (let hops = 0; ; hops++) {
    const { origin } = url
    const headers = hops === 0 ? renderHeaders(settings, {}) : { 'user-agent': 'Footnote' }
    const found = await atAddress(settings, url, signal, async (ending) => {
      const response = await fetch(url, { headers: { ...headers, accept: '*/*' }, redirect: 'manual', signal: ending })
      const location = response.headers.get('location')
      if (response.status === 302 && location !== null && hops < maxHops) {
        await response.body?.cancel()
        return URL.canParse(location, origin) ? new URL(location, origin) : undefined
      }
      if (response.ok) return readBoundedBytes(response, maxBytes, url.host)
      refuse(settings, { path }, url, response, await readBounded(response, settings.maxAnswerBytes, url.host))
      return undefined
    })
    if (!(found instanceof URL)) return found
    url = found
  }
}

/** Redirects of a download: to the media server, and once more within it. */
const maxHops = 2

/** Work at an address that may be reached, within the time for one attempt; failures of the network are translated. */
async function atAddress<Value>(
  settings: Settings,
  url: URL,
  signal: AbortSignal,
  work: (ending: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const timeout = AbortSignal.timeout(settings.timeoutMs)
  const ending = AbortSignal.any([signal, timeout])
  try {
    await refuseForbiddenAddress(url.hostname, settings, ending)
    return await work(ending)
  } catch (error) {
    if (isFootnoteError(error)) throw error
    throw translateNetworkError(error, url.host, timeout.aborted)
  }
}

/** Throws the error that an answer stands for, if it is none that was asked for. */
function refuse(settings: Settings, request: Asked, url: URL, response: Response, body: string): void {
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
}

type Asked = Pick<ReadRequest<unknown>, 'path' | 'query' | 'body'>

function renderHeaders(settings: Settings, request: Pick<ReadRequest<unknown>, 'body'>): Record<string, string> {
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

const endpointOf = (request: Asked) => `${request.body === undefined ? 'GET' : 'POST'} ${request.path}`

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
