// OAuth 2.0 (3LO) with Atlassian: the consent screen's address, the exchange of codes and refresh tokens, the sites that a
// token opens. Knows no table: whoever calls keeps the tokens. https://developer.atlassian.com/cloud/confluence/oauth-2-3lo-apps/
import { z } from 'zod'
import { ConnectionRevokedError, InvalidInputError, TransientError, isFootnoteError } from '../../errors.ts'
import { translateNetworkError } from './network-errors.ts'
import { readBounded } from './read-bounded.ts'
import type { OAuthGrant } from './site.ts'

export type OAuthApp = {
  clientId: string
  clientSecret: string
  /** Atlassian's sign-in, `https://auth.atlassian.com`. */
  authUrl: string
  /** Atlassian's gateway, `https://api.atlassian.com`. */
  gatewayUrl: string
  /** As registered with the app, to the letter. */
  redirectUri: string
}

/** What the sync reads, as granular scopes for v2 and classic ones for what is left of v1; refresh tokens need the last. */
const oauthScopes = [
  'read:space:confluence',
  'read:page:confluence',
  'read:attachment:confluence',
  'read:comment:confluence',
  'read:label:confluence',
  'read:user:confluence',
  'read:content.metadata:confluence',
  'read:hierarchical-content:confluence',
  'read:folder:confluence',
  'read:whiteboard:confluence',
  'read:database:confluence',
  'read:embed:confluence',
  'read:space.permission:confluence',
  'read:configuration:confluence',
  'read:content.restriction:confluence',
  'read:group:confluence',
  'search:confluence',
  'read:confluence-content.all',
  'read:confluence-content.permission',
  'read:confluence-user',
  'read:confluence-groups',
  'readonly:content.attachment:confluence',
  'offline_access',
]

export type Tokens = Omit<OAuthGrant, 'kind' | 'cloudId'>
export type OpenedSite = { id: string; url: string; name: string }

const timeoutMs = 10_000
const maxAnswerBytes = 1_000_000

export function renderAuthorizeUrl(app: OAuthApp, state: string): string {
  const url = new URL(`${app.authUrl}/authorize`)
  const query = {
    audience: 'api.atlassian.com',
    client_id: app.clientId,
    scope: oauthScopes.join(' '),
    redirect_uri: app.redirectUri,
    state,
    response_type: 'code',
    prompt: 'consent',
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

/** The first tokens. Rejects with `InvalidInputError` when Atlassian does not take the code. */
export async function exchangeCode(app: OAuthApp, code: string, now: Date, signal: AbortSignal): Promise<Tokens> {
  const answer = await askForTokens(
    app,
    { grant_type: 'authorization_code', code, redirect_uri: app.redirectUri },
    signal,
  )
  if (answer === 'refused')
    throw new InvalidInputError(
      'oauth_code_refused',
      'Atlassian did not take the code that it sent you back with: it works once and for five minutes. Begin again.',
    )
  return toTokens(answer, now)
}

/** The next tokens; the refresh token given is used up. Rejects with `ConnectionRevokedError` when it is dead. */
export async function refreshTokens(
  app: OAuthApp,
  refreshToken: string,
  now: Date,
  signal: AbortSignal,
): Promise<Tokens> {
  const answer = await askForTokens(app, { grant_type: 'refresh_token', refresh_token: refreshToken }, signal)
  if (answer === 'refused')
    throw new ConnectionRevokedError(
      'oauth_revoked',
      'Atlassian no longer lets Footnote in: the consent was taken back, or nothing was read for 90 days. Let it in again with reconnect.',
    )
  return toTokens(answer, now)
}

/** The sites that a token opens, each once. */
export async function listOpenedSites(app: OAuthApp, accessToken: string, signal: AbortSignal): Promise<OpenedSite[]> {
  const url = `${app.gatewayUrl}/oauth/token/accessible-resources`
  const { status, value } = await request(url, { headers: { authorization: `Bearer ${accessToken}` } }, signal)
  const sites = resources.safeParse(value)
  if (status === 200 && sites.success) return [...new Map(sites.data.map((site) => [site.id, site])).values()]
  throw new TransientError('oauth_unavailable', `Atlassian did not say which sites were opened (HTTP ${status}).`)
}

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive(),
})
const errorAnswer = z.object({ error: z.string() })
const resources = z.array(z.object({ id: z.string(), url: z.string(), name: z.string().default('') }))

/** Dead refresh tokens: as measured, and as documented. */
const deadCodes = new Set(['unauthorized_client', 'invalid_grant'])

async function askForTokens(
  app: OAuthApp,
  fields: Record<string, string>,
  signal: AbortSignal,
): Promise<z.infer<typeof tokenAnswer> | 'refused'> {
  const body = JSON.stringify({ ...fields, client_id: app.clientId, client_secret: app.clientSecret })
  const headers = { 'content-type': 'application/json' }
  const { status, value } = await request(`${app.authUrl}/oauth/token`, { method: 'POST', headers, body }, signal)
  const tokens = tokenAnswer.safeParse(value)
  if (status === 200 && tokens.success) return tokens.data
  const error = errorAnswer.safeParse(value).data?.error ?? ''
  if (status >= 400 && status < 500 && deadCodes.has(error)) return 'refused'
  if (status === 401 || error === 'access_denied')
    throw new InvalidInputError(
      'oauth_app_refused',
      'Atlassian refuses the app itself: check ATLASSIAN_CLIENT_ID and ATLASSIAN_CLIENT_SECRET.',
      { field: 'ATLASSIAN_CLIENT_SECRET' },
    )
  throw new TransientError('oauth_unavailable', `Atlassian gave no token (HTTP ${status}): try again later.`)
}

function toTokens(answer: z.infer<typeof tokenAnswer>, now: Date): Tokens {
  if (answer.refresh_token === undefined)
    throw new InvalidInputError(
      'oauth_no_refresh',
      'Atlassian gave no refresh token: let the app ask for the scope offline_access.',
    )
  const expiresAt = new Date(now.getTime() + answer.expires_in * 1000).toISOString()
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token, expiresAt }
}

async function request(
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<{ status: number; value: unknown }> {
  const { host } = new URL(url)
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'user-agent': 'Footnote', ...(init.headers as Record<string, string>) },
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    })
    const text = await readBounded(response, maxAnswerBytes, host)
    return { status: response.status, value: parseJson(text) }
  } catch (error) {
    signal.throwIfAborted()
    throw isFootnoteError(error) ? error : translateNetworkError(error, host, timeout.aborted)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
