// Data Center's front door: personal access tokens (Bearer), user name and password (Basic), and the two headers that
// say whom the server took the request for.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, setPrincipal } from '../front-end.ts'
import type { Account } from '../model.ts'
import { findAccount } from '../model.ts'

/** A dead credential is 401, or anonymous with 200 where `deadTokenIsAnonymous` says so. */
export function authenticate(front: FrontEnd, request: FastifyRequest, reply: FastifyReply): void {
  const { site, switches } = front
  const header = request.headers.authorization
  if (header?.startsWith('Basic ') === true && !switches.basicAuth) {
    throw new AnswerError(403, { message: 'Basic Authentication has been disabled on this instance.' })
  }
  const account = header === undefined ? undefined : accountBehind(front, header)
  if (account !== undefined) {
    void reply.header('x-ausername', account.username).header('x-seraph-loginreason', 'OK')
    setPrincipal(request, account)
    return
  }
  const isDead = header !== undefined
  if (isDead) void reply.header('x-seraph-loginreason', 'AUTHENTICATED_FAILED')
  if (isDead ? !switches.deadTokenIsAnonymous : !site.anonymousAccess) throw refused()
  void reply.header('x-ausername', 'anonymous')
  setPrincipal(request, 'anonymous')
}

function accountBehind({ site }: FrontEnd, header: string): Account | undefined {
  const [, scheme = '', secret = ''] = /^(Bearer|Basic) (.+)$/i.exec(header) ?? []
  let account: Account | undefined
  if (scheme.toLowerCase() === 'bearer') account = site.accounts.get(site.accountIdByToken.get(secret) ?? '')
  else {
    const [username = '', ...rest] = Buffer.from(secret, 'base64').toString('utf8').split(':')
    const named = findAccount(site, username)
    account = named?.username === username && named.password === rest.join(':') ? named : undefined
  }
  return account === undefined || account.isRevoked || !account.isActive ? undefined : account
}

function refused(): AnswerError {
  const headers = { 'content-type': 'text/html;charset=UTF-8', 'www-authenticate': 'OAuth realm="confluence"' }
  return new AnswerError(401, '<html><head><title>Unauthorized (401)</title></head><body></body></html>', headers)
}
