// Atlassian's OAuth 2.0 (3LO): the consent screen that sends a code to the app, the token address whose refresh tokens
// rotate, and the list of sites that a token opens. Served beside the site; on the real ones these are two other hosts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, parameter } from '../front-end.ts'
import type { Account } from '../model.ts'
import { getAccount } from '../model.ts'
import { findLiveToken, issueToken, makeSecret } from '../tokens.ts'

export type OAuthApp = {
  clientId: string
  clientSecret: string
  /** Empty: any address of this machine. */
  redirectUris: string[]
  /** A service account (id, e-mail or user name) and what it may: the app needs nobody's consent for that. */
  service?: { account: string; scopes: string[] }
}

type Code = { clientId: string; accountId: string; scopes: string[]; redirectUri: string; madeAt: number }
type Refresh = {
  clientId: string
  accountId: string
  scopes: string[]
  usedAt: number | undefined
  madeAt: number
  isDead: boolean
}

export type OAuthDesk = {
  apps: Map<string, OAuthApp>
  codes: Map<string, Code>
  refreshTokens: Map<string, Refresh>
  /** Account id of whoever is at the browser. */
  consentingAccount: string
}

type TokenRequest = {
  grant_type?: string
  client_id?: string
  client_secret?: string
  code?: string
  redirect_uri?: string
  refresh_token?: string
}

const codeTtlMs = 300_000

export const defaultOAuthApp: OAuthApp = {
  clientId: 'footnote-sandbox-app',
  clientSecret: 'footnote-sandbox-secret',
  redirectUris: [],
}

export function openOAuthDesk(front: FrontEnd): OAuthDesk {
  return {
    apps: new Map([[defaultOAuthApp.clientId, defaultOAuthApp]]),
    codes: new Map(),
    refreshTokens: new Map(),
    consentingAccount: front.site.syncAccount.accountId,
  }
}

export function addOAuth(server: FastifyInstance, front: FrontEnd, desk: OAuthDesk): void {
  server.get('/authorize', (request, reply) => authorize(front, desk, request, reply))
  server.post('/oauth/token', (request) => exchange(front, desk, request))
  server.get('/oauth/token/accessible-resources', (request) => listResources(front, request))
}

export function makeOAuthControls({ site }: FrontEnd, desk: OAuthDesk) {
  return {
    registerOAuthApp: (app: OAuthApp) => void desk.apps.set(app.clientId, app),
    /** Whoever is asked for consent from now on (id, e-mail or user name). */
    consentAs: (account: string) => void (desk.consentingAccount = getAccount(site, account).accountId),
    /** Every refresh token of the account is dead, as when the person takes the consent back; access tokens too. */
    revokeConsent: (account: string) => {
      const { accountId } = getAccount(site, account)
      for (const refresh of desk.refreshTokens.values()) if (refresh.accountId === accountId) refresh.isDead = true
      for (const token of site.tokens.values()) {
        if (token.kind === 'oauth' && token.accountId === accountId) token.isDead = true
      }
    },
  }
}

/** Consents at once in the name of the account at the browser, and sends it back with a code. */
function authorize(front: FrontEnd, desk: OAuthDesk, request: FastifyRequest, reply: FastifyReply) {
  const given = (name: string): string => parameter(request, name) ?? ''
  const app = desk.apps.get(given('client_id'))
  const target = URL.canParse(given('redirect_uri')) ? new URL(given('redirect_uri')) : undefined
  if (app === undefined || target === undefined || !mayReturnTo(app, target)) {
    throw new AnswerError(400, 'The app or its callback address is unknown.', { 'content-type': 'text/plain' })
  }
  const scopes = given('scope').split(' ').filter(Boolean)
  const state = parameter(request, 'state')
  if (state !== undefined) target.searchParams.set('state', state)
  if (given('response_type') !== 'code' || given('audience') !== 'api.atlassian.com' || scopes.length === 0) {
    target.searchParams.set('error', 'invalid_request')
  } else if (front.traps.consent === 'deny') {
    target.searchParams.set('error', 'access_denied')
    target.searchParams.set('error_description', 'User did not authorize the request')
  } else {
    const code = makeSecret('code')
    const { consentingAccount: accountId } = desk
    const redirectUri = given('redirect_uri')
    desk.codes.set(code, { clientId: app.clientId, accountId, scopes, redirectUri, madeAt: nowOf(front) })
    target.searchParams.set('code', code)
  }
  return reply.redirect(target.href, 302)
}

