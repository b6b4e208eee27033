// A good token at the wrong door, on a site and a gateway that each take their own kind only.
import { describe, expect, test } from 'vitest'
import type { CloudCredential } from '../../../src/core/confluence/cloud-client.ts'
import type { SiteAddress } from '../../../src/core/confluence/site.ts'
import { testConnection } from '../../../src/core/confluence/test-connection.ts'
import { quick, startScripted } from './scripted-server.ts'

const signal = new AbortController().signal
const ann = { json: { type: 'known', accountId: 'a1', displayName: 'Ann' } }
const basic = (secret: string): string => `Basic ${btoa(`ann@acme.example:${secret}`)}`

/** `takes`: the authorization that each door wants. */
async function run(credential: CloudCredential, takes: { site?: string; gateway?: string }, gatewaySays: object = {}) {
  await using server = await startScripted(({ path, headers }) => {
    if (path === '/_edge/tenant_info') return { json: { cloudId: 'f00d' } }
    const isGateway = path.startsWith('/ex/confluence/f00d/')
    if (headers.authorization !== (isGateway ? takes.gateway : takes.site))
      return { status: 401, json: isGateway ? gatewaySays : {} }
    return path.endsWith('/user/current') ? ann : { json: { results: [], _links: {} } }
  })
  const address: SiteAddress = { deployment: 'cloud', baseUrl: `${server.url}/wiki` }
  const options = { ...quick, gatewayUrl: server.url }
  const { result, cause, remedy, otherKind } = await testConnection({ address, credential, options }, signal)
  const atSite = server.asked.filter(
    ({ path, headers }) => path.startsWith('/wiki') && headers.authorization !== undefined,
  )
  return { result, cause, remedy, otherKind, atSite: atSite.length }
}

const email = 'ann@acme.example'
const scoped: CloudCredential = { kind: 'scoped', email, secret: 's', cloudId: 'f00d' }

describe('a token at the wrong door', () => {
  test('a scoped one at the site', async () => {
    expect(await run({ kind: 'token', email, secret: 's' }, { gateway: basic('s') })).toMatchObject({
      result: 'Auth Failed',
      otherKind: 'scoped',
      remedy: 'Choose “scoped API token” (--auth scoped).',
    })
  })

  test('a classic one at the gateway', async () => {
    expect(await run(scoped, { site: basic('s') })).toMatchObject({
      result: 'Auth Failed',
      otherKind: 'classic',
      cause: expect.stringContaining('classic API token without scopes'),
      remedy: 'Choose “API token” (--auth token).',
    })
  })

  test('one that is sent without its address, and then goes nowhere else', async () => {
    expect(await run(scoped, { gateway: 'Bearer s' })).toMatchObject({ otherKind: 'bearer', atSite: 0 })
  })

  test('one that the gateway knows but that lacks a scope is tried at no other door', async () => {
    const outcome = await run(scoped, {}, { code: 401, message: 'Unauthorized; scope does not match' })
    expect(outcome).toMatchObject({ result: 'Auth Failed', otherKind: undefined, atSite: 0 })
    expect(outcome.cause).toContain('lacks the scopes')
  })

  test('one that works never comes to the site', async () => {
    expect(await run(scoped, { gateway: basic('s') })).toMatchObject({ result: 'Works', atSite: 0 })
  })

  test('one that is dead everywhere is just that', async () => {
    expect(await run({ kind: 'token', email, secret: 's' }, {})).toMatchObject({
      result: 'Auth Failed',
      otherKind: undefined,
      cause: expect.stringContaining('refused the credential'),
    })
  })
})
