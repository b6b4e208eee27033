import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, smallSite } from './small-site.ts'
import type { Json } from './small-site.ts'

const hourMs = 3_600_000
const callback = 'http://127.0.0.1:9/callback'
const scopes = ['read:space:confluence', 'read:page:confluence', 'offline_access']

let confluence: RunningConfluence
let gateway: string
beforeEach(async () => {
  confluence = await startConfluence({ flavour: 'cloud', site: smallSite() })
  gateway = `${confluence.gatewayUrl}/ex/confluence/${confluence.cloudId}/wiki`
})
afterEach(() => confluence.close())

const basic = (email: string, secret: string) => `Basic ${Buffer.from(`${email}:${secret}`).toString('base64')}`
const get = (url: string, authorization?: string) =>
  ask(confluence, url, null, authorization === undefined ? {} : { headers: { authorization } })

describe('a scoped token', () => {
  test('opens at the gateway only what its scopes name', async () => {
    const { secret } = confluence.issueToken('ada', { kind: 'scoped', scopes: ['read:page:confluence'] })
    const authorization = basic('ada@example.com', secret)
    expect((await get(`${gateway}/api/v2/pages`, authorization)).status).toBe(200)
    for (const path of ['/api/v2/spaces', '/api/v2/pages/2/ancestors', '/rest/api/content/search?cql=type%3Dpage']) {
      const { status, json } = await get(`${gateway}${path}`, authorization)
      expect([status, json]).toEqual([401, { code: 401, message: 'Unauthorized; scope does not match' }])
    }
    confluence.setTokenScopes(secret, ['search:confluence'])
    expect((await get(`${gateway}/rest/api/content/search?cql=type%3Dpage`, authorization)).status).toBe(200)
    expect((await get(`${gateway}/api/v2/pages`, authorization)).status).toBe(401)
  })

  test('is 401 on the site itself, or a login page with 200', async () => {
    const { email, scopedToken } = confluence.credentialsOf('ada')
    const authorization = basic(email, scopedToken)
    expect((await get(`${confluence.url}/api/v2/pages`, authorization)).status).toBe(401)
    confluence.setTraps({ scopedTokenOnSite: 'login-page' })
    const { status, headers } = await get(`${confluence.url}/api/v2/pages`, authorization)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html;charset=UTF-8'])
  })

  test('is the only kind that the gateway takes, unless it takes classic ones too', async () => {
    const { email, token } = confluence.credentialsOf('ada')
    const status = async () => (await get(`${gateway}/api/v2/pages`, basic(email, token))).status
    expect(await status()).toBe(401)
    confluence.setTraps({ classicTokenAtGateway: true })
    expect(await status()).toBe(200)
  })

  test('of a service account may come as Bearer, others may not', async () => {
    const service = confluence.issueToken('ada', { kind: 'service' })
    const scoped = confluence.issueToken('ada', { kind: 'scoped' })
    expect((await get(`${gateway}/api/v2/pages`, `Bearer ${service.secret}`)).status).toBe(200)
    expect((await get(`${gateway}/api/v2/pages`, `Bearer ${scoped.secret}`)).status).toBe(401)
  })

  test('sees nothing of a space that a data policy blocks for apps', async () => {
    const { email, scopedToken, token } = confluence.credentialsOf()
    confluence.setTraps({ blockedSpaces: ['HR'] })
    const ids = async (base: string, secret: string) =>
      (await get(`${base}/api/v2/pages?space-id=100`, basic(email, secret))).json.results.length
    expect([await ids(gateway, scopedToken), await ids(confluence.url, token)]).toEqual([0, 5])
    expect((await get(`${gateway}/api/v2/spaces/100`, basic(email, scopedToken))).status).toBe(404)
    const policy = await get(`${gateway}/api/v2/data-policies/spaces?limit=1`, basic(email, scopedToken))
    expect(policy.json.results[0]).toMatchObject({ key: 'HR', dataPolicy: { anyContentBlocked: true } })
  })
})

