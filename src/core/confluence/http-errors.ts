// An answer that is not what was asked for → one of the four errors. The only place that knows how Confluence says no. Pure.
import { AccessDeniedError, ConnectionRevokedError, InvalidInputError, TransientError } from '../../errors.ts'
import { parseRetryAfter } from './retry-timing.ts'

export type Refusal = {
  /** Method and path for people and logs, without query: `GET /rest/api/space`. */
  endpoint: string
  /** The address that was asked, for the redirect's target. */
  url: URL
  status: number
  headers: Headers
  /** The first part of the body; looked at for the marks of a sign-in page, never shown or logged. */
  body: string
  hasCredential: boolean
  hasCursor: boolean
  nowMs: number
  maxRetryAfterMs: number
}

/** The `cause` of every error that an HTTP status led to. */
export class HttpFailure extends Error {
  readonly status: number

  constructor(endpoint: string, status: number) {
    super(`${endpoint} answered ${status}`)
    this.name = 'HttpFailure'
    this.status = status
  }
}

/** The error that an answer stands for; undefined for a usable JSON answer and for a plain "not found". */
export function findRefusal(answer: Refusal): Error | undefined {
  const { status } = answer
  if (status === 429) return rateLimited(answer)
  if (status === 408 || status >= 500) return serverError(answer)
  const signIn = findSignInProblem(answer)
  if (signIn !== undefined) return signIn
  if (status >= 300 && status < 400) return redirected(answer)
  if (status === 401) return unauthorised(answer)
  if (status === 403) return isRateLimit(answer) ? rateLimited(answer) : denied(answer)
  if (status === 404) return isHtml(answer) ? notConfluence(answer) : undefined
  if (status >= 400) return refused(answer)
  if (isHtml(answer)) return webPage(answer)
  return isJson(answer) ? undefined : malformed(answer)
}

/** Data Center answers a dead credential as anonymous, with 200, when anonymous access is on (CONFSERVER-98199). */
function findSignInProblem(answer: Refusal): Error | undefined {
  if (!answer.hasCredential) return undefined
  const reason = answer.headers.get('x-seraph-loginreason') ?? ''
  if (reason.includes('AUTHENTICATION_DENIED')) {
    return revoked(
      answer,
      'captcha_required',
      'wants a CAPTCHA after failed sign-ins: sign in once in the browser with this account, then test the connection',
    )
  }
  if (reason.includes('AUTHENTICATED_FAILED')) return refusedCredential(answer)
  if (answer.headers.get('x-ausername') === 'anonymous') {
    return revoked(
      answer,
      'credential_ignored',
      'answers as if nobody had signed in: the credential has expired or was revoked, enter a new one',
    )
  }
  return undefined
}

function unauthorised(answer: Refusal): Error {
  if (isWebSudo(answer)) return webSudo(answer)
  // The gateway's only mark of a scoped token without the scope of this endpoint is this text.
  if (isJson(answer) && /scope does not match/i.test(answer.body)) {
    return revoked(
      answer,
      'scope_missing',
      `says that the API token lacks a scope for ${answer.endpoint}: make a token with the scopes of the documentation`,
    )
  }
  return refusedCredential(answer)
}

function refusedCredential(answer: Refusal): Error {
  return revoked(answer, 'credential_refused', 'refused the credential: it is wrong, has expired or was revoked')
}

/** Data Center sends rate-limit headers (with tokens left, and `retry-after: 0`) on every answer; only an empty bucket is a limit. */
function isRateLimit({ headers }: Refusal): boolean {
  return (
    headers.has('ratelimit-reason') ||
    headers.get('x-ratelimit-remaining') === '0' ||
    Number(headers.get('retry-after') ?? 0) > 0
  )
}

function denied(answer: Refusal): Error {
  if (isWebSudo(answer)) return webSudo(answer)
  return new AccessDeniedError(
    'access_denied',
    `${host(answer)} does not let this account read ${answer.endpoint}: ask its admin for read access.`,
    cause(answer),
  )
}

