// OAuth from the form to years later: the address for the browser, the callback, the site that was opened, refresh tokens
// that work once, and consent that is taken back.
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultOAuthApp } from '../../../sandbox/confluence/cloud/oauth.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { beginAuthorization, beginReconnection, continueAuthorization } from '../../../src/bots/commands/authorize.ts'
import { confirmConnection } from '../../../src/bots/commands/connect.ts'
import type { Asker } from '../../../src/bots/question.ts'
import { operator } from '../../../src/bots/terminal/identity.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { openConnectionSite } from '../../../src/core/connections/open-site.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import { openCredential } from '../../../src/core/connections/seal.ts'
import type { Core } from '../../../src/core/core.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { rows } from '../../../src/db/database.ts'
import { purgeConnection } from '../../../src/db/queries/connections.ts'
import { authorizations, connections } from '../../../src/db/schema/connections.ts'
import { createOAuthCallback } from '../../../src/web/oauth-callback.ts'
import { createServer } from '../../../src/web/server.ts'
import { sql } from 'drizzle-orm'
import { openTestCore, requestFor, soon, stoppedClock, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

const hourMs = 3_600_000

describe.each(databaseKinds)('OAuth on %s', (kind) => {
  const clock = stoppedClock()
  let open: OpenCore
  let core: Core
  let site: RunningConfluence
  let web: FastifyInstance
  beforeAll(async () => {
    const company = smallSite()
    company.now = clock.now
    site = await startConfluence({ flavour: 'cloud', site: company })
    const { origin } = new URL(site.url)
    open = await openTestCore(kind, {
      now: clock.now,
      config: {
        ATLASSIAN_API_URL: origin,
        ATLASSIAN_AUTH_URL: origin,
        ATLASSIAN_CLIENT_ID: defaultOAuthApp.clientId,
        ATLASSIAN_CLIENT_SECRET: defaultOAuthApp.clientSecret,
        FOOTNOTE_PUBLIC_URL: 'http://127.0.0.1:4711',
      },
    })
    core = open.core
    web = await createServer(core, [createOAuthCallback(core)])
  })
  afterEach(async () => {
    site.setTraps({ consent: 'grant', siteListedTwice: false, deadRefreshToken: 'unauthorized_client' })
    const { db } = core.database
    for (const { id } of await db.select().from(connections)) await purgeConnection(db, id)
    await db.delete(authorizations)
  })
  afterAll(async () => {
    await web.close()
    await site.close()
    await open.close()
  })

  const form = (changes: Partial<ConnectRequest> = {}): ConnectRequest =>
    requestFor(site, { credentialKind: 'oauth', email: '', secret: '', spaces: 'HR', ...changes })
  const begin = (changes: Partial<ConnectRequest> = {}) => beginAuthorization(core, form(changes), operator)
  /** What a browser does with the address: Atlassian sends it on to the callback. */
  const browse = async (url: string) => {
    const { status, headers } = await fetch(url, { redirect: 'manual' })
    expect(status).toBe(302)
    const target = new URL(headers.get('location') ?? '')
    return { path: target.pathname + target.search, answer: await web.inject(target.pathname + target.search) }
  }
  const goOn = (id: number, asker: Asker = operator) => continueAuthorization(core, id, asker, soon())
  /** Connects to the end. */
  const connect = async (): Promise<void> => {
    const { authorizationId, url } = await begin()
    await browse(url)
    const draft = await goOn(authorizationId)
    if (!('draftId' in draft)) throw new Error('no draft')
    await confirmConnection(core, draft.draftId, operator, soon())
  }
  const grantOf = async (name = 'acme') => {
    const connection = await getConnection(core, name)
    const credential = openCredential(connection.credentialSealed, core.encryptionKey(), name)
    if (credential.kind !== 'oauth') throw new Error(credential.kind)
    return credential
  }

  it('asks Atlassian for what it reads, waits for the browser, and connects through the gateway', async () => {
    site.setTraps({ siteListedTwice: true })
    const { authorizationId, url, name } = await begin()
    expect(name).toBe('acme')
    const query = new URL(url).searchParams
    expect(Object.fromEntries(query)).toMatchObject({
      audience: 'api.atlassian.com',
      client_id: defaultOAuthApp.clientId,
      redirect_uri: 'http://127.0.0.1:4711/oauth/atlassian/callback',
      response_type: 'code',
      prompt: 'consent',
    })
    expect(query.get('scope')?.split(' ')).toEqual(expect.arrayContaining(['offline_access', 'read:page:confluence']))
    expect(query.get('scope')).not.toMatch(/write|delete|manage/)
    expect(await goOn(authorizationId)).toMatchObject({ authorizationId, url: '' })
    const { answer } = await browse(url)
    expect([answer.statusCode, answer.body]).toEqual([200, expect.stringContaining('Atlassian let Footnote in.')])
    expect(answer.headers['cache-control']).toBe('no-store')
    site.clearRequests()
    const draft = await goOn(authorizationId)
    if (!('draftId' in draft)) throw new Error('no draft')
    expect(draft).toMatchObject({ test: 'Works, as Footnote Sync', facts: { pages: 4, restricted: 2 } })
    await confirmConnection(core, draft.draftId, operator, soon())
    expect((await syncAndWait(open, 'acme'))['HR']?.space.state).toBe('INGESTED')
    expect(site.countRequests(`/ex/confluence/${site.cloudId}/`)).toBeGreaterThan(5)
    expect(site.countRequests(/^\/wiki\/rest\/api\/user/)).toBe(0)
    const kept = JSON.stringify(await rows(core.database.db, sql`select * from authorizations`))
    expect(kept).toBe('[]')
  })

  it('takes a state once, for an hour, and only one that it gave', async () => {
    const { url } = await begin()
    const { path, answer } = await browse(url)
    expect(answer.statusCode).toBe(200)
    for (const repeated of [path, '/oauth/atlassian/callback?state=x&code=y', '/oauth/atlassian/callback']) {
      const again = await web.inject(repeated)
      expect([again.statusCode, again.body]).toEqual([400, expect.stringContaining('Nobody asked for this here')])
    }
    const late = await begin({ name: 'late' })
    clock.advance(2 * hourMs)
    expect((await browse(late.url)).answer.statusCode).toBe(400)
    await expect(goOn(late.authorizationId)).rejects.toMatchObject({ code: 'authorization_gone' })
  })

  it('goes on for nobody but who began', async () => {
    const { authorizationId, url } = await begin()
    await browse(url)
    const other: Asker = { ...operator, platform: 'slack', tenantId: 'T1', userId: 'U1' }
    await expect(goOn(authorizationId, other)).rejects.toMatchObject({ code: 'authorization_gone' })
  })

  it('says so when the person refuses, in the browser and where it was begun', async () => {
    site.setTraps({ consent: 'deny' })
    const { authorizationId, url } = await begin()
    const { answer } = await browse(url)
    expect([answer.statusCode, answer.body]).toEqual([400, expect.stringContaining('the consent was refused')])
    await expect(goOn(authorizationId)).rejects.toMatchObject({
      message: expect.stringContaining('the consent was refused'),
    })
  })

  it('checks the form before anybody is sent to Atlassian', async () => {
    await expect(begin({ name: 'my wiki' })).rejects.toMatchObject({ code: 'name_invalid' })
    const bare = { ...core, config: { ...core.config, ATLASSIAN_CLIENT_ID: undefined } }
    await expect(beginAuthorization(bare, form(), operator)).rejects.toMatchObject({
      code: 'oauth_not_configured',
      field: 'credentialKind',
      message: expect.stringContaining('ATLASSIAN_CLIENT_ID'),
    })
  })

  it('refuses another site than the one that was opened', async () => {
    await using stack = new AsyncDisposableStack()
    const other = await startConfluence({ flavour: 'cloud', site: smallSite() })
    stack.defer(() => other.close())
    other.fail({ path: '/_edge/tenant_info', kind: 'status', status: 200, body: { cloudId: 'another' } })
    const { authorizationId, url } = await begin({ url: other.url })
    await browse(url)
    await expect(goOn(authorizationId)).rejects.toMatchObject({
      code: 'oauth_other_site',
      field: 'url',
      message: expect.stringMatching(/^Atlassian opened http:.* to Footnote, not 127/),
    })
  })

  it('exchanges the refresh token once for all who need it, and stores the next one before it is used', async () => {
    await connect()
    const before = await grantOf()
    clock.advance(2 * hourMs)
    site.setTraps({ refreshLeewayMs: 0 })
    site.clearRequests()
    const connection = await getConnection(core, 'acme')
    const replicas = Array.from({ length: 5 }, () => openConnectionSite({ ...core }, connection))
    const people = await Promise.all(replicas.map((replica) => replica.fetchCurrentUser(soon())))
    expect(people.map(({ displayName }) => displayName)).toEqual(Array(5).fill('Footnote Sync'))
    expect(site.countRequests('/oauth/token')).toBe(1)
    const after = await grantOf()
    expect(after.refreshToken).not.toBe(before.refreshToken)
    expect(after.accessToken).not.toBe(before.accessToken)
    clock.advance(2 * hourMs)
    expect((await openConnectionSite(core, connection).fetchCurrentUser(soon())).displayName).toBe('Footnote Sync')
    site.setTraps({ refreshLeewayMs: 600_000 })
  })

  it('uses no token that it could not store, and the next attempt still gets one', async () => {
    await connect()
    clock.advance(2 * hourMs)
    site.clearRequests()
    let asked = 0
    const forgetful: Core = {
      ...core,
      // Opened twice, then sealed with.
      encryptionKey: () => {
        asked += 1
        if (asked > 3) throw new Error('the key is gone')
        return core.encryptionKey()
      },
    }
    const replica = openConnectionSite(forgetful, await getConnection(core, 'acme'))
    await expect(replica.fetchCurrentUser(soon())).rejects.toThrow('the key is gone')
    expect([site.countRequests('/oauth/token'), site.countRequests('/ex/confluence')]).toEqual([1, 0])
    const next = openConnectionSite(core, await getConnection(core, 'acme'))
    expect((await next.fetchCurrentUser(soon())).displayName).toBe('Footnote Sync')
  })

  it('takes a new token when the gateway refuses one before its time', async () => {
    await connect()
    site.killToken((await grantOf()).accessToken)
    const connection = await getConnection(core, 'acme')
    expect((await openConnectionSite(core, connection).fetchCurrentUser(soon())).displayName).toBe('Footnote Sync')
  })

  it.each(['unauthorized_client', 'invalid_grant'] as const)(
    'pauses when consent is taken back (%s), and goes on after it is given again',
    async (deadRefreshToken) => {
      await connect()
      await syncAndWait(open, 'acme')
      site.setTraps({ deadRefreshToken })
      site.revokeConsent(site.credentials.accountId)
      await expect(syncAndWait(open, 'acme')).rejects.toMatchObject({
        name: 'ConnectionRevokedError',
        code: 'oauth_revoked',
      })
      const lost = await getConnection(core, 'acme')
      expect(lost).toMatchObject({ state: 'paused', pauseReason: 'credential', testResult: 'Auth Failed' })
      const { authorizationId, url } = await beginReconnection(core, lost, operator)
      await browse(url)
      expect(await goOn(authorizationId)).toMatchObject({
        kind: 'notice',
        tone: 'success',
        text: 'acme works again, as Footnote Sync. The sync of 1 space goes on where it stood.',
      })
      expect(await getConnection(core, 'acme')).toMatchObject({ state: 'active', pauseReason: null })
      const { HR } = await syncAndWait(open, 'acme')
      expect(HR?.run.counts).toMatchObject({ listed: 5, unchanged: 4, updated: 0, excluded: 1 })
    },
  )

  it('keeps no token readable in the database', async () => {
    await connect()
    const { accessToken, refreshToken } = await grantOf()
    const stored = JSON.stringify(await rows(core.database.db, sql`select * from connections`))
    expect(stored).not.toContain(accessToken)
    expect(stored).not.toContain(refreshToken)
  })

  const expiry = async () => (await readStatus(core, 'acme'))[0]?.tokenExpires

  it('shows and warns of the day on which Atlassian forgets what nobody used, which every use moves', async () => {
    const dayMs = 24 * hourMs
    const day = (days: number) => new Date(clock.now().getTime() + days * dayMs).toISOString().slice(0, 10)
    await connect()
    expect(await expiry()).toMatchObject({
      text: `ends on ${day(90)} unless it is used before (90 days without use)`,
      warning: undefined,
    })
    clock.advance(80 * dayMs)
    expect((await expiry())?.warning).toMatch(
      /^What Atlassian lets acme read ends on .*, in 10 days, because nothing was read/,
    )
    await syncAndWait(open)
    expect(await expiry()).toMatchObject({ text: expect.stringContaining(day(90)), warning: undefined })
    clock.advance(-80 * dayMs)
  })
})