describe('tokens', () => {
  test('end when they are killed, expire or are rotated', async () => {
    const at = (secret: string) => get(`${confluence.url}/api/v2/spaces`, basic('ada@example.com', secret))
    const killed = confluence.issueToken('ada')
    const dated = confluence.issueToken('ada', { expiresAt: new Date(Date.now() + hourMs) })
    const { token } = confluence.credentialsOf('ada')
    for (const secret of [killed.secret, dated.secret, token]) expect((await at(secret)).status).toBe(200)
    confluence.killToken(killed.secret)
    confluence.advanceClock(2 * hourMs)
    expect([(await at(killed.secret)).status, (await at(dated.secret)).status]).toEqual([401, 401])
    confluence.rotateCredential('ada')
    expect((await at(token)).status).toBe(401)
    expect((await at(confluence.credentialsOf('ada').token)).status).toBe(200)
  })

  test('belong to one address of e-mail', async () => {
    const { token } = confluence.credentialsOf('ada')
    expect((await get(`${confluence.url}/api/v2/spaces`, basic('bo@example.com', token))).status).toBe(401)
  })
})

const consent = async (more: Record<string, string> = {}) => {
  const query = new URLSearchParams({
    audience: 'api.atlassian.com',
    client_id: confluence.oauthApp.clientId,
    scope: scopes.join(' '),
    redirect_uri: callback,
    state: 'some state',
    response_type: 'code',
    prompt: 'consent',
    ...more,
  })
  const answer = await fetch(`${confluence.gatewayUrl}/authorize?${query.toString()}`, { redirect: 'manual' })
  return { status: answer.status, target: new URL(answer.headers.get('location') ?? 'http://nowhere') }
}
const exchange = async (body: Record<string, string>) => {
  const { clientId, clientSecret } = confluence.oauthApp
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, client_secret: clientSecret, ...body }),
  }
  const answer = await ask(confluence, `${confluence.gatewayUrl}/oauth/token`, null, init)
  return { status: answer.status, json: answer.json }
}
const grant = async (): Promise<Json> => {
  const { target } = await consent()
  const code = target.searchParams.get('code') ?? ''
  return (await exchange({ grant_type: 'authorization_code', code, redirect_uri: callback })).json
}
const refresh = (token: string) => exchange({ grant_type: 'refresh_token', refresh_token: token })
const spaces = (token: string) => get(`${gateway}/api/v2/spaces`, `Bearer ${token}`)

