// A sentence to an admin who asked nothing just now, on both platforms.
import { afterEach, describe, expect, it } from 'vitest'
import type { TeamsTransport } from '../../src/bots/teams/reply.ts'
import { createTelling } from '../../src/bots/teams/tell.ts'
import type { OutboundMessage, Place } from '../../src/bots/teams/activity.ts'
import { AccessDeniedError, TransientError } from '../../src/errors.ts'
import { type Harness, startHarness } from './slack/harness.ts'

const signal = AbortSignal.timeout(20_000)
const sentence = 'Connection lost: acme no longer reads Confluence.'

describe('in Slack', () => {
  let harness: Harness
  afterEach(() => harness.close())

  it('reaches the person in their direct conversation, and nobody of elsewhere', async () => {
    harness = await startHarness()
    expect(harness.app.workspace.teamId).toBe('T0ACME')
    expect(await harness.app.tell('slack:T0ACME:U0ALICE', sentence, signal)).toBe(true)
    expect(harness.slack.messages('U0ALICE').map(({ visible }) => visible.trim())).toEqual([`⚠ ${sentence}`])
    const found = async (name: string) => (await harness.app.find(name, signal))?.userId
    expect(await Promise.all(['slack:T0ACME:U0ALICE', 'U0ALICE', 'Alice.Member@acme.example'].map(found))).toEqual([
      'U0ALICE',
      'U0ALICE',
      'U0ALICE',
    ])
    expect((await harness.app.find('slack:T0ACME:U0GONE', signal))?.kind, 'who has left').toBe('deactivated')
    for (const name of [
      'slack:T0OTHER:U0ALICE',
      'terminal',
      'nobody@acme.example',
      'una.unconfirmed@acme.example',
      '33333333-3333-4333-8333-333333333333',
    ])
      expect(await found(name), name).toBeUndefined()
    for (const actor of ['slack:T0OTHER:U0ALICE', 'teams:t:1', 'terminal', 'slack:T0ACME:U0NOBODY'])
      expect(await harness.app.tell(actor, sentence, signal), actor).toBe(false)
  })
})

describe('in Teams', () => {
  const place: Place = {
    serviceUrl: 'https://smba.example/emea',
    tenantId: 'tenant',
    conversationId: '19:channel',
    conversationType: 'channel',
    audience: 'shared',
    teamId: 'team',
    bot: { id: '28:app', name: undefined },
    person: { id: '29:dana', name: 'Dana', objectId: 'dana' },
  }
  const dana = { id: '29:dana', aadObjectId: '33333333-3333-4333-8333-333333333333', tenantId: 'tenant' }
  const members = [{ ...dana, userRole: 'user', name: 'Dana', email: 'Dana@Contoso.example' }]
  const posts: [Place, OutboundMessage][] = []
  const transport = (failure?: Error): TeamsTransport =>
    ({
      openPrivateChat: async (at: Place) => {
        if (failure !== undefined) throw failure
        return { ...at, conversationId: `chat of ${at.person.id} at ${at.serviceUrl}`, audience: 'direct' }
      },
      fetchMember: async ({ person }: Place) =>
        members.find(({ id, aadObjectId }) => [id, aadObjectId].includes(person.id)),
      post: async (at: Place, message: OutboundMessage) => {
        posts.push([at, message])
        return 'id'
      },
    }) as unknown as TeamsTransport
  const urls = new Map<string, string>()
  const serviceUrls = {
    remember: async (tenantId: string, url: string) => void urls.set(tenantId, url),
    find: async (tenantId: string) => urls.get(tenantId),
  }
  const telling = (failure?: Error) =>
    createTelling(
      transport(failure),
      'app',
      () => new Date(),
      serviceUrls,
      () => undefined,
    )
  afterEach(() => void posts.splice(0))

  it('reaches somebody who wrote before, and after a restart whoever is in a tenant that wrote before', async () => {
    const running = telling()
    expect(await running.tell('teams:tenant:dana', sentence, signal)).toBe(false)
    running.remember(place)
    expect(await running.tell('teams:tenant:dana', sentence, signal)).toBe(true)
    expect(await telling().tell('teams:tenant:kim', sentence, signal)).toBe(true)
    expect(posts.map(([{ conversationId }, { text }]) => [conversationId, text])).toEqual([
      ['chat of 29:dana at https://smba.example/emea', sentence],
      ['chat of kim at https://smba.example/emea', sentence],
    ])
    expect(await running.tell('slack:T1:U1', sentence, signal)).toBe(false)
  })

  it('finds people by their Entra id and as actors, and by address those who wrote to it', async () => {
    urls.clear()
    const known = { platform: 'teams', tenantId: 'tenant', userId: dana.aadObjectId, email: 'dana@contoso.example' }
    const running = telling()
    const names = [dana.aadObjectId, `teams:tenant:${dana.aadObjectId}`, 'Dana@contoso.example']
    const found = (of: typeof running) => Promise.all(names.map((name) => of.find(name, signal)))
    expect(await found(running)).toEqual([undefined, undefined, undefined])
    running.remember({ ...place, person: { ...place.person, objectId: dana.aadObjectId } })
    const [byId, byActor, byAddress] = await found(running)
    expect([byId, byActor]).toMatchObject([known, known])
    expect(byAddress).toBeUndefined()
    if (byId !== undefined) running.rememberAsker(byId)
    expect((await found(running))[2]).toMatchObject(known)
    // After a restart the tenant's address is enough for ids.
    const again = createTelling(
      transport(),
      'app',
      () => new Date(),
      serviceUrls,
      () => undefined,
      ['tenant'],
    )
    const [id, actor, address] = await found(again)
    expect([id, actor]).toMatchObject([known, known])
    expect(address).toBeUndefined()
    const denied = telling(new AccessDeniedError('teams_refused', 'The app is not installed there.'))
    expect(await denied.find(`teams:tenant:${dana.aadObjectId}`, signal)).toBeUndefined()
  })

  it('says when it may not write, and lets it be tried again when Teams is away', async () => {
    const denied = telling(new AccessDeniedError('teams_refused', 'The app is not installed there.'))
    expect(await denied.tell('teams:tenant:dana', sentence, signal)).toBe(false)
    const away = telling(new TransientError('teams_unavailable', 'Teams is away.'))
    await expect(away.tell('teams:tenant:dana', sentence, signal)).rejects.toBeInstanceOf(TransientError)
  })
})
