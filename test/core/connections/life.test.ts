// What becomes of a connection after its first day: changed, paused, lost, reconnected, its token at its end, removed.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { confirmConnection, draftConnection } from '../../../src/core/connections/draft.ts'
import { confirmEdit, editConnection } from '../../../src/core/connections/edit.ts'
import type { EditRequest } from '../../../src/core/connections/edit-changes.ts'
import { deleteVanished } from '../../../src/core/connections/delete-vanished.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { readPages } from '../../../src/core/connections/list-pages.ts'
import { startNotices, tellAdmins } from '../../../src/core/connections/notices.ts'
import { pauseByAdmin, resumeConnection } from '../../../src/core/connections/pause.ts'
import { readAudit } from '../../../src/core/connections/read-audit.ts'
import { reconnect } from '../../../src/core/connections/reconnect.ts'
import { findRemovable, removeConnection } from '../../../src/core/connections/remove.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import type { Core } from '../../../src/core/core.ts'
import { tick } from '../../../src/core/jobs/schedule.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { purgeConnection } from '../../../src/db/queries/connections.ts'
import { auditLog, connections } from '../../../src/db/schema/connections.ts'
import { pages } from '../../../src/db/schema/content.ts'
import { TransientError } from '../../../src/errors.ts'
import { connect, openTestCore, requestFor, soon, stoppedClock, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { smallSite, wideSite } from '../../sandbox/confluence/small-site.ts'

async function away(): Promise<boolean> {
  throw new TransientError('slack_unavailable', 'Slack is away.')
}

const dayMs = 24 * 3_600_000

describe.each(databaseKinds)('the life of a connection on %s', (kind) => {
  const clock = stoppedClock(new Date('2026-11-20T10:00:00Z'))
  let open: OpenCore
  let core: Core
  let site: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind, { now: clock.now })
    core = open.core
    site = await startConfluence({ flavour: 'cloud', site: smallSite() })
  })
  afterEach(async () => {
    const { db } = core.database
    for (const { id } of await db.select().from(connections)) await purgeConnection(db, id)
    await db.delete(auditLog)
    site.revokeCredential(site.credentials.accountId, false)
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })

  const stored = () => getConnection(core, 'acme')
  const edit = async (request: EditRequest, actor = 'ann') =>
    editConnection(core, await stored(), request, actor, soon())
  /** Edits and accepts. */
  const change = async (request: EditRequest) => {
    const draft = await edit(request)
    if (draft.kind !== 'consent') throw new Error('no consent was asked for')
    return { draft, confirmed: await confirmEdit(core, draft.editId, 'ann', soon()) }
  }
  const servedTitles = async (): Promise<string[]> =>
    (await readPages(core, ['stored'])).pages.map(({ title }) => title)

  describe('edit', () => {
    it('changes schedule, time zone, name and automatic sync at once, and keeps the credential', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      const edited = await edit({
        name: 'wiki',
        schedule: '0 6 * * 1',
        timezone: 'Europe/Berlin',
        tokenExpires: '2027-05-01',
      })
      expect(edited).toMatchObject({
        kind: 'applied',
        changed: ['name wiki', 'schedule 0 6 * * 1', 'time zone Europe/Berlin', 'token ends 2027-05-01'],
      })
      const wiki = await getConnection(core, 'wiki')
      // A Monday at six in Berlin is 5:00 in winter and 4:00 in summer.
      expect([wiki.nextSyncAt?.getUTCDay(), wiki.nextSyncAt?.toISOString()]).toEqual([
        1,
        expect.stringMatching(/T0[45]:00:00\.000Z$/),
      ])
      expect((await testStoredConnection(core, wiki, soon())).result).toBe('Works')
      await editConnection(core, wiki, { autoSync: false }, 'ann', soon())
      clock.advance(30 * dayMs)
      site.clearRequests()
      await tick(core, soon())
      expect(site.requests).toEqual([])
      expect((await readStatus(core, 'wiki'))[0]).toMatchObject({
        autoSync: false,
        nextSyncAt: undefined,
        schedule: '0 6 * * 1 Europe/Berlin',
        tokenExpires: { at: '2027-05-01T00:00:00.000Z', warning: undefined },
      })
      clock.advance(-30 * dayMs)
      expect((await readAudit(core)).map(({ actor, action, subject }) => `${actor} ${action} ${subject}`)).toEqual([
        'ann edit wiki',
        'ann edit acme',
        'test connect acme',
      ])
    })

    it.each<[string, EditRequest, object]>([
      ['a schedule that is none', { schedule: 'yearly' }, { code: 'schedule_invalid', field: 'schedule' }],
      ['a time zone that is none', { timezone: 'Mars' }, { code: 'timezone_invalid', field: 'timezone' }],
      ['a name that is none', { name: 'a b' }, { code: 'name_invalid', field: 'name' }],
      ['an unknown space', { coverage: { spaces: 'HRR' } }, { code: 'space_unknown', field: 'spaces' }],
      ['what is so already', { access: 'mirrored', schedule: '0 0 * * *' }, { code: 'nothing_changed' }],
      ['the space of another connection', { coverage: { spaces: 'HR,ENG' } }, { code: 'space_taken', field: 'spaces' }],
      ['the name of another connection', { name: 'Other' }, { code: 'name_taken', field: 'name' }],
    ])('refuses %s, and changes nothing', async (_what, request, expected) => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      await connect(core, site, { secret: site.credentialsOf().token, name: 'other', spaces: 'ENG' })
      const before = await stored()
      await expect(edit(request)).rejects.toMatchObject(expected)
      expect(await stored()).toEqual(before)
    })

    it('asks for consent again, with new numbers, before more is read or more people read it', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      await syncAndWait(open)
      const draft = await edit({ access: 'shared', coverage: { spaces: 'HR,ENG' } })
      if (draft.kind !== 'consent') throw new Error('no consent was asked for')
      expect(draft.disclaimer.join('\n')).toMatch(/^5 pages of 2 spaces \(HR, ENG\)[\s\S]*Shared access: everybody/)
      expect(await stored()).toMatchObject({ accessMode: 'mirrored', scope: { keys: ['HR'] }, consentedBy: 'test' })
      await expect(confirmEdit(core, draft.editId, 'bob', soon())).rejects.toMatchObject({ code: 'edit_gone' })
      clock.advance(60_000)
      const confirmed = await confirmEdit(core, draft.editId, 'ann', soon())
      expect(confirmed).toMatchObject({
        changed: ['covers HR, ENG', 'access shared'],
        dropped: { spaces: 0, pages: 0 },
      })
      expect(confirmed.queued?.runs).toHaveLength(2)
      expect(await stored()).toMatchObject({
        accessMode: 'shared',
        scope: { keys: ['HR', 'ENG'] },
        consentedBy: 'ann',
        consentedAt: clock.now(),
      })
      await expect(confirmEdit(core, draft.editId, 'ann', soon())).rejects.toMatchObject({ code: 'edit_gone' })
    })

    it('takes its new name from a draft that waits, and changes nothing that was removed meanwhile', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      await draftConnection(
        core,
        requestFor(site, { secret: site.credentialsOf().token, name: 'wiki', spaces: 'ENG' }),
        'bob',
        soon(),
      )
      expect(await edit({ name: 'Wiki' })).toMatchObject({ kind: 'applied', connection: { name: 'Wiki' } })
      const wiki = await getConnection(core, 'wiki')
      const draft = await editConnection(core, wiki, { access: 'shared' }, 'ann', soon())
      await removeConnection(core, wiki, { purge: false, actor: 'bob' })
      await expect(confirmEdit(core, draft.kind === 'consent' ? draft.editId : 0, 'ann', soon())).rejects.toMatchObject(
        { code: 'edit_gone' },
      )
    })

    it('is forgotten after an hour', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      const draft = await edit({ access: 'shared' })
      clock.advance(2 * 3_600_000)
      await expect(confirmEdit(core, draft.kind === 'consent' ? draft.editId : 0, 'ann', soon())).rejects.toMatchObject(
        {
          code: 'edit_gone',
        },
      )
      expect((await stored()).accessMode).toBe('mirrored')
    })

    it('deletes at once what is no longer covered, and reads the rest again', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR,ENG' })
      await syncAndWait(open)
      expect(await servedTitles()).toEqual(['Runbook', 'Bonus', 'Holidays & leave', 'Pay bands', 'People home'])
      const { confirmed } = await change({ coverage: { spaces: '', tree: '/spaces/HR/pages/3' } })
      expect(confirmed.dropped).toEqual({ spaces: 1, pages: 3 })
      expect(await servedTitles()).toEqual(['Bonus', 'Pay bands'])
      expect(Object.keys(await syncAndWait(open))).toEqual(['HR'])
      expect(await servedTitles()).toEqual(['Bonus', 'Pay bands'])
      await change({
        coverage: { spaces: '', cql: 'label = home' },
        exclusions: { labels: [], titles: ['Pay*'], urls: [], templates: false, archived: true },
      })
      await syncAndWait(open)
      expect(await servedTitles()).toEqual(['People home'])
      expect((await readStatus(core, 'acme'))[0]).toMatchObject({
        covers: 'what “label = home” finds in all spaces',
        leavesOut: ['title Pay*'],
      })
    })
  })

  describe('pause and resume', () => {
    it('reads nothing while paused by an admin, keeps serving, and a good test does not end it', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      await syncAndWait(open)
      await pauseByAdmin(core, await stored(), 'ann')
      await expect(pauseByAdmin(core, await stored(), 'ann')).rejects.toMatchObject({ code: 'already_paused' })
      await testStoredConnection(core, await stored(), soon())
      expect(await stored()).toMatchObject({ state: 'paused', pauseReason: 'asked' })
      await expect(startSync(core, 'HR', { isFull: false, requestedBy: 'ann' }, soon())).rejects.toMatchObject({
        message: 'acme is paused by an admin. Go on with resume acme.',
      })
      expect(await servedTitles()).toHaveLength(4)
      site.editPage('2', { storage: '<p>Thirty-one days</p>' })
      const { runs } = await resumeConnection(core, await stored(), 'ann', soon())
      expect(runs).toHaveLength(1)
      const { HR } = await syncAndWait(open, 'HR')
      expect(HR?.run.counts).toMatchObject({ updated: 1, unchanged: 3 })
      await expect(resumeConnection(core, await stored(), 'ann', soon())).rejects.toMatchObject({ code: 'not_paused' })
    })
  })

  describe('a credential that dies', () => {
    const told: string[] = []
    const tell = async (actor: string, sentence: string): Promise<boolean> => {
      told.push(`${actor}: ${sentence}`)
      return true
    }
    afterEach(() => void told.splice(0))

    it('pauses, keeps serving, tells its admin once, and after reconnect goes on where it stood', async () => {
      const { connection } = await draftConnection(
        core,
        requestFor(site, { secret: site.credentialsOf().token, spaces: 'HR' }),
        'slack:T1:U1',
        soon(),
      )
      await confirmConnection(core, connection.id, 'slack:T1:U1', soon())
      await syncAndWait(open)
      await tellAdmins(core, tell, soon())
      expect(told).toEqual([])
      site.rotateCredential(site.credentials.accountId)
      await expect(syncAndWait(open)).rejects.toMatchObject({ name: 'ConnectionRevokedError' })
      expect(await stored()).toMatchObject({ state: 'paused', pauseReason: 'credential' })
      expect(await servedTitles()).toHaveLength(4)
      await tellAdmins(core, away, soon())
      await Promise.all([tellAdmins(core, tell, soon()), tellAdmins(core, tell, soon())])
      await tellAdmins(core, tell, soon())
      expect(told).toEqual([
        expect.stringMatching(
          /^slack:T1:U1: Connection lost: acme no longer reads Confluence\. .*refused the credential.* Reconnect it with reconnect acme; until then/,
        ),
      ])
      await expect(resumeConnection(core, await stored(), 'ann', soon())).rejects.toMatchObject({
        message: expect.stringMatching(/^acme stays paused\. Auth Failed: .* with reconnect acme\.$/),
      })
      const typed = { credentialKind: 'token' as const, email: site.credentials.email, secret: 'wrong' }
      await expect(reconnect(core, await stored(), typed, { actor: 'ann' }, soon())).rejects.toMatchObject({
        code: 'test_failed',
        field: 'secret',
      })
      const fresh = { ...typed, secret: site.credentialsOf().token, tokenExpires: '2027-11-01' }
      const { queued, accountName } = await reconnect(core, await stored(), fresh, { actor: 'ann' }, soon())
      expect([accountName, queued?.runs.length]).toEqual(['Footnote Sync', 1])
      expect(await stored()).toMatchObject({ state: 'active', pauseReason: null, nextSyncAt: expect.any(Date) })
      const { HR } = await syncAndWait(open)
      expect(HR?.run.counts).toMatchObject({ listed: 5, unchanged: 4, updated: 0, excluded: 1 })
      await tellAdmins(core, tell, soon())
      expect(told).toHaveLength(1)
    })

    it('is warned of two weeks before and once more at the end, in status all the time', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR', tokenExpires: '2027-01-01' })
      const warning = async () => (await readStatus(core, 'acme'))[0]?.tokenExpires?.warning
      const lookAt = async (day: string): Promise<number> => {
        const ms = Date.parse(`${day}T12:00:00Z`) - clock.now().getTime()
        clock.advance(ms)
        await tellAdmins(core, tell, soon())
        return told.length
      }
      const start = clock.now().getTime()
      expect([await lookAt('2026-12-17'), await warning()]).toEqual([0, undefined])
      expect([await lookAt('2026-12-18'), await lookAt('2026-12-19'), await lookAt('2026-12-28')]).toEqual([1, 1, 1])
      expect(told[0]).toBe(
        'test: The token of acme ends on 2027-01-01, in 14 days. Make a new one and give it with reconnect acme.',
      )
      expect([await lookAt('2026-12-30'), await lookAt('2026-12-31')]).toEqual([2, 2])
      expect(told[1]).toContain('in 2 days')
      await lookAt('2027-01-02')
      expect(await warning()).toContain('The token of acme ended on 2027-01-01.')
      clock.advance(start - clock.now().getTime())
    })

    it('is told of by whichever replica runs the bots, as soon as it looks', async () => {
      await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
      site.revokeCredential(site.credentials.accountId)
      await expect(syncAndWait(open)).rejects.toThrow()
      const reached = Promise.withResolvers<void>()
      const notices = startNotices(
        core,
        async (...message) => (reached.resolve(), tell(...(message.slice(0, 2) as [string, string]))),
        soon(),
      )
      await reached.promise
      await notices.stop()
      expect(told).toHaveLength(1)
    })
  })

  describe('many pages that vanish at once', () => {
    it('are hidden, shown as held, and deleted only when an admin says so, with a receipt', async () => {
      await using stack = new AsyncDisposableStack()
      const wide = await startConfluence({ flavour: 'cloud', site: wideSite(40) })
      stack.defer(() => wide.close())
      await connect(core, wide, { spaces: 'W' })
      await syncAndWait(open)
      for (let i = 0; i < 30; i++) wide.trashPage(String(1000 + i))
      await syncAndWait(open)
      expect((await readStatus(core, 'acme'))[0]?.spaces[0]).toMatchObject({ key: 'W', stored: 11, held: 30 })
      expect((await readPages(core, ['held', 'W'])).total).toBe(30)
      const receipt = await deleteVanished(core, 'W', 'ann')
      expect(receipt).toEqual({ connection: 'acme', spaces: [{ key: 'W', deleted: 30 }], deleted: 30 })
      expect((await readStatus(core, 'acme'))[0]?.spaces[0]).toMatchObject({ stored: 11, held: 0 })
      await expect(deleteVanished(core, 'W', 'ann')).rejects.toMatchObject({ code: 'nothing_held' })
      expect((await readAudit(core))[0]).toMatchObject({
        actor: 'ann',
        action: 'delete vanished pages',
        details: { pages: 30, spaces: 'W' },
      })
    })
  })

  describe('pages', () => {
    it('are listed by state, space, connection and title', async () => {
      await connect(core, site, {
        secret: site.credentialsOf().token,
        exclusions: { labels: ['ops'], titles: [], urls: [], templates: false, archived: true },
      })
      await syncAndWait(open)
      const found = async (...words: string[]) => (await readPages(core, words)).pages.map(({ title }) => title)
      expect(await found('excluded')).toEqual(['Runbook', 'Old rules'])
      expect((await readPages(core, ['excluded'])).pages[0]).toMatchObject({ reason: 'label ops', spaceKey: 'ENG' })
      expect(await found('hr', 'STORED')).toEqual(['Bonus', 'Holidays & leave', 'Pay bands', 'People home'])
      expect(await found('acme', 'pay', 'b')).toEqual(['Pay bands'])
      expect(await readPages(core, ['nothing', 'like', 'this'])).toEqual({
        filter: 'nothing like this',
        pages: [],
        total: 0,
      })
    })
  })

  it('ends with what it held kept, and that can be purged later, with a receipt each', async () => {
    await connect(core, site, { secret: site.credentialsOf().token, spaces: 'HR' })
    await syncAndWait(open)
    expect(await removeConnection(core, await stored(), { purge: false, actor: 'ann' })).toEqual({
      connection: 'acme',
      spaces: 1,
      pages: 4,
      keys: ['HR'],
      isPurged: false,
    })
    await expect(findRemovable(core, 'acme', { purge: false })).rejects.toMatchObject({ code: 'connection_unknown' })
    const removed = await findRemovable(core, 'acme', { purge: true })
    expect(await removeConnection(core, removed, { purge: true, actor: 'ann' })).toMatchObject({
      pages: 4,
      isPurged: true,
    })
    expect(await core.database.db.select().from(pages)).toEqual([])
  })
})
