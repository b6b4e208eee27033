import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createHttpClient, path, type HttpOptions } from '../../../src/core/confluence/http.ts'
import { AccessDeniedError, ConnectionRevokedError, InvalidInputError, TransientError } from '../../../src/errors.ts'
import { quick, startScripted, type Reply } from './scripted-server.ts'

const schema = z.object({ answer: z.number() })
const request = { path: '/rest/api/thing', schema }
const good: Reply = { json: { answer: 42 } }
const never = new AbortController().signal

async function ask(replies: Reply[], options: HttpOptions = {}, maxAttempts?: number) {
  await using server = await startScripted((_, index) => replies[Math.min(index, replies.length - 1)]!)
  const http = createHttpClient(server.url, 'Bearer secret-of-ours', { ...quick, ...options })
  const outcome = await http
    .send({ ...request, ...(maxAttempts === undefined ? {} : { maxAttempts }) }, never)
    .then((value) => ({ value, error: undefined }))
    .catch((error: unknown) => ({ value: undefined, error }))
  return { ...outcome, asked: server.asked }
}

describe('retries', () => {
  test.each<[string, Reply]>([
    ['429 with seconds', { status: 429, json: {}, headers: { 'retry-after': '1' } }],
    [
      '429 with a date',
      { status: 429, json: {}, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } },
    ],
    ['429 with an absurd time', { status: 429, json: {}, headers: { 'retry-after': '9223372036854775807' } }],
    ['429 without a time', { status: 429, html: 'slow down' }],
    ['503 with a time', { status: 503, html: 'busy', headers: { 'retry-after': '1' } }],
    ['500', { status: 500, json: { message: 'oops' } }],
    ['502 as a web page', { status: 502, html: '<html>Bad Gateway</html>' }],
    ['504', { status: 504, html: '' }],
    ['403 that is a rate limit', { status: 403, json: {}, headers: { 'x-ratelimit-remaining': '0' } }],
    ['a dropped connection', 'drop'],
    ['truncated JSON', { text: '{"answer": 4' }],
  ])('a read survives %s', async (_, fault) => {
    const { value, asked } = await ask([fault, fault, good])
    expect(value).toEqual({ answer: 42 })
    expect(asked).toHaveLength(3)
  })

  test.each<[string, Reply, string]>([
    ['rate limits', { status: 429, json: {} }, 'rate_limited'],
    ['server errors', { status: 500, json: {} }, 'server_error'],
    ['dropped connections', 'drop', 'unreachable'],
    ['truncated JSON', { text: '{' }, 'answer_truncated'],
  ])('%s that do not end become a TransientError after the last attempt', async (_, fault, code) => {
    const { error, asked } = await ask([fault])
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ code })
    expect(asked).toHaveLength(4)
  })

  test('the time that the server named is passed on, capped', async () => {
    const { error } = await ask([{ status: 429, json: {}, headers: { 'retry-after': '3600' } }], {}, 1)
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 5 })
  })

  test.each<[string, Reply]>([
    ['a refused credential', { status: 401, json: {} }],
    ['a denial', { status: 403, json: {} }],
    ['a bad request', { status: 400, json: {} }],
    ['an answer of another shape', { json: { answer: 'forty-two' } }],
  ])('%s is not tried again', async (_, reply) => {
    expect((await ask([reply])).asked).toHaveLength(1)
  })

  test('an abort ends the waiting at once, with the reason of the signal', async () => {
    await using server = await startScripted(() => ({ status: 429, json: {}, headers: { 'retry-after': '300' } }))
    const http = createHttpClient(server.url, undefined, { allowLoopback: true })
    const soon = AbortSignal.timeout(300)
    const error = await http.send(request, soon).catch((reason: unknown) => reason)
    expect(error).toBe(soon.reason)
    expect(server.asked).toHaveLength(1)
  })

  test('an abort ends a request that hangs', async () => {
    await using server = await startScripted(() => 'hang')
    const http = createHttpClient(server.url, undefined, quick)
    const controller = new AbortController()
    const arrived = server.nextRequest()
    const sent = http.send(request, controller.signal)
    await arrived
    controller.abort(new Error('changed our mind'))
    await expect(sent).rejects.toThrow('changed our mind')
  })

  test('a request that hangs ends with a timeout', async () => {
    const { error } = await ask(['hang'], { timeoutMs: 50 }, 1)
    expect(error).toMatchObject({ name: 'TransientError', code: 'timeout' })
  })
})

