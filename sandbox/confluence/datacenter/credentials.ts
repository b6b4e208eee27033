// Data Center's front door: personal access tokens (Bearer), user name and password (Basic), and the two headers that
// say whom the server took the request for.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, principalOf, setPrincipal } from '../front-end.ts'
import { loginPage, webSudoPage } from '../login-page.ts'
import type { Account } from '../model.ts'
import { findAccount } from '../model.ts'
import { findLiveToken } from '../tokens.ts'

/** A dead credential is 401, or what the traps `deadTokenIsAnonymous` and `sso` make of it. */
export function authenticate(front: FrontEnd, request: FastifyRequest, reply: FastifyReply): void {
  const { site, traps } = front
  const header = request.headers.authorization
  if (header?.startsWith('Basic ') === true && !traps.basicAuth) {
    throw new AnswerError(403, { message: 'Basic Authentication has been disabled on this instance.' })
  }
  const account = header === undefined ? undefined : accountBehind(front, header)
  if (account !== undefined && !account.needsCaptcha) {
    void reply.header('x-ausername', account.username).header('x-seraph-loginreason', 'OK')
    setPrincipal(request, account)
    return
  }
  const isDead = header !== undefined
  const reason = account?.needsCaptcha === true ? 'AUTHENTICATION_DENIED' : 'AUTHENTICATED_FAILED'
  if (isDead) void reply.header('x-seraph-loginreason', reason)
  if (isDead ? !traps.deadTokenIsAnonymous : !site.anonymousAccess) throw turnedAway(front, request)
  void reply.header('x-ausername', 'anonymous')
  setPrincipal(request, 'anonymous')
}

/** Rejects unless an administrator asks and, where the trap says so, has just given the password again. */
export function requireAdministrator({ traps }: FrontEnd, request: FastifyRequest, refusal: () => AnswerError): void {
  const principal = principalOf(request)
  if (principal === 'anonymous' || !principal.isAdmin) throw refusal()
  if (traps.webSudo) throw webSudoPage()
}

function accountBehind({ site }: FrontEnd, header: string): Account | undefined {
  const [, scheme = '', secret = ''] = /^(Bearer|Basic) (.+)$/i.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') {
    const found = findLiveToken(site, secret)
    return found?.token.kind === 'classic' ? found.account : undefined
  }
  const [username = '', ...rest] = Buffer.from(secret, 'base64').toString('utf8').split(':')
  const named = findAccount(site, username)
  const account = named?.username === username && named.password === rest.join(':') ? named : undefined
  return account === undefined || account.isRevoked || !account.isActive ? undefined : account
}

function turnedAway({ traps, basePath, baseUrl }: FrontEnd, request: FastifyRequest): AnswerError {
  if (traps.sso === 'login-page') return loginPage()
  if (traps.sso === 'redirect') {
    const target = encodeURIComponent(request.url.slice(basePath.length))
    return new AnswerError(302, '', { location: `${baseUrl}/login.action?os_destination=${target}` })
  }
  const headers = { 'content-type': 'text/html;charset=UTF-8', 'www-authenticate': 'OAuth realm="confluence"' }
  return new AnswerError(401, '<html><head><title>Unauthorized (401)</title></head><body></body></html>', headers)
}
