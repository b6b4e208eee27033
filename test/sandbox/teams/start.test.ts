import { createRemoteJWKSet, jwtVerify } from 'jose'
import Fastify, { type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sandboxPeople } from '../../../sandbox/teams/people.ts'
import { type TeamsSandbox, channel, personalChat, startTeams, teamId } from '../../../sandbox/teams/start.ts'

let teams: TeamsSandbox
let token: string
const opened: FastifyInstance[] = []

beforeEach(async () => {
  teams = await startTeams()
  token = await logIn()
})

afterEach(async () => {
  await Promise.all([teams.close(), ...opened.splice(0).map((server) => server.close())])
})

async function logIn(overrides: Record<string, string> = {}): Promise<string> {
  const response = await fetch(
    `${teams.env['MICROSOFT_LOGIN_URL']}/${teams.env['MICROSOFT_APP_TENANT_ID']}/oauth2/v2.0/token`,
    {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: teams.env['MICROSOFT_APP_ID'] ?? '',
        client_secret: teams.env['MICROSOFT_APP_PASSWORD'] ?? '',
        scope: 'https://api.botframework.com/.default',
        ...overrides,
      }),
    },
  )
  const { access_token: issued } = (await response.json()) as { access_token?: string }
  return issued ?? `status ${response.status}`
}