describe('translation', () => {
  test.each<[string, Reply, string]>([
    ['401', { status: 401, html: 'Unauthorized' }, 'credential_refused'],
    [
      'a login page with 200',
      { html: '<form action="/dologin.action"><input name="os_username"></form>' },
      'sign_in_page',
    ],
    [
      'a redirect to the login',
      { status: 302, json: {}, headers: { location: '/login.action?os_destination=x' } },
      'sign_in_page',
    ],
    [
      'a redirect to an identity provider',
      { status: 302, json: {}, headers: { location: 'https://idp.example/sso' } },
      'sign_in_page',
    ],
    ['an answer to nobody', { json: { answer: 1 }, headers: { 'x-ausername': 'anonymous' } }, 'credential_ignored'],
    [
      'not found, said to nobody',
      { status: 404, json: {}, headers: { 'x-ausername': 'anonymous' } },
      'credential_ignored',
    ],
    [
      'a failed login with 200',
      { json: { answer: 1 }, headers: { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' } },
      'credential_refused',
    ],
    [
      'a CAPTCHA',
      { status: 403, json: {}, headers: { 'x-seraph-loginreason': 'AUTHENTICATION_DENIED' } },
      'captcha_required',
    ],
    ['WebSudo as a page', { html: '<form action="/authenticate.action">' }, 'websudo_required'],
    [
      'WebSudo as a header',
      { status: 401, json: {}, headers: { 'x-atlassian-websudo': 'Required' } },
      'websudo_required',
    ],
    [
      'a missing scope',
      { status: 401, json: { code: 401, message: 'Unauthorized; scope does not match' } },
      'scope_missing',
    ],
  ])('%s is a ConnectionRevokedError', async (_, reply, code) => {
    const { error } = await ask([reply])
    expect(error).toBeInstanceOf(ConnectionRevokedError)
    expect(error).toMatchObject({ code })
  })

  test('403 is a denial, also where the server sends its rate-limit headers with every answer', async () => {
    const headers = { 'x-ratelimit-limit': '50', 'x-ratelimit-remaining': '49', 'retry-after': '0' }
    const { error } = await ask([{ status: 403, json: {}, headers }])
    expect(error).toBeInstanceOf(AccessDeniedError)
  })

  test('404 is the value undefined', async () => {
    const { value, error } = await ask([{ status: 404, json: { message: 'No content found' } }])
    expect({ value, error }).toEqual({ value: undefined, error: undefined })
  })

  test('404 as a web page means that there is no Confluence, and names the base URL', async () => {
    const { error } = await ask([{ status: 404, html: '<h1>Not Found</h1>' }])
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toMatchObject({ code: 'not_confluence', field: 'url' })
    expect((error as Error).message).toMatch(/There is no Confluence at http:\/\/127\.0\.0\.1:\d+:/)
  })

  test('a site that moved is named, not followed', async () => {
    const { error, asked } = await ask([
      { status: 301, json: {}, headers: { location: 'https://wiki.acme.example/confluence/rest/api/thing' } },
    ])
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'address_moved' })
    expect((error as Error).message).toContain('https://wiki.acme.example/confluence ')
    expect(asked).toHaveLength(1)
  })

  test('an answer of another shape names the endpoint and place, and quotes nothing of it', async () => {
    const { error } = await ask([{ json: { answer: 'confidential words' } }])
    expect(error).toMatchObject({ name: 'TransientError', code: 'answer_malformed' })
    expect((error as Error).message).toContain('GET /rest/api/thing')
    expect((error as Error).message).toContain('"answer"')
    expect(JSON.stringify([error, (error as Error).cause])).not.toContain('confidential')
  })

  test('something that is neither JSON nor a web page is malformed', async () => {
    const { error } = await ask([{ text: '<xml/>', headers: { 'content-type': 'application/xml' } }])
    expect(error).toMatchObject({ code: 'answer_malformed' })
  })

  test('an answer larger than the bound is refused', async () => {
    const { error } = await ask([{ json: { answer: 1, padding: 'x'.repeat(5000) } }], { maxAnswerBytes: 1000 })
    expect(error).toMatchObject({ code: 'answer_too_large' })
  })

  test('a port where nobody listens is unreachable', async () => {
    const server = await startScripted(() => good)
    await server[Symbol.asyncDispose]()
    const http = createHttpClient(server.url, undefined, quick)
    await expect(http.send(request, never)).rejects.toMatchObject({ name: 'TransientError', code: 'unreachable' })
  })
})

