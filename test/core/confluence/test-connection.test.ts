import { describe, expect, test } from 'vitest'
import { detectDeployment, fetchCloudId } from '../../../src/core/confluence/detect-deployment.ts'
import { openSite } from '../../../src/core/confluence/open-site.ts'
import type { Credential, SiteAddress } from '../../../src/core/confluence/site.ts'
import { testConnection } from '../../../src/core/confluence/test-connection.ts'
import { quick, startScripted, type Reply } from './scripted-server.ts'

const signal = new AbortController().signal
const pat: Credential = { kind: 'pat', secret: 'abc' }
const ann: Reply = { json: { type: 'known', userKey: 'k1', displayName: 'Ann' } }
const spaces: Reply = { json: { results: [{ id: 1, key: 'IT', name: 'IT', type: 'global' }], limit: 25, _links: {} } }

const options = { ...quick, retry: { ...quick.retry, attempts: 2 } }

async function run(user: Reply, list: Reply = spaces, credential = pat) {
  await using server = await startScripted(({ path }) => (path.endsWith('/user/current') ? user : list))
  const address: SiteAddress = { deployment: 'datacenter', baseUrl: server.url }
  return await testConnection({ address, credential, options }, signal)
}

describe('the connection test', () => {
  test('Works, and names the account', async () => {
    expect(await run(ann)).toEqual({
      result: 'Works',
      cause: 'Signed in as Ann.',
      remedy: undefined,
      user: { userId: 'k1', displayName: 'Ann', email: undefined, isActive: true, isGuest: false },
    })
  })

  test('Works, but says that no space can be seen', async () => {
    const outcome = await run(ann, { json: { results: [], limit: 25, _links: {} } })
    expect(outcome).toMatchObject({ result: 'Works', remedy: 'Give the account read access to the spaces.' })
  })

  test.each<[string, Reply, Reply, string]>([
    ['a refused credential', { status: 401, json: {} }, spaces, 'Auth Failed'],
    ['a login page', { html: '<form action="/dologin.action">' }, spaces, 'Auth Failed'],
    ['an anonymous answer', { json: { type: 'anonymous' } }, spaces, 'Auth Failed'],
    ['a bad request', { status: 400, json: {} }, spaces, 'HTTP 400'],
    ['no Confluence', { status: 404, html: '' }, spaces, 'HTTP 404'],
    ['no such endpoint', { status: 404, json: {} }, spaces, 'HTTP 404'],
    ['spaces that are denied', ann, { status: 403, json: {} }, 'HTTP 4xx'],
    ['too many requests', { status: 429, json: {} }, spaces, 'HTTP 4xx'],
    ['an internal error', { status: 500, json: {} }, spaces, 'HTTP 500'],
    ['a proxy without a server', { status: 502, html: '' }, spaces, 'HTTP 5xx'],
    ['something else than JSON', { text: 'hello', headers: { 'content-type': 'text/plain' } }, spaces, 'HTTP Error'],
    ['an answer of another shape', ann, { json: { hello: 'world' } }, 'HTTP Error'],
    ['a dropped connection', 'drop', spaces, 'Connection Error'],
  ])('%s', async (_, user, list, result) => {
    const outcome = await run(user, list)
    expect(outcome.result).toBe(result)
    expect(outcome.cause).toMatch(/\.$/)
    expect(outcome.remedy).toMatch(/\.$/)
  })

  test.each<Credential>([
    { kind: 'pat', secret: ' ' },
    { kind: 'basic', username: '', secret: 'x' },
    { kind: 'token', email: '', secret: 'x' },
  ])('Missing Credentials: $kind', async (credential) => {
    expect((await run(ann, spaces, credential)).result).toBe('Missing Credentials')
  })

  test('a credential of the other deployment has failed, with a sentence that says which one is needed', async () => {
    const outcome = await run(ann, spaces, { kind: 'token', email: 'ann@acme.example', secret: 'x' })
    expect(outcome).toMatchObject({ result: 'Auth Failed', cause: expect.stringContaining('personal access token') })
  })

  test('a site that is open already can be tested too', async () => {
    await using server = await startScripted(({ path }) => (path.endsWith('/user/current') ? ann : spaces))
    const site = openSite({ deployment: 'datacenter', baseUrl: server.url }, pat, options)
    expect((await testConnection(site, signal)).result).toBe('Works')
  })

  test('rejects with the reason when aborted', async () => {
    const aborted = AbortSignal.abort(new Error('closed the dialog'))
    const address: SiteAddress = { deployment: 'datacenter', baseUrl: 'http://127.0.0.1:1' }
    await expect(testConnection({ address, credential: pat, options }, aborted)).rejects.toThrow('closed the dialog')
  })
})

