import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { confirmConnection, draftConnection } from '../../../src/core/connections/draft.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import type { Core } from '../../../src/core/core.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { rows } from '../../../src/db/database.ts'
import {
  findConnection,
  findConnectionById,
  purgeConnection,
  updateConnection,
} from '../../../src/db/queries/connections.ts'
import { auditLog, connections } from '../../../src/db/schema/connections.ts'
import { spaces } from '../../../src/db/schema/content.ts'
import { syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { InvalidInputError } from '../../../src/errors.ts'
import { connect, openTestCore, requestFor, soon, stoppedClock } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

const hourMs = 3_600_000

/** What became of several confirmations, in alphabetical order. */
const codes = (settled: PromiseSettledResult<unknown>[]): string[] =>
  settled
    .map((each) => (each.status === 'fulfilled' ? 'connected' : (each.reason as InvalidInputError).code))
    .toSorted((a, b) => a.localeCompare(b))

/** An address on this machine where nothing listens. */
async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

describe.each(databaseKinds)('connecting on %s', (kind) => {
  const clock = stoppedClock()
  let open: OpenCore
  let core: Core
  let cloud: RunningConfluence
  let datacenter: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind, { now: clock.now })
    core = open.core
    cloud = await startConfluence({ flavour: 'cloud', site: smallSite() })
    datacenter = await startConfluence({ flavour: 'datacenter', site: smallSite() })
  })
  afterAll(async () => {
    await cloud.close()
    await datacenter.close()
    await open.close()
  })

  const draft = (changes: Partial<ConnectRequest> = {}, actor = 'ann', using = core) =>
    draftConnection(using, requestFor(cloud, changes), actor, soon())
  const count = async (table: typeof connections | typeof syncRuns | typeof spaces): Promise<number> =>
    (await core.database.db.select().from(table)).length
  const refused = async (changes: Partial<ConnectRequest>, using = core): Promise<unknown> => {
    const error: unknown = await draft(changes, 'ann', using).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(await count(connections), 'nothing is stored').toBe(0)
    return error
  }

  describe('refuses, and stores nothing', () => {
    it.each<[string, Partial<ConnectRequest>, { code: string; field: string; message: string | RegExp }]>([
      [
        'a name with a blank',
        { name: 'my wiki' },
        {
          code: 'name_invalid',
          field: 'name',
          message:
            'A connection name is 1 to 64 letters, digits, "-" or "_" and begins with a letter or digit, for example acme-wiki.',
        },
      ],
      [
        'a name that begins with a dash',
        { name: '-acme' },
        { code: 'name_invalid', field: 'name', message: /1 to 64/ },
      ],
      [
        'a name of 65 characters',
        { name: 'a'.repeat(65) },
        { code: 'name_invalid', field: 'name', message: /1 to 64/ },
      ],
      ['an umlaut in the name', { name: 'münchen' }, { code: 'name_invalid', field: 'name', message: /1 to 64/ }],
      ['no name', { name: '  ' }, { code: 'name_invalid', field: 'name', message: /1 to 64/ }],
      ['no address', { url: ' ' }, { code: 'address_missing', field: 'url', message: /^Give the address/ }],
      [
        'an address with another scheme',
        { url: 'ftp://wiki.acme.example' },
        { code: 'address_scheme', field: 'url', message: /https:/ },
      ],
      [
        'a host that does not exist',
        { url: 'https://wiki.acme.invalid' },
        { code: 'test_failed', field: 'url', message: /^Connection Error: .*wiki\.acme\.invalid/ },
      ],
      [
        'an empty secret',
        { secret: ' ' },
        {
          code: 'secret_missing',
          field: 'secret',
          message: /^Missing Credentials: the token or password is empty\. Enter the credential/,
        },
      ],
      [
        'no e-mail address',
        { email: '' },
        {
          code: 'email_missing',
          field: 'email',
          message: /^Missing Credentials: the e-mail address of the account that the token belongs to is empty\. Enter/,
        },
      ],
      [
        'a wrong token',
        { secret: 'wrong' },
        {
          code: 'test_failed',
          field: 'secret',
          message: /^Auth Failed: 127\.0\.0\.1:\d+ refused the credential.* Make a new API token/,
        },
      ],
      [
        "somebody else's e-mail address",
        { email: 'bo@example.com' },
        { code: 'test_failed', field: 'secret', message: /^Auth Failed/ },
      ],
      [
        'a credential of the other deployment',
        { credentialKind: 'pat' },
        {
          code: 'test_failed',
          field: 'auth',
          message:
            'Auth Failed: Confluence Cloud takes an e-mail address and an API token (classic or scoped), or OAuth. Choose the way to sign in that belongs to this site.',
        },
      ],
      [
        'a mistyped space key',
        { spaces: 'HR, ENGG' },
        {
          code: 'space_unknown',
          field: 'spaces',
          message: 'There is no space with the key ENGG that this account can see. Did you mean ENG?',
        },
      ],
      [
        'a list of keys that holds none',
        { spaces: ' , ' },
        {
          code: 'spaces_invalid',
          field: 'spaces',
          message: 'Write the keys of the spaces, separated by commas, such as IT,HR.',
        },
      ],
      [
        'a space key that is like no other',
        { spaces: 'WAREHOUSE' },
        { code: 'space_unknown', field: 'spaces', message: /It sees .*HR/ },
      ],
      [
        'a schedule that is none',
        { schedule: 'every day' },
        {
          code: 'schedule_invalid',
          field: 'schedule',
          message:
            '"every day" is no cron expression that is ever due. Write hourly, daily, weekly, by hand, or five fields, such as "0 0 * * *" for every day at midnight.',
        },
      ],
      [
        'a schedule out of range',
        { schedule: '61 * * * *' },
        { code: 'schedule_invalid', field: 'schedule', message: /no cron expression/ },
      ],
      [
        'a time zone that is none',
        { timezone: 'Mars/Phobos' },
        {
          code: 'timezone_invalid',
          field: 'timezone',
          message: '"Mars/Phobos" is no time zone. Write a name such as Europe/Berlin or UTC.',
        },
      ],
    ])('%s', async (_, changes, { message, ...expected }) => {
      const error = await refused(changes)
      expect(error).toMatchObject(expected)
      if (typeof message === 'string') expect(error).toHaveProperty('message', message)
      else expect(error).toHaveProperty('message', expect.stringMatching(message))
    })

    it('an address where nothing listens', async () => {
      expect(await refused({ url: await closedAddress() })).toMatchObject({
        code: 'test_failed',
        field: 'url',
        message: expect.stringMatching(/^Connection Error: 127\.0\.0\.1:\d+ cannot be reached/),
      })
    })

    it('an address where no Confluence is', async () => {
      const elsewhere = { ...requestFor(datacenter), url: datacenter.url.replace('/confluence', '/shop') }
      expect(await refused(elsewhere)).toMatchObject({
        code: 'test_failed',
        field: 'url',
        message: expect.stringMatching(
          /^HTTP 404: There is no Confluence at .*\/shop: check the address\. Check the base/,
        ),
      })
    })

    it('this machine, unless that is allowed', async () => {
      const strict: Core = { ...core, config: { ...core.config, FOOTNOTE_ALLOW_LOOPBACK: false } }
      expect(await refused({}, strict)).toMatchObject({ code: 'address_forbidden', field: 'url' })
    })

    it('everything while there is no key to seal a credential with', async () => {
      const asked = cloud.countRequests()
      const keyless = await openTestCore(kind, {
        config: { FOOTNOTE_ENCRYPTION_KEY: undefined, DATABASE_URL: 'postgres://db' },
      })
      const error: unknown = await draft({}, 'ann', keyless.core).catch((reason: unknown) => reason)
      await keyless.close()
      expect(error).toMatchObject({ code: 'encryption_key_missing', field: 'FOOTNOTE_ENCRYPTION_KEY' })
      expect(cloud.countRequests()).toBe(asked)
    })

    it('an account that sees no space', async () => {
      const lonely = await startConfluence({ flavour: 'cloud', site: smallSite() })
      for (const key of ['HR', 'ENG', 'OLD', '~ada']) lonely.setSpaceReaders(key, { users: ['ada'] })
      lonely.addUser({ accountId: 'zoe', email: 'zoe@example.com', token: 'token-of-zoe' })
      expect(await refused({ url: lonely.url, email: 'zoe@example.com', secret: 'token-of-zoe' })).toMatchObject({
        code: 'spaces_none',
        field: 'spaces',
      })
      await lonely.close()
    })
  })

  it('ends at once when it is aborted', async () => {
    cloud.setLatency(60_000)
    const aborting = new AbortController()
    const asked = draftConnection(core, requestFor(cloud), 'ann', aborting.signal)
    aborting.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    cloud.setLatency(0)
    expect(await count(connections)).toBe(0)
  })

  it('keeps a draft that nobody sees, says what it would copy, and queues nothing', async () => {
    const { connection, accountName, disclaimer } = await draft({ spaces: 'hr eng' })
    expect(accountName).toBe('Footnote Sync')
    expect(connection).toMatchObject({
      name: 'acme',
      state: 'draft',
      deployment: 'cloud',
      baseUrl: cloud.url,
      scope: { kind: 'spaces', keys: ['HR', 'ENG'] },
      accessMode: 'mirrored',
      consentedBy: null,
    })
    expect(disclaimer[0]).toContain('5 pages of 2 spaces (HR, ENG) that Footnote Sync can read on 127.0.0.1')
    expect(disclaimer.join(' ')).toContain('only what their own Confluence account may read')
    expect([await readStatus(core, undefined), await count(syncRuns), await count(spaces)]).toEqual([[], 0, 0])
    await purgeConnection(core.database.db, connection.id)
  })

  it('says plainly what shared access and personal spaces mean', async () => {
    const { connection, disclaimer } = await draft({ access: 'shared' })
    expect(disclaimer.join(' ')).toContain('everybody who may ask Footnote will be able to read all of it')
    expect(disclaimer.join(' ')).toContain('1 of the spaces is personal')
    await purgeConnection(core.database.db, connection.id)
  })

  it("takes the address of a page for its space, and finds out that it is the company's own server", async () => {
    const request = requestFor(datacenter, { url: `${datacenter.url}/display/HR/Pay+bands` })
    const { connection } = await draftConnection(core, request, 'ann', soon())
    expect(connection).toMatchObject({
      deployment: 'datacenter',
      baseUrl: datacenter.url,
      credentialKind: 'pat',
      scope: { kind: 'spaces', keys: ['HR'] },
    })
    await purgeConnection(core.database.db, connection.id)
  })

  it('takes all spaces when that is said, although the address names one', async () => {
    const url = `${cloud.url}/spaces/HR/overview`
    const scopes = [{ url, allSpaces: true }, { url }, { url, spaces: 'ENG' }]
    for (const [i, expected] of [{ kind: 'all' }, { keys: ['HR'] }, { keys: ['ENG'] }].entries()) {
      const { connection } = await draft(scopes[i])
      expect(connection.scope).toMatchObject(expected)
      await purgeConnection(core.database.db, connection.id)
    }
  })

  describe('a draft', () => {
    it('is confirmed by nobody but who began it', async () => {
      const { connection } = await draft()
      const gone = {
        code: 'draft_gone',
        message:
          'This connection was not confirmed within an hour, or somebody else began it. Start again with connect.',
      }
      await expect(confirmConnection(core, connection.id, 'bob', soon())).rejects.toMatchObject(gone)
      await expect(confirmConnection(core, connection.id + 1, 'ann', soon())).rejects.toMatchObject(gone)
      expect(await findConnection(core.database.db, 'acme')).toBeUndefined()
      expect(await count(syncRuns)).toBe(0)
      await purgeConnection(core.database.db, connection.id)
    })

    it('lives for an hour', async () => {
      const { connection } = await draft()
      clock.advance(2 * hourMs)
      await expect(confirmConnection(core, connection.id, 'ann', soon())).rejects.toMatchObject({ code: 'draft_gone' })
      expect(await count(syncRuns)).toBe(0)
      clock.advance(-2 * hourMs)
    })

    it('gives its name free to the next, and is forgotten when it is old', async () => {
      const names = async () => (await core.database.db.select().from(connections)).map(({ name }) => name)
      await draft()
      await draft({ name: 'ACME' })
      expect(await names()).toEqual(['ACME'])
      clock.advance(2 * hourMs)
      await draft({ name: 'other' })
      expect(await names()).toEqual(['other'])
      clock.advance(-2 * hourMs)
      await core.database.db.delete(connections)
    })
  })

  const confirm = (id: number) => confirmConnection(core, id, 'ann', soon())
  const connects = async () => (await core.database.db.select().from(auditLog)).map(({ subject }) => subject)

  describe('drafts that are confirmed at once', () => {
    afterEach(async () => {
      await core.database.db.delete(connections)
      await core.database.db.delete(auditLog)
    })
    it('become one connection when they are the same', async () => {
      const { connection } = await draft({ spaces: 'HR' })
      const settled = await Promise.allSettled([confirm(connection.id), confirm(connection.id)])
      expect(codes(settled)).toEqual(['connected', 'draft_gone'])
      expect(await connects()).toEqual(['acme'])
    })

    it.each([
      ['HR', 'hr,ENG'],
      ['', 'HR'],
      ['', ''],
    ])('do not both get the same spaces: %j and %j', async (first, second) => {
      const drafts = [await draft({ spaces: first }), await draft({ name: 'second', spaces: second })]
      const settled = await Promise.allSettled(drafts.map(({ connection }) => confirm(connection.id)))
      expect(codes(settled)).toEqual(['connected', 'space_taken'])
      expect((await connects()).length).toBe(1)
    })

    it('do not get spaces that were connected after their test', async () => {
      const late = await draft({ spaces: 'HR' })
      const all = await draft({ name: 'all' })
      await connect(core, cloud, { name: 'early', spaces: 'ENG,HR' })
      await expect(confirm(late.connection.id)).rejects.toMatchObject({
        code: 'space_taken',
        message: 'Space HR is already connected through early; use sync HR to refresh it.',
      })
      await expect(confirm(all.connection.id)).rejects.toMatchObject({
        code: 'space_taken',
        message: 'early was connected to the same site meanwhile. Start again with connect.',
      })
    })

    it('are both connected when their spaces differ', async () => {
      const drafts = [await draft({ spaces: 'HR' }), await draft({ name: 'second', spaces: 'ENG' })]
      const settled = await Promise.allSettled(drafts.map(({ connection }) => confirm(connection.id)))
      expect(codes(settled)).toEqual(['connected', 'connected'])
    })
  })

  describe('a confirmed connection', () => {
    it('is active, knows its next run, and its first runs are queued', async () => {
      const id = await connect(core, cloud, { spaces: 'HR,OLD' })
      expect(await findConnection(core.database.db, 'Acme')).toMatchObject({
        id,
        state: 'active',
        consentedBy: 'test',
        consentedAt: clock.now(),
        nextSyncAt: expect.any(Date),
        testResult: 'Works',
      })
      const queued = await core.database.db.select().from(syncRuns)
      expect(queued.map(({ state, kind: runKind, requestedBy }) => [state, runKind, requestedBy])).toEqual([
        ['queued', 'full', 'test'],
        ['queued', 'full', 'test'],
      ])
      expect((await readStatus(core, 'acme'))[0]?.spaces.map(({ key, state }) => [key, state])).toEqual([
        ['HR', 'PENDING'],
        ['OLD', 'PENDING'],
      ])
    })

    it('cannot be confirmed twice', async () => {
      const connection = await findConnection(core.database.db, 'acme')
      await expect(confirmConnection(core, connection?.id ?? 0, 'test', soon())).rejects.toMatchObject({
        code: 'draft_gone',
      })
    })

    it('keeps its name, whatever the case', async () => {
      await expect(draft({ name: 'Acme', spaces: 'ENG' })).rejects.toMatchObject({
        code: 'name_taken',
        field: 'name',
        message: 'Acme is already connected; use sync Acme to refresh it, or choose another name.',
      })
    })

    it.each([
      ['by its key', 'ENG, hr'],
      ['among all', ''],
    ])('keeps its spaces: another one cannot have them %s', async (_, keys) => {
      await expect(draft({ name: 'second', spaces: keys })).rejects.toMatchObject({
        code: 'space_taken',
        field: 'spaces',
        message: 'Space HR is already connected through acme; use sync HR to refresh it.',
      })
    })

    it('keeps them under every other name of its site', async () => {
      const taken = {
        code: 'space_taken',
        message: expect.stringContaining('Space HR is already connected through acme'),
      }
      const elsewhere = await startConfluence({ flavour: 'cloud', site: smallSite(), cloudId: cloud.cloudId })
      await expect(
        draftConnection(core, requestFor(elsewhere, { name: 'second', spaces: 'HR' }), 'ann', soon()),
      ).rejects.toMatchObject(taken)
      await elsewhere.close()
      const localhost = cloud.url.replace('127.0.0.1', 'localhost')
      await expect(draft({ name: 'second', spaces: 'HR', url: localhost })).rejects.toMatchObject(taken)
    })

    it('keeps them under every other name of the server of its own', async () => {
      const id = await connect(core, datacenter, { name: 'own', spaces: 'HR' })
      expect((await findConnection(core.database.db, 'own'))?.siteKey).toBe(datacenter.url.replace(/^http:\/\//, ''))
      const url = datacenter.url.replace('127.0.0.1', 'localhost')
      await expect(
        draftConnection(core, requestFor(datacenter, { name: 'second', spaces: 'HR', url }), 'ann', soon()),
      ).rejects.toMatchObject({ code: 'space_taken' })
      const late = await draftConnection(
        core,
        requestFor(datacenter, { name: 'late', spaces: 'ENG', url }),
        'ann',
        soon(),
      )
      await connect(core, datacenter, { name: 'early', spaces: 'ENG' })
      await expect(confirm(late.connection.id)).rejects.toMatchObject({ code: 'space_taken' })
      for (const name of ['own', 'early', 'late']) {
        const found = await findConnection(core.database.db, name)
        if (found !== undefined) await purgeConnection(core.database.db, found.id)
      }
      await purgeConnection(core.database.db, late.connection.id)
      expect(await findConnectionById(core.database.db, id)).toBeUndefined()
    })

    it('learns what its site calls itself by a test, if it was made before that was asked', async () => {
      const { db } = core.database
      const before = await findConnection(db, 'acme')
      await updateConnection(db, before?.id ?? 0, { siteKey: null })
      await testStoredConnection(core, await getConnection(core, 'acme'), soon())
      expect((await findConnection(db, 'acme'))?.siteKey).toBe(cloud.cloudId)
    })

    it('leaves other spaces of its site, and spaces of the same key elsewhere, to others', async () => {
      await connect(core, cloud, { name: 'second', spaces: 'ENG' })
      await connect(core, datacenter, { name: 'third', spaces: 'HR' })
      expect((await readStatus(core, undefined)).map(({ name }) => name)).toEqual(['acme', 'second', 'third'])
    })

    it('never shows its credential: not in the tables, not in the status, not in the audit log', async () => {
      const { db } = core.database
      const stored = await db.select().from(connections)
      const plain = JSON.stringify([
        stored.map((each) => ({ ...each, credentialSealed: Buffer.from(each.credentialSealed).toString('latin1') })),
        await db.select().from(auditLog),
        await readStatus(core, undefined),
        await rows(db, sql`select data from pgboss.job`),
      ])
      expect(stored.every(({ credentialSealed }) => credentialSealed.length > 40)).toBe(true)
      expect(plain).not.toContain(cloud.credentials.token)
      expect(plain).not.toContain(cloud.credentials.email)
      expect(await db.select().from(auditLog)).toContainEqual(
        expect.objectContaining({
          actor: 'test',
          action: 'connect',
          subject: 'acme',
          details: expect.objectContaining({ url: cloud.url, access: 'mirrored' }),
        }),
      )
    })
  })

  it('wrote nothing to Confluence', () => {
    expect([...cloud.writes, ...datacenter.writes]).toEqual([])
  })
})