function mayReturnTo({ redirectUris }: OAuthApp, { href, hostname }: URL): boolean {
  if (redirectUris.length > 0) return redirectUris.includes(href)
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

/** JSON only; codes work once, within five minutes and for the address that they were sent to. */
function exchange(front: FrontEnd, desk: OAuthDesk, request: FastifyRequest) {
  const isJson = request.headers['content-type']?.startsWith('application/json') === true
  const body = (isJson && typeof request.body === 'object' ? request.body : {}) as TokenRequest
  const app = desk.apps.get(body.client_id ?? '')
  if (app === undefined || app.clientSecret !== body.client_secret) {
    throw new AnswerError(401, { error: 'access_denied', error_description: 'Unauthorized' })
  }
  if (body.grant_type === 'authorization_code') return exchangeCode(front, desk, app, body)
  if (body.grant_type === 'refresh_token') return exchangeRefresh(front, desk, app, body)
  if (body.grant_type === 'client_credentials' && app.service !== undefined) {
    const { accountId } = getAccount(front.site, app.service.account)
    return grant(front, desk, { clientId: app.clientId, accountId, scopes: app.service.scopes })
  }
  throw new AnswerError(403, { error: 'unsupported_grant_type', error_description: 'Unsupported grant type' })
}

function exchangeCode(front: FrontEnd, desk: OAuthDesk, app: OAuthApp, body: TokenRequest) {
  const code = desk.codes.get(body.code ?? '')
  desk.codes.delete(body.code ?? '')
  const isGood =
    code?.clientId === app.clientId && code.redirectUri === body.redirect_uri && nowOf(front) - code.madeAt < codeTtlMs
  if (!isGood) {
    throw new AnswerError(403, { error: 'invalid_grant', error_description: 'Invalid authorization code' })
  }
  return grant(front, desk, code)
}

function exchangeRefresh(front: FrontEnd, desk: OAuthDesk, app: OAuthApp, body: TokenRequest) {
  const { traps } = front
  const refresh = desk.refreshTokens.get(body.refresh_token ?? '')
  const now = nowOf(front)
  const isUsedUp = refresh?.usedAt !== undefined && now - refresh.usedAt >= traps.refreshLeewayMs
  const isIdle = refresh !== undefined && now - refresh.madeAt >= traps.refreshIdleMs
  if (refresh?.clientId !== app.clientId || refresh.isDead || isUsedUp || isIdle) {
    throw traps.deadRefreshToken === 'invalid_grant'
      ? new AnswerError(403, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' })
      : new AnswerError(403, { error: 'unauthorized_client', error_description: 'refresh_token is invalid' })
  }
  refresh.usedAt ??= now
  return grant(front, desk, refresh)
}

function grant(
  front: FrontEnd,
  desk: OAuthDesk,
  { clientId, accountId, scopes }: Pick<Refresh, 'clientId' | 'accountId' | 'scopes'>,
) {
  const madeAt = nowOf(front)
  const expiresAt = new Date(madeAt + front.traps.accessTokenTtlMs)
  const access = issueToken(front.site, accountId, { kind: 'oauth', secret: makeSecret('access'), scopes, expiresAt })
  const answer = {
    access_token: access.secret,
    expires_in: Math.floor(front.traps.accessTokenTtlMs / 1000),
    token_type: 'Bearer',
    scope: scopes.join(' '),
  }
  if (!scopes.includes('offline_access')) return answer
  const secret = makeSecret('refresh')
  desk.refreshTokens.set(secret, { clientId, accountId, scopes, usedAt: undefined, madeAt, isDead: false })
  return { ...answer, refresh_token: secret }
}

/** One row for each product of the site; the address is the site's without `/wiki`. */
function listResources(front: FrontEnd, request: FastifyRequest) {
  const account = bearerOf(front, request)
  if (account === undefined) throw new AnswerError(401, { code: 401, message: 'Unauthorized' })
  const { origin } = new URL(front.baseUrl)
  const site = { id: front.cloudId, url: origin, name: 'sandbox', avatarUrl: `${origin}/avatar.png` }
  const confluence = { ...site, scopes: account.scopes.filter((scope) => scope !== 'offline_access') }
  return front.traps.siteListedTwice ? [{ ...site, scopes: ['read:jira-work'] }, confluence] : [confluence]
}

function bearerOf({ site }: FrontEnd, request: FastifyRequest): { account: Account; scopes: string[] } | undefined {
  const secret = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const found = findLiveToken(site, secret)
  if (found?.token.kind !== 'oauth') return undefined
  return { account: found.account, scopes: [...(found.token.scopes ?? [])] }
}

function nowOf({ site }: FrontEnd): number {
  return site.now().getTime()
}
