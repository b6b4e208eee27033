// The test's verdict on sites that answer in misleading ways, with the cause and the remedy that belong to each.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { Traps } from '../../../sandbox/confluence/traps.ts'
import type { Credential, SiteAddress } from '../../../src/core/confluence/site.ts'
import { testConnection } from '../../../src/core/confluence/test-connection.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

let site: RunningConfluence
beforeAll(async () => {
  site = await startConfluence({ flavour: 'datacenter', site: smallSite({ anonymousAccess: true }) })
})
afterEach(() => site.setTraps({ sso: 'off', deadTokenIsAnonymous: false, basicAuth: true, webSudo: false }))
afterAll(() => site.close())

const test = (credential: Credential) => {
  const address: SiteAddress = { deployment: 'datacenter', baseUrl: site.url }
  const options = { allowLoopback: true, retry: { attempts: 1 } }
  return testConnection({ address, credential, options }, AbortSignal.timeout(10_000))
}
const dead: Credential = { kind: 'pat', secret: 'dead' }

describe('Auth Failed, never an empty success', () => {
  it.each<[string, Partial<Traps>, Credential, RegExp, RegExp]>([
    ['a dead token', {}, dead, /refused the credential/, /^Make a new API token or personal access token/],
    [
      'an anonymous answer to a dead token',
      { deadTokenIsAnonymous: true },
      dead,
      /(as if nobody had signed in|refused the credential)/,
      /^Make a new/,
    ],
    ['single sign-on that shows its page', { sso: 'login-page' }, dead, /refused the credential/, /^Make a new/],
    ['single sign-on that sends elsewhere', { sso: 'redirect' }, dead, /refused the credential/, /^Make a new/],
    [
      'passwords that are switched off',
      { basicAuth: false },
      { kind: 'basic', username: 'ada', secret: 'x' },
      /does not let this account use Confluence/,
      /use a personal access token/,
    ],
  ])('%s', async (_what, traps, credential, cause, remedy) => {
    site.setTraps(traps)
    const outcome = await test(credential)
    expect(outcome).toMatchObject({ result: 'Auth Failed' })
    expect(outcome.cause).toMatch(cause)
    expect(outcome.remedy).toMatch(remedy)
  })
})

it('a login page with status 200 that says nothing of the credential names what may stand before Confluence', async () => {
  site.fail({ kind: 'login-page', path: '/user/current' })
  expect(await test({ kind: 'pat', secret: site.credentials.token })).toMatchObject({
    result: 'Auth Failed',
    cause: expect.stringContaining('a web page where the REST API should be'),
    remedy: expect.stringContaining('single sign-on or a proxy'),
  })
})

it('WebSudo before everything is Auth Failed, before administration alone it is not', async () => {
  const pat: Credential = { kind: 'pat', secret: site.credentials.token }
  site.setTraps({ webSudo: true })
  expect(await test(pat)).toMatchObject({ result: 'Works' })
  const html = '<form action="/doauthenticate.action">'
  const headers = { 'x-atlassian-websudo': 'Has-Authentication', 'content-type': 'text/html' }
  site.fail({ kind: 'status', status: 200, path: '/user/current', headers, body: html })
  expect(await test(pat)).toMatchObject({
    result: 'Auth Failed',
    cause: expect.stringContaining('WebSudo'),
    remedy: 'Use the token of an account that is no administrator, then test again.',
  })
})