const detect = async (answers: Record<string, Reply>, typedPath = '', otherwise: Reply = { status: 404, html: '' }) => {
  await using server = await startScripted(({ path }) => answers[path] ?? otherwise)
  const address: SiteAddress = { deployment: 'datacenter', baseUrl: `${server.url}${typedPath}` }
  const { address: found } = await detectDeployment({ address, isGuess: true }, pat, options, signal)
  return [found.deployment, found.baseUrl.slice(server.url.length)]
}

describe('which deployment it is', () => {
  test('Cloud under a domain of its own', async () => {
    expect(await detect({ '/wiki/api/v2/spaces': { json: { results: [] } } })).toEqual(['cloud', '/wiki'])
    expect(await detect({ '/wiki/api/v2/spaces': { status: 401, json: {} } }, '/wiki')).toEqual(['cloud', '/wiki'])
  })

  test('Data Center, also when its context path was not typed', async () => {
    const anonymous: Reply = { status: 403, json: {} }
    expect(await detect({ '/rest/api/user/current': anonymous })).toEqual(['datacenter', ''])
    expect(await detect({ '/confluence/rest/api/user/current': anonymous })).toEqual(['datacenter', '/confluence'])
    expect(await detect({ '/docs/rest/api/user/current': anonymous }, '/docs')).toEqual(['datacenter', '/docs'])
  })

  test('nothing of the kind: what was typed is left to the test', async () => {
    expect(await detect({}, '/docs')).toEqual(['datacenter', '/docs'])
  })

  test.each<[string, Reply]>([
    ['a proxy that refuses everything', { status: 403, html: 'Forbidden' }],
    ['a sign-in page before everything', { html: '<form action="/dologin.action">' }],
    ['a server that fails at everything', { status: 503, html: 'Down' }],
  ])('%s is no sign of Cloud', async (_what, otherwise) => {
    expect(await detect({}, '', otherwise)).toEqual(['datacenter', ''])
    expect(await detect({ '/confluence/rest/api/user/current': ann }, '', otherwise)).toEqual([
      'datacenter',
      '/confluence',
    ])
  })

  test('a sign-in page that only an answer with the credential gets past', async () => {
    await using server = await startScripted(({ path, headers }) =>
      path === '/wiki/rest/api/user/current' && headers.authorization === 'Bearer abc'
        ? ann
        : { html: '<form action="/dologin.action">' },
    )
    const address: SiteAddress = { deployment: 'datacenter', baseUrl: server.url }
    for (const isGuess of [true, false])
      expect(await detectDeployment({ address, isGuess }, pat, options, signal)).toEqual({
        address: { deployment: 'datacenter', baseUrl: `${server.url}/wiki` },
      })
  })

  test('no question that looks for Confluence carries a Cloud credential', async () => {
    await using server = await startScripted(() => ({ status: 401, json: {} }))
    const address: SiteAddress = { deployment: 'datacenter', baseUrl: server.url }
    const { address: found } = await detectDeployment({ address, isGuess: true }, { kind: 'scoped' }, options, signal)
    expect(found).toEqual({ deployment: 'cloud', baseUrl: `${server.url}/wiki` })
    expect(server.asked.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
  })

  test('the id for the gateway', async () => {
    await using server = await startScripted(({ path }) =>
      path === '/_edge/tenant_info' ? { json: { cloudId: 'f00d-1' } } : { status: 404, json: {} },
    )
    const address: SiteAddress = { deployment: 'cloud', baseUrl: `${server.url}/wiki` }
    expect(await fetchCloudId(address, options, signal)).toBe('f00d-1')
  })
})