async function call(method: string, path: string, body?: unknown, authorization = `Bearer ${token}`) {
  const response = await fetch(`${teams.url}/v3/conversations/${path}`, {
    method,
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const at = `${encodeURIComponent(channel.id)}/activities`

test('gives a token for the right secret only, and serves nobody without it', async () => {
  expect(await logIn({ client_secret: 'wrong' })).toBe('status 401')
  expect(await call('POST', at, { type: 'message', text: 'hi' }, 'Bearer other')).toMatchObject({ status: 401 })
  expect(teams.activities(channel.id)).toEqual([])
  expect(teams.requests).toMatchObject([{ method: 'POST', isAuthorized: false }])
})

test('keeps, changes and deletes messages', async () => {
  const { body } = await call('POST', at, { type: 'message', text: 'one' })
  expect(await call('PUT', `${at}/${body.id}`, { type: 'message', text: 'two' })).toMatchObject({ status: 200 })
  expect(teams.activities(channel.id)).toMatchObject([{ id: body.id, text: 'two', revision: 2 }])
  expect(await call('DELETE', `${at}/${body.id}`)).toMatchObject({ status: 200 })
  expect(teams.activities(channel.id)).toEqual([])
  expect(await call('PUT', `${at}/${body.id}`, { type: 'message', text: 'three' })).toMatchObject({ status: 404 })
})

const root = (citation: unknown[] = []) => ({ type: 'https://schema.org/Message', '@type': 'Message', citation })
const claim = (position: number, appearance: Record<string, unknown> = { name: 'Page' }) => ({ position, appearance })

test.each([
  ['nothing to show', { text: '' }, 400],
  ['two root entities', { entities: [root(), root()] }, 400],
  ['21 citations', { entities: [root(Array.from({ length: 21 }, (_, n) => claim(n + 1)))] }, 400],
  ['a position used twice', { entities: [root([claim(1), claim(1)])] }, 400],
  ['an empty appearance', { entities: [root([claim(1, {})])] }, 400],
  ['a name too long', { entities: [root([claim(1, { name: 'n'.repeat(81) })])] }, 400],
  ['an abstract too long', { entities: [root([claim(1, { name: 'n', abstract: 'a'.repeat(161) })])] }, 400],
  ['over 100 KB', { text: 'x'.repeat(51_200) }, 413],
])('refuses a message with %s', async (_what, part, status) => {
  expect((await call('POST', at, { type: 'message', text: 'hello', ...part })).status).toBe(status)
  expect(teams.activities(channel.id)).toEqual([])
})

test('accepts a message with twenty citations', async () => {
  const entities = [root(Array.from({ length: 20 }, (_, n) => claim(n + 1)))]
  expect((await call('POST', at, { type: 'message', text: 'hello', entities })).status).toBe(201)
})

test('knows its people and nobody else', async () => {
  const path = encodeURIComponent(personalChat.id)
  expect((await call('GET', `${path}/members/29:dana`)).body).toEqual(sandboxPeople.dana)
  expect((await call('GET', `${path}/members/29:stranger`)).status).toBe(404)
  expect((await call('GET', `${path}/members/29:guest`)).body).toEqual(sandboxPeople.guest)
  const employees = [sandboxPeople.dana, sandboxPeople.kim]
  expect((await call('GET', `${path}/members`)).body).toEqual(employees)
  expect((await call('GET', `${path}/pagedmembers`)).body).toEqual({ members: employees })
})

test('lists the roster that was set, in pages of at most 500', async () => {
  const roster = Array.from({ length: 601 }, (_, n) => ({ id: `29:${n}`, name: `Person ${n}` }))
  teams.setRoster(teamId, roster)
  const path = encodeURIComponent(teamId)
  const first = (await call('GET', `${path}/pagedmembers?pageSize=1000`)).body
  expect(first.members).toEqual(roster.slice(0, 500))
  const rest = (await call('GET', `${path}/pagedmembers?continuationToken=${first.continuationToken}`)).body
  expect(rest).toEqual({ members: roster.slice(500) })
  expect((await call('GET', `${path}/pagedmembers?pageSize=1`)).body.members).toHaveLength(50)
  expect((await call('GET', `${path}/members/29:dana`)).status).toBe(404)
})

test('fails on the path that it is told and on no other', async () => {
  teams.fail({ path: '/pagedmembers', status: 403 })
  const path = encodeURIComponent(personalChat.id)
  expect((await call('GET', `${path}/members`)).status).toBe(200)
  expect((await call('GET', `${path}/pagedmembers`)).status).toBe(403)
  expect((await call('GET', `${path}/pagedmembers`)).status).toBe(200)
})

test('fails as it is told, and refuses a bot that was removed', async () => {
  teams.fail({ method: 'POST', status: 429, retryAfterSeconds: 3 })
  const throttled = await call('POST', at, { type: 'message', text: 'hi' })
  expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '3'])
  expect((await call('POST', at, { type: 'message', text: 'hi' })).status).toBe(201)
  teams.removeBot(channel.id)
  expect(await call('POST', at, { type: 'message', text: 'hi' })).toMatchObject({
    status: 403,
    body: { error: { code: 'BotNotInConversationRoster' } },
  })
})

test('signs what it sends with a key of its key server, and forges on request', async () => {
  const received: { authorization: string; body: Record<string, unknown> }[] = []
  const server = Fastify({ forceCloseConnections: true })
  server.post('/api/messages', (request) => {
    received.push({ authorization: request.headers.authorization ?? '', body: request.body as Record<string, unknown> })
    return {}
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  opened.push(server)
  teams.useBot(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}`)
  await teams.sendMessage('How do I book leave?', { chat: channel })
  await teams.sendMessage('forged', { token: { isForged: true } })

  const metadata = (await (await fetch(teams.env['MICROSOFT_OPENID_METADATA_URL'] ?? '')).json()) as {
    jwks_uri: string
  }
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
  const expected = { issuer: 'https://api.botframework.com', audience: teams.env['MICROSOFT_APP_ID'] ?? '' }
  const verify = (index: number) =>
    jwtVerify(received[index]?.authorization.replace('Bearer ', '') ?? '', keys, expected)
  expect((await verify(0)).payload['serviceurl']).toBe(teams.url)
  await expect(verify(1)).rejects.toThrow('signature verification failed')
  expect(received[0]?.body).toMatchObject({
    type: 'message',
    text: '<at>Footnote</at> How do I book leave?',
    conversation: { conversationType: 'channel', id: channel.id },
    channelData: { team: { id: '19:team@thread.tacv2' } },
  })
})
