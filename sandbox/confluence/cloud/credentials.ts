// Cloud's two front doors. The site takes Basic authentication with e-mail and classic API token; scoped tokens and OAuth
// tokens belong to the gateway, where each address wants its scope.
import type { FastifyRequest } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, markGateway, setPrincipal } from '../front-end.ts'
import type { Account } from '../model.ts'
import { loginPage } from '../login-page.ts'
import type { IssuedToken, TokenKind } from '../tokens.ts'
import { findLiveToken } from '../tokens.ts'
import { markOAuth } from '../rate-limits.ts'
import { scopesFor } from './scopes.ts'

export type Way = { name: 'site' | 'gateway'; prefix: string }

type Presented = { token: IssuedToken; account: Account }

const accepted: Record<Way['name'], Record<'basic' | 'bearer', TokenKind[]>> = {
  site: { basic: ['classic'], bearer: [] },
  gateway: { basic: ['classic', 'scoped', 'service'], bearer: ['oauth', 'service'] },
}

/** Rejects with 401 for a wrong token; without credentials the request is anonymous, if the site allows that. */
export function authenticate(front: FrontEnd, request: FastifyRequest, way: Way): void {
  if (way.name === 'gateway') markGateway(request)
  const header = request.headers.authorization
  if (header === undefined) {
    if (!front.site.anonymousAccess || way.name === 'gateway') refuseAnonymous(request)
    setPrincipal(request, 'anonymous')
    return
  }
  const presented = presentedBy(front, header, way)
  if (way.name === 'site') {
    if (presented === undefined) throw refused()
    if (presented.isElsewhere) throw front.traps.scopedTokenOnSite === 'login-page' ? loginPage() : refused()
  } else {
    const isClassic = presented?.token.kind === 'classic' && !front.traps.classicTokenAtGateway
    if (presented === undefined || presented.isElsewhere || isClassic) throw gatewayRefusal('Unauthorized')
    requireScope(presented.token, request, way)
  }
  if (presented.token.kind === 'oauth') markOAuth(request)
  setPrincipal(request, presented.account)
}

/** `isElsewhere`: a good token at the wrong door, or in the wrong header. */
function presentedBy({ site }: FrontEnd, header: string, way: Way): (Presented & { isElsewhere: boolean }) | undefined {
  const [, scheme = '', value = ''] = /^(Basic|Bearer) (.+)$/i.exec(header) ?? []
  const isBasic = scheme.toLowerCase() === 'basic'
  const [email = '', ...rest] = isBasic ? Buffer.from(value, 'base64').toString('utf8').split(':') : []
  const found = findLiveToken(site, isBasic ? rest.join(':') : value)
  if (found === undefined) return undefined
  if (isBasic && found.account.email.toLowerCase() !== email.toLowerCase()) return undefined
  return { ...found, isElsewhere: !accepted[way.name][isBasic ? 'basic' : 'bearer'].includes(found.token.kind) }
}

function requireScope({ scopes }: IssuedToken, request: FastifyRequest, { prefix }: Way): void {
  if (scopes === undefined) return
  if (!scopesFor(request, prefix).some((scope) => scopes.has(scope))) {
    throw gatewayRefusal('Unauthorized; scope does not match')
  }
}

function gatewayRefusal(message: string): AnswerError {
  return new AnswerError(401, { code: 401, message })
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
  throw gatewayRefusal('Unauthorized')
}
