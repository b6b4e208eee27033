// The test says before anything is saved which scope of those that the documentation lists a token lacks.
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { Credential, SiteAddress } from '../../../src/core/confluence/site.ts'
import { testConnection } from '../../../src/core/confluence/test-connection.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

const operations = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
const section = /### Scopes\n([\s\S]*?)\n### /.exec(operations)?.[1] ?? ''
const documented = [...section.matchAll(/`((?:read|readonly|search):[\w.:-]+)`/g)].map(([, scope = '']) => scope)

let site: RunningConfluence
beforeAll(async () => {
  site = await startConfluence({ flavour: 'cloud', site: smallSite() })
})
afterEach(() => site.clearFaults())
afterAll(() => site.close())

const test = (credential: Credential) => {
  const address: SiteAddress = { deployment: 'cloud', baseUrl: site.url }
  const options = { allowLoopback: true, gatewayUrl: site.gatewayUrl, retry: { attempts: 1 } }
  return testConnection({ address, credential, options }, AbortSignal.timeout(10_000))
}
const scoped = (scopes: string[]) => {
  const { secret } = site.issueToken(site.credentials.accountId, { kind: 'scoped', scopes })
  return test({ kind: 'scoped', email: site.credentials.email, secret, cloudId: site.cloudId })
}
const without = (...scopes: string[]): string[] => documented.filter((scope) => !scopes.includes(scope))

describe('a scoped token', () => {
  it('with the scopes of the documentation works, and nothing is said of scopes', async () => {
    expect(documented.length).toBeGreaterThan(15)
    expect(await scoped(documented)).toMatchObject({
      result: 'Works',
      cause: 'Signed in as Footnote Sync.',
      remedy: undefined,
    })
  })

  it.each([
    ['read:space:confluence'],
    ['read:page:confluence'],
    ['search:confluence'],
    ['read:user:confluence'],
    ['read:folder:confluence'],
    ['readonly:content.attachment:confluence'],
    ['read:confluence-content.all', 'read:content.restriction:confluence'],
    ['read:confluence-groups', 'read:group:confluence'],
    ['read:confluence-user', 'read:user:confluence'],
  ])('without %s is Auth Failed, and the scope is named', async (...lacking) => {
    const outcome = await scoped(without(...lacking))
    expect(outcome).toMatchObject({ result: 'Auth Failed', remedy: expect.stringMatching(/docs\/operations\.md/) })
    for (const scope of lacking) expect(outcome.cause).toContain(scope)
    expect(outcome.cause).toMatch(/^The token lacks the scopes? .*, which the sync needs\.$/)
  })

  it('hears of all that it lacks at once, and where OAuth gives its scopes', async () => {
    const { secret } = site.issueToken(site.credentials.accountId, { kind: 'oauth', scopes: ['read:page:confluence'] })
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const outcome = await test({
      kind: 'oauth',
      cloudId: site.cloudId,
      accessToken: secret,
      refreshToken: 'r',
      expiresAt,
    })
    expect(outcome).toMatchObject({ result: 'Auth Failed', remedy: expect.stringContaining('the OAuth app') })
    for (const scope of ['search:confluence', 'read:space:confluence', 'read:folder:confluence'])
      expect(outcome.cause).toContain(scope)
  })

  it('that only lacks what is below whiteboards works, and says which pages stay closed', async () => {
    expect(await scoped(without('read:whiteboard:confluence'))).toMatchObject({
      result: 'Works',
      cause: expect.stringContaining(
        'Without the scope read:whiteboard:confluence, pages below whiteboards, databases and embeds are shown to nobody.',
      ),
    })
  })
})

it('a classic token is asked about no scopes, and writes nothing', async () => {
  site.clearRequests()
  const { email, token: secret } = site.credentials
  expect(await test({ kind: 'token', email, secret })).toMatchObject({ result: 'Works' })
  expect(site.requests.length).toBeLessThan(6)
  expect(site.writes).toEqual([])
})

it('what fails beyond the sign-in is the result', async () => {
  site.fail({ kind: 'status', status: 503, path: 'content/search' })
  const { email, token: secret } = site.credentials
  expect(await test({ kind: 'token', email, secret })).toMatchObject({ result: 'HTTP 5xx' })
})