describe('OAuth', () => {
  test('leads from consent over a code that works once to a token for the gateway', async () => {
    confluence.consentAs('bo')
    const { status, target } = await consent()
    expect([status, target.origin + target.pathname, target.searchParams.get('state')]).toEqual([
      302,
      callback,
      'some state',
    ])
    const code = target.searchParams.get('code') ?? ''
    const post = { grant_type: 'authorization_code', code, redirect_uri: callback }
    const { json } = await exchange(post)
    expect(json).toMatchObject({ expires_in: 3600, token_type: 'Bearer', scope: scopes.join(' ') })
    const listed = await spaces(json.access_token)
    expect(listed.json.results.map(({ key }: { key: string }) => key)).toEqual(['HR', 'OLD'])
    expect((await get(`${gateway}/api/v2/folders/20`, `Bearer ${json.access_token}`)).status).toBe(401)
    expect((await get(`${confluence.url}/api/v2/spaces`, `Bearer ${json.access_token}`)).status).toBe(401)
    expect(await exchange(post)).toMatchObject({ status: 403, json: { error: 'invalid_grant' } })
    expect(confluence.writes).toEqual([])
  })

  test('names the site, once for each product where it does that', async () => {
    const { access_token: token } = await grant()
    const list = async () =>
      (await get(`${confluence.gatewayUrl}/oauth/token/accessible-resources`, `Bearer ${token}`)).json
    const origin = new URL(confluence.url).origin
    expect(await list()).toMatchObject([{ id: confluence.cloudId, url: origin, scopes: scopes.slice(0, 2) }])
    confluence.setTraps({ siteListedTwice: true })
    expect((await list()).map(({ id }: { id: string }) => id)).toEqual([confluence.cloudId, confluence.cloudId])
  })

  test('access tokens expire', async () => {
    const { access_token: token } = await grant()
    confluence.advanceClock(hourMs - 1000)
    expect((await spaces(token)).status).toBe(200)
    confluence.advanceClock(1000)
    expect((await spaces(token)).status).toBe(401)
  })

  test('refresh tokens rotate; the old one works for a while and is dead afterwards', async () => {
    const first = await grant()
    const second = (await refresh(first.refresh_token)).json
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await spaces(second.access_token)).status).toBe(200)
    expect((await refresh(first.refresh_token)).status).toBe(200)
    confluence.advanceClock(600_000)
    expect(await refresh(first.refresh_token)).toEqual({
      status: 403,
      json: { error: 'unauthorized_client', error_description: 'refresh_token is invalid' },
    })
    expect((await refresh(second.refresh_token)).status).toBe(200)
    confluence.setTraps({ deadRefreshToken: 'invalid_grant' })
    expect((await refresh('nonsense')).json).toEqual({
      error: 'invalid_grant',
      error_description: 'Unknown or invalid refresh token.',
    })
  })

  test('nothing works any more once the consent is taken back', async () => {
    const { access_token: access, refresh_token: token } = await grant()
    confluence.revokeConsent(confluence.credentials.accountId)
    expect([(await spaces(access)).status, (await refresh(token)).status]).toEqual([401, 403])
  })

  test('tells a refusal, a wrong secret and an unknown app apart', async () => {
    confluence.setTraps({ consent: 'deny' })
    expect((await consent()).target.searchParams.get('error')).toBe('access_denied')
    expect((await consent({ client_id: 'other' })).status).toBe(400)
    expect((await consent({ redirect_uri: 'https://example.com/steal' })).status).toBe(400)
    expect(await exchange({ client_secret: 'wrong' })).toEqual({
      status: 401,
      json: { error: 'access_denied', error_description: 'Unauthorized' },
    })
  })

  test('needs no consent for a service account of the app’s own', async () => {
    const app = { clientId: 'robot', clientSecret: 'hush', redirectUris: [] }
    confluence.registerOAuthApp({ ...app, service: { account: 'ada', scopes: ['read:space:confluence'] } })
    const credentials = { grant_type: 'client_credentials', client_id: 'robot', client_secret: 'hush' }
    const { json } = await exchange(credentials)
    expect((await spaces(json.access_token)).json.results).toHaveLength(4)
    expect(json).not.toHaveProperty('refresh_token')
    const { clientId, clientSecret } = confluence.oauthApp
    const refused = await exchange({ ...credentials, client_id: clientId, client_secret: clientSecret })
    expect(refused.json.error).toBe('unsupported_grant_type')
  })

  test('gives no refresh token without offline_access', async () => {
    const { target } = await consent({ scope: 'read:space:confluence' })
    const code = target.searchParams.get('code') ?? ''
    const { json } = await exchange({ grant_type: 'authorization_code', code, redirect_uri: callback })
    expect(json).not.toHaveProperty('refresh_token')
  })
})

test('content addresses of the old API are gone at the gateway and warn on the site', async () => {
  const { email, scopedToken } = confluence.credentialsOf()
  for (const path of [
    '/rest/api/content',
    '/rest/api/content/2',
    '/rest/api/content/2/child/page',
    '/rest/api/space/HR',
  ]) {
    const gone = await get(`${gateway}${path}`, basic(email, scopedToken))
    expect([path, gone.status, gone.json.message]).toEqual([
      path,
      410,
      'com.atlassian.confluence.api.service.exceptions.GoneException: This deprecated endpoint has been removed.',
    ])
    const there = await ask(confluence, path)
    expect([there.status, there.headers.get('deprecation')]).toEqual([200, 'true'])
    expect(there.headers.get('warning')).toContain('299 - "Deprecated API, will be removed')
  }
  confluence.setTraps({ oldContentOnSite: false })
  expect((await ask(confluence, '/rest/api/content/2')).status).toBe(410)
})