function redirected(answer: Refusal): Error {
  const location = answer.headers.get('location') ?? ''
  const target = URL.canParse(location, answer.url.href) ? new URL(location, answer.url) : undefined
  if (target?.pathname.endsWith('/authenticate.action')) return webSudo(answer)
  const rest = restPath(answer.url)
  const movedTo = target?.pathname.endsWith(rest) === true ? baseOf(target, rest) : undefined
  if (movedTo !== undefined && movedTo !== baseOf(answer.url, rest)) {
    return new InvalidInputError('address_moved', `${host(answer)} has moved: connect with ${movedTo} instead.`, {
      ...cause(answer),
      field: 'url',
    })
  }
  return revoked(
    answer,
    'sign_in_page',
    'sends requests to a sign-in page: the credential is not accepted, or single sign-on stands before the REST API',
  )
}

function webPage(answer: Refusal): Error {
  if (isWebSudo(answer)) return webSudo(answer)
  return revoked(
    answer,
    'sign_in_page',
    'answered with a web page where the REST API should be: the credential is not accepted, or the address is not that of Confluence',
  )
}

function webSudo(answer: Refusal): Error {
  return revoked(
    answer,
    'websudo_required',
    'wants a secure administrator session (WebSudo): use the token of an account that is no administrator',
  )
}

function notConfluence(answer: Refusal): Error {
  return new InvalidInputError(
    'not_confluence',
    `There is no Confluence at ${baseOf(answer.url, restPath(answer.url))}: check the address, with or without /wiki or /confluence.`,
    { ...cause(answer), field: 'url' },
  )
}

/** A cursor that expired is refused with 400: a new listing helps. Any other 4xx says that the request itself does not fit this site. */
function refused(answer: Refusal): Error {
  const detail = { ...cause(answer) }
  if (answer.status === 400 && answer.hasCursor) {
    return new TransientError(
      'cursor_refused',
      `${host(answer)} no longer knows where the listing stood: start it again.`,
      detail,
    )
  }
  return new InvalidInputError(
    'request_refused',
    `${host(answer)} refused ${answer.endpoint} (HTTP ${answer.status}): check the address and whether it is Cloud or Data Center.`,
    { ...detail, field: 'url' },
  )
}

function rateLimited(answer: Refusal): Error {
  const retryAfterMs = retryAfter(answer)
  return new TransientError('rate_limited', `${host(answer)} asks for fewer requests: try again later.`, {
    ...cause(answer),
    retryAfterMs,
  })
}

function serverError(answer: Refusal): Error {
  const retryAfterMs = retryAfter(answer)
  return new TransientError(
    'server_error',
    `${host(answer)} failed at ${answer.endpoint} (HTTP ${answer.status}): try again later.`,
    { ...cause(answer), retryAfterMs },
  )
}

function malformed(answer: Refusal): Error {
  return new TransientError(
    'answer_malformed',
    `${host(answer)} answered ${answer.endpoint} with something that is not JSON: try again later.`,
    cause(answer),
  )
}

function revoked(answer: Refusal, code: string, predicate: string): Error {
  return new ConnectionRevokedError(code, `${host(answer)} ${predicate}.`, cause(answer))
}

const host = (answer: Refusal) => answer.url.host
const cause = (answer: Refusal) => ({ cause: new HttpFailure(answer.endpoint, answer.status) })
const retryAfter = (answer: Refusal) =>
  parseRetryAfter(answer.headers.get('retry-after'), answer.nowMs, answer.maxRetryAfterMs)
const mediaType = (answer: Refusal) => (answer.headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
const isJson = (answer: Refusal) => /^application\/(.+\+)?json$/.test(mediaType(answer))
const isHtml = (answer: Refusal) => /^(text\/html|application\/xhtml\+xml)$/.test(mediaType(answer))
const isWebSudo = (answer: Refusal) =>
  answer.headers.has('x-atlassian-websudo') || /authenticate\.action|websudo/i.test(answer.body)
/** The part of the path that no context path can hold: `/rest/api/…` or `/api/v2/…`. */
const restPath = (url: URL) => /\/(rest\/api|api\/v2)\/.*$/.exec(url.pathname)?.[0] ?? url.pathname
const baseOf = (url: URL, rest: string) => url.origin + url.pathname.slice(0, -rest.length)