describe('what is sent', () => {
  test('credentials, the wish for JSON, and a percent-encoded query', async () => {
    await using server = await startScripted(() => good)
    const http = createHttpClient(`${server.url}/confluence`, 'Bearer abc', quick)
    const query = { cursor: 'a+b/c=', cql: 'space = "A&B"', id: ['1', '2'], nothing: undefined }
    await http.send({ path: path`/rest/api/group/${'all staff/x'}`, query, schema }, never)
    expect(server.asked[0]).toMatchObject({
      method: 'GET',
      path: '/confluence/rest/api/group/all%20staff%2Fx',
      rawQuery: '?cursor=a%2Bb%2Fc%3D&cql=space%20%3D%20%22A%26B%22&id=1&id=2',
    })
    expect(server.asked[0]?.headers).toMatchObject({ authorization: 'Bearer abc', accept: 'application/json' })
  })

  test('a name that leads to this machine is never asked', async () => {
    await using server = await startScripted(() => good)
    const port = new URL(server.url).port
    const options = { retry: quick.retry, resolveHost: async () => ['10.1.2.3', '127.0.0.1'] }
    const http = createHttpClient(`http://wiki.acme.example:${port}`, 'Bearer abc', options)
    await expect(http.send(request, never)).rejects.toMatchObject({
      name: 'InvalidInputError',
      code: 'address_forbidden',
    })
    expect(server.asked).toHaveLength(0)
  })

  test('metadata addresses stay refused where loopback is allowed', async () => {
    const options = { ...quick, resolveHost: async () => ['169.254.169.254'] }
    const http = createHttpClient('http://wiki.acme.example', undefined, options)
    await expect(http.send(request, never)).rejects.toMatchObject({ code: 'address_forbidden' })
  })
})

const bytes = (text: string): Reply => ({ text, headers: { 'content-type': 'application/pdf' } })

async function download(answer: (path: string) => Reply, maxBytes = 1_000) {
  await using server = await startScripted(({ path: asked }) => answer(asked))
  const http = createHttpClient(`${server.url}/wiki`, 'Bearer secret-of-ours', quick)
  const outcome = await http.download('/file', maxBytes, never).then(
    (value) => (value === undefined ? 'absent' : Buffer.from(value).toString()),
    (error: Error & { code?: string }) => error.code ?? error.message,
  )
  return { outcome, asked: server.asked }
}

describe('a download', () => {
  test('follows the redirect to the media server, which gets no credential', async () => {
    const { outcome, asked } = await download((asked) =>
      asked === '/wiki/file' ? { status: 302, text: '', headers: { location: '/media/7?sig=x' } } : bytes('the file'),
    )
    expect(outcome).toBe('the file')
    expect(asked.map((each) => [each.path, each.headers.authorization])).toEqual([
      ['/wiki/file', 'Bearer secret-of-ours'],
      ['/media/7', undefined],
    ])
  })

  test.each<[string, Reply, string]>([
    ['is absent', { status: 404, json: {} }, 'absent'],
    ['is larger than allowed', bytes('x'.repeat(1_001)), 'answer_too_large'],
    ['may not be read', { status: 403, json: {} }, 'access_denied'],
    ['leads in circles', { status: 302, text: '', headers: { location: '/wiki/file' } }, 'sign_in_page'],
    [
      'leads to metadata',
      { status: 302, text: '', headers: { location: 'http://169.254.169.254/x' } },
      'address_forbidden',
    ],
  ])('that %s says so', async (_name, reply, expected) => {
    expect((await download(() => reply)).outcome).toBe(expected)
  })

  test('is tried again after a hiccup', async () => {
    let count = 0
    expect((await download(() => (++count < 3 ? { status: 503, html: '' } : bytes('at last')))).outcome).toBe('at last')
  })
})
