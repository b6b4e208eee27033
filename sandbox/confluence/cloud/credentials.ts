// Cloud's front door: Basic authentication with e-mail and API token. Scoped tokens work only through the gateway.
import type { FastifyRequest } from 'fastify'
import type { Account } from '../model.ts'
import { findAccount } from '../model.ts'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, setPrincipal } from '../front-end.ts'

/** Rejects with 401 for a wrong token; without credentials the request is anonymous, if the site allows that. */
export function authenticate({ site }: FrontEnd, request: FastifyRequest, way: 'site' | 'gateway'): void {
  const header = request.headers.authorization
  if (header === undefined) {
    if (!site.anonymousAccess) refuseAnonymous(request)
    setPrincipal(request, 'anonymous')
    return
  }
  const account = site.accounts.get(accountIdBehind(site, header, way) ?? '')
  if (account === undefined || account.isRevoked || !account.isActive) {
    throw way === 'site' ? refused() : new AnswerError(401, { code: 401, message: 'Unauthorized' })
  }
  setPrincipal(request, account)
}

function accountIdBehind(site: FrontEnd['site'], header: string, way: 'site' | 'gateway'): string | undefined {
  const encoded = /^Basic (.+)$/i.exec(header)?.[1]
  if (encoded === undefined) return undefined
  const [email = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  const account = findAccount(site, email)
  if (account?.email.toLowerCase() !== email.toLowerCase()) return undefined
  const tokens = way === 'site' ? [account.token] : [account.token, scopedToken(account)]
  return tokens.includes(rest.join(':')) ? account.accountId : undefined
}

/** The account's other token, which the site itself refuses. */
export function scopedToken({ token }: Account): string {
  return `scoped-${token}`
}

function refused(): AnswerError {
  const headers = {
    'www-authenticate': 'OAuth realm="https%3A%2F%2Fapi.atlassian.com"',
    'x-seraph-loginreason': 'AUTHENTICATED_FAILED',
    'content-type': 'text/html;charset=UTF-8',
  }
  return new AnswerError(401, '<html><head><title>Unauthorized (401)</title></head><body></body></html>', headers)
}

function refuseAnonymous(request: FastifyRequest): never {
  if (request.url.includes('/rest/api/')) {
    throw new AnswerError(403, { message: 'Current user not permitted to use Confluence', statusCode: 403 })
  }
  throw new AnswerError(401, { code: 401, message: 'Unauthorized' })
}
