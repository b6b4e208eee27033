import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import { openConnectionSite } from '../../../src/core/connections/open-site.ts'
import { removeConnection } from '../../../src/core/connections/remove.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import { selectSpaces } from '../../../src/core/connections/sync-connection.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import type { Core } from '../../../src/core/core.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { search } from '../../../src/core/search/search.ts'
import { type Connection, findConnection, findConnectionById } from '../../../src/db/queries/connections.ts'
import { openRun } from '../../../src/db/queries/sync-runs.ts'
import { auditLog } from '../../../src/db/schema/connections.ts'
import { chunks, pages, spaces } from '../../../src/db/schema/content.ts'
import { syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { ConnectionRevokedError, InvalidInputError } from '../../../src/errors.ts'
import { connect, openTestCore, soon, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

describe.each(databaseKinds)("a connection's life on %s", (kind) => {
  let open: OpenCore
  let core: Core
  let site: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind)
    core = open.core
    site = await startConfluence({ flavour: 'cloud', site: smallSite() })
    await connect(core, site)
    await syncAndWait(open)
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })

  const connection = async (): Promise<Connection> => {
    const found = await findConnection(core.database.db, 'acme')
    if (found === undefined) throw new Error('acme is gone')
    return found
  }
  const status = async () => (await readStatus(core, 'ACME'))[0]
  const progress = async () => (await status())?.spaces.find(({ key }) => key === 'HR')?.progress
  const bosHits = async () => {
    const reach = await resolveReach(core.database.db, { kind: 'person', email: 'bo@example.com' })
    return (await search(core, { question: 'thirty days of leave', reach, limit: 5 })).pages.map(({ pageId }) => pageId)
  }

  describe('its status', () => {
    it('tells of the connection and of each space', async () => {
      expect(await status()).toMatchObject({
        name: 'acme',
        url: site.url,
        deployment: 'cloud',
        access: 'mirrored',
        state: 'active',
        test: { result: 'Works', remedy: undefined, testedAt: expect.stringMatching(/^\d{4}-/) },
        schedule: '0 0 * * * UTC',
        nextSyncAt: expect.stringMatching(/T00:00:00/),
      })
      expect(
        (await status())?.spaces.map(({ key, state, listed, stored, failed }) => [key, state, listed, stored, failed]),
      ).toEqual(
        [
          ['~ada', 'INGESTED', 1, 1, 0],
          ['ENG', 'INGESTED', 1, 1, 0],
          ['HR', 'INGESTED', 5, 4, 0],
          ['OLD', 'INGESTED', 1, 1, 0],
        ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      )
    })

    it('shows how far a run is', async () => {
      const space = (await core.database.db.select().from(spaces).where(eq(spaces.key, 'HR')))[0]
      const { run } = await openRun(core.database.db, { spaceId: space?.id ?? 0, kind: 'full', requestedBy: 'test' })
      expect(await progress()).toEqual({ done: 0, listed: 0, isQueued: true })
      await core.database.db
        .update(syncRuns)
        .set({ counts: { listed: 40, stored: 0, unchanged: 10, updated: 5, failed: 1, excluded: 0, deleted: 2 } })
        .where(eq(syncRuns.id, run.id))
      expect(await progress()).toEqual({ done: 16, listed: 40, isQueued: true })
      await core.database.db.delete(syncRuns).where(eq(syncRuns.id, run.id))
      expect(await progress()).toBeUndefined()
    })

    it('is empty for a name that is not there', async () => {
      expect(await readStatus(core, 'nobody')).toEqual([])
    })
  })

  describe('its test', () => {
    it('says Works', async () => {
      expect(await testStoredConnection(core, await connection(), soon())).toMatchObject({
        result: 'Works',
        user: { displayName: 'Footnote Sync' },
      })
    })

    it('keeps the cause and the remedy for the status when the credential is dead, and brings it back when it works', async () => {
      site.revokeCredential(site.credentials.accountId)
      await expect(syncAndWait(open)).rejects.toThrow(ConnectionRevokedError)
      expect(await status()).toMatchObject({ state: 'paused', nextSyncAt: undefined, test: { result: 'Auth Failed' } })
      await expect(syncAndWait(open)).rejects.toMatchObject({ code: 'connection_paused' })
      expect(await testStoredConnection(core, await connection(), soon())).toMatchObject({ result: 'Auth Failed' })
      expect(await status()).toMatchObject({
        state: 'paused',
        test: { result: 'Auth Failed', remedy: expect.stringContaining('Make a new API token') },
      })
      expect(await bosHits(), 'what was synced is still served').toEqual(['2'])

      site.revokeCredential(site.credentials.accountId, false)
      await testStoredConnection(core, await connection(), soon())
      expect(await status()).toMatchObject({ state: 'active', test: { result: 'Works', remedy: undefined } })
    })

    it('says when the key is not the one that the credential was stored under', async () => {
      const other: Core = { ...core, encryptionKey: () => Buffer.alloc(32, 99) }
      const stored = await connection()
      await expect(testStoredConnection(other, stored, soon())).rejects.toMatchObject({ code: 'encryption_key_wrong' })
      expect(() => openConnectionSite(other, stored)).toThrow(InvalidInputError)
    })
  })

  describe('its end', () => {
    it('keeps the content but serves none of it, forgets the credential, and gives the name free', async () => {
      expect(await bosHits()).toEqual(['2'])
      const { id } = await connection()
      const receipt = await removeConnection(core, await connection(), { purge: false, actor: 'ann' })
      expect(receipt).toMatchObject({ connection: 'acme', spaces: 4, pages: 7, isPurged: false })
      expect([await bosHits(), await readStatus(core, undefined)]).toEqual([[], []])
      const removed = await findConnectionById(core.database.db, id)
      expect(removed).toMatchObject({ state: 'removed', nextSyncAt: null })
      expect(removed?.credentialSealed).toHaveLength(0)
      expect((await core.database.db.select().from(pages)).length).toBe(8)

      await connect(core, site)
      expect((await connection()).id).not.toBe(id)
    })

    it('with purge deletes everything and says how much that was', async () => {
      await syncAndWait(open)
      const before = await connection()
      expect(await bosHits()).toEqual(['2'])
      expect(await removeConnection(core, before, { purge: true, actor: 'ann' })).toEqual({
        connection: 'acme',
        spaces: 4,
        keys: ['ENG', 'HR', 'OLD', '~ada'],
        pages: 7,
        attachments: expect.any(Number),
        comments: expect.any(Number),
        chunks: expect.any(Number),
        answers: 0,
        isPurged: true,
      })
      const { db } = core.database
      expect([await bosHits(), await findConnectionById(db, before.id)]).toEqual([[], undefined])
      const left = await db.select().from(spaces).where(eq(spaces.connectionId, before.id))
      expect(left).toEqual([])
      // What is left belongs to the connection that was removed without purging; three of its pages have text.
      expect([
        (await db.select().from(pages)).length,
        new Set((await db.select().from(chunks)).map(({ pageId }) => pageId)).size,
      ]).toEqual([8, 3])
      expect(
        (await db.select().from(auditLog)).filter(({ action }) => ['remove', 'purge'].includes(action)),
      ).toMatchObject([
        { actor: 'ann', action: 'remove', subject: 'acme', details: { spaces: 4, pages: 7 } },
        {
          actor: 'ann',
          action: 'purge',
          subject: 'acme',
          details: { spaces: 4, pages: 7, answers: 0, keys: 'ENG, HR, OLD, ~ada' },
        },
      ])
    })
  })
})

const space = (key: string) => ({
  spaceId: `id of ${key}`,
  key,
  name: key,
  type: 'global' as const,
  status: 'current' as const,
  homepageId: undefined,
})

describe('the spaces of a scope', () => {
  const listed = ['IT', 'HR', '~ann'].map(space)

  it.each([
    [{ kind: 'all' as const }, ['IT', 'HR', '~ann'], []],
    [{ kind: 'spaces' as const, keys: ['hr', 'HR'] }, ['HR'], []],
    [{ kind: 'spaces' as const, keys: ['GONE', 'it'] }, ['IT'], ['GONE']],
  ])('%o', (scope, selected, missingKeys) => {
    const found = selectSpaces(listed, scope)
    expect([found.selected.map(({ key }) => key), found.missingKeys]).toEqual([selected, missingKeys])
  })
})
