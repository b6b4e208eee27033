// Whatever the site answers, the test has exactly one of the named results with its cause and its remedy: before anything is
// saved, whether or not the deployment was given, and for a connection that is stored.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../../../sandbox/confluence/faults.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { Traps } from '../../../sandbox/confluence/traps.ts'
import { draftConnection } from '../../../src/core/connections/draft.ts'
import { editConnection } from '../../../src/core/connections/edit.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { reconnect } from '../../../src/core/connections/reconnect.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { connect, openTestCore, requestFor, soon } from '../../support/core.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

const named =
  /^(Connection Error|Missing Credentials|Auth Failed|HTTP (400|404|4xx|500|5xx|Error)|Failed): (.+\.) ([A-Z].+\.)$/

const status = (code: number, more: object = {}): Fault => ({ kind: 'status', status: code, times: 500, ...more })
const html = { headers: { 'content-type': 'text/html' }, body: '<html>Nothing</html>' }
const faults: [string, Fault, result: string][] = [
  ['a bad request', status(400), 'HTTP 400'],
  ['a refusal of the credential', status(401), 'Auth Failed'],
  ['a refusal of everything, by a proxy', status(403, html), 'Auth Failed'],
  ['not found', status(404), 'HTTP 404'],
  ['a web page that is not found', status(404, html), 'HTTP 404'],
  ['gone', status(410), 'HTTP 4xx'],
  ['a teapot', status(418), 'HTTP 4xx'],
  ['too many requests', status(429, { headers: { 'retry-after': '0' } }), 'HTTP 4xx'],
  ['an internal error', status(500), 'HTTP 500'],
  ['a proxy without a server', status(502), 'HTTP 5xx'],
  ['maintenance', status(503, html), 'HTTP 5xx'],
  ['a redirect to nowhere', status(302), 'Auth Failed'],
  ['a sign-in page', { kind: 'login-page', times: 500 }, 'Auth Failed'],
  ['an answer that breaks off', { kind: 'truncate', times: 500 }, 'HTTP Error'],
  ['no answer', { kind: 'drop', times: 500 }, 'Connection Error'],
  [
    'an answer that is no JSON',
    status(200, { headers: { 'content-type': 'text/plain' }, body: 'hello' }),
    'HTTP Error',
  ],
]

const said = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'went through',
    (error: Error) => error.message,
  )

describe.each(['cloud', 'datacenter'] as const)('on %s', (flavour) => {
  let open: OpenCore
  let site: RunningConfluence
  beforeAll(async () => {
    site = await startConfluence({ flavour, site: smallSite() })
    open = await openTestCore('embedded', { config: { ATLASSIAN_API_URL: site.gatewayUrl } })
    await connect(open.core, site, { spaces: 'HR' })
  })
  afterEach(() => {
    site.clearFaults()
    site.setTraps({ sso: 'off', deadTokenIsAnonymous: false, basicAuth: true })
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })
  const stored = () => getConnection(open.core, 'acme')
  const draft = (changes: Partial<ConnectRequest> = {}) =>
    draftConnection(open.core, requestFor(site, { name: 'other', spaces: 'ENG', ...changes }), 'ann', soon())

  it.each(faults)('%s', async (_what, fault, result) => {
    site.fail(fault)
    const connection = await stored()
    const [guessed, test] = await Promise.all([said(draft()), testStoredConnection(open.core, connection, soon())])
    expect(guessed).toMatch(named)
    expect(guessed.split(':')[0]).toBe(result)
    expect(`${test.result}: ${test.cause} ${test.remedy}`).toMatch(named)
    expect(test.result).toBe(result)
  })

  it('has a name also where the deployment was given, for a new credential and for a change', async () => {
    site.fail(status(418))
    const { email, token: secret } = site.credentials
    const typed = { credentialKind: flavour === 'cloud' ? ('token' as const) : ('pat' as const), email, secret }
    for (const sentence of [
      await said(draft({ deployment: flavour })),
      await said(reconnect(open.core, await stored(), typed, { actor: 'ann' }, soon())),
      await said(editConnection(open.core, await stored(), { access: 'shared' }, 'ann', soon())),
    ]) {
      expect(sentence).toMatch(named)
      expect(sentence.split(':')[0]).toBe('HTTP 4xx')
    }
  })

  it.each<[path: RegExp, code: number, result: string]>([
    [/\/rest\/api\/space|\/api\/v2\/spaces/, 500, 'HTTP 500'],
    [/content\/search/, 503, 'HTTP 5xx'],
    [/content\/search/, 403, 'HTTP 4xx'],
  ])('a failure beyond the sign-in: %s', async (path, code, result) => {
    site.fail(status(code, { path }))
    const sentence = await said(draft())
    expect(sentence).toMatch(named)
    expect(sentence.split(':')[0]).toBe(result)
  })
})

describe('on Data Center behind single sign-on', () => {
  let open: OpenCore
  let site: RunningConfluence
  beforeAll(async () => {
    site = await startConfluence({ flavour: 'datacenter', site: smallSite() })
    open = await openTestCore('embedded')
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })

  it.each<[Traps['sso'], Partial<ConnectRequest>]>(
    (['login-page', 'redirect'] as const).flatMap((sso) => [
      [sso, {}],
      [sso, { deployment: 'datacenter' as const }],
    ]),
  )('a token that works is connected without more being typed than the host: %s, %j', async (sso, changes) => {
    site.setTraps({ sso })
    for (const url of [site.url, new URL(site.url).origin]) {
      const request = requestFor(site, { ...changes, url, spaces: 'HR' })
      expect((await draftConnection(open.core, request, 'ann', soon())).connection).toMatchObject({
        deployment: 'datacenter',
        baseUrl: site.url,
      })
    }
  })

  it.each<Traps['sso']>(['login-page', 'redirect'])('a dead one is Auth Failed: %s', async (sso) => {
    site.setTraps({ sso })
    const work = draftConnection(open.core, requestFor(site, { secret: 'dead' }), 'ann', soon())
    await expect(work).rejects.toThrow(/^Auth Failed: .*\. Make a new/)
  })
})

describe('a scoped token', () => {
  it('has a named result while the site does not tell its cloud id', async () => {
    await using stack = new AsyncDisposableStack()
    const site = await startConfluence({ flavour: 'cloud', site: smallSite() })
    stack.defer(() => site.close())
    const open = await openTestCore('embedded', { config: { ATLASSIAN_API_URL: site.gatewayUrl } })
    stack.defer(() => open.close())
    const draft = () =>
      draftConnection(
        open.core,
        requestFor(site, { deployment: 'cloud', credentialKind: 'scoped', secret: site.credentials.scopedToken }),
        'ann',
        soon(),
      )
    for (const [fault, result] of [
      [status(500, { path: '_edge', times: 2 }), 'HTTP 500'],
      [status(404, { path: '_edge', times: 1 }), 'HTTP 404'],
    ] as const) {
      site.fail(fault)
      await expect(draft()).rejects.toThrow(new RegExp(`^${result}: .+\\. [A-Z].+\\.$`))
    }
  })
})
