// What becomes of a connection after its first day: changed, paused, lost, reconnected, its token at its end, removed.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { confirmConnection, draftConnection } from '../../../src/core/connections/draft.ts'
import { confirmEdit, editConnection } from '../../../src/core/connections/edit.ts'
import type { EditRequest } from '../../../src/core/connections/edit-changes.ts'
import { deleteVanished } from '../../../src/core/connections/delete-vanished.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { readPages } from '../../../src/core/connections/list-pages.ts'
import type { Messenger } from '../../../src/core/connections/notice-people.ts'
import { type PendingNotices, startNotices, tellAdmins } from '../../../src/core/connections/notices.ts'
import { pauseByAdmin, resumeConnection } from '../../../src/core/connections/pause.ts'
import { readAudit } from '../../../src/core/connections/read-audit.ts'
import { reconnect } from '../../../src/core/connections/reconnect.ts'
import { findRemovable, previewPurge, removeConnection } from '../../../src/core/connections/remove.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import { syncConnection } from '../../../src/core/connections/sync-connection.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import type { Core } from '../../../src/core/core.ts'
import { workRun } from '../../../src/core/jobs/worker.ts'
import { tick } from '../../../src/core/jobs/schedule.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { purgeConnection, updateConnection } from '../../../src/db/queries/connections.ts'
import { updateSpace } from '../../../src/db/queries/spaces.ts'
import { claimRun, listWaitingRuns } from '../../../src/db/queries/sync-runs.ts'
import { auditLog, connections } from '../../../src/db/schema/connections.ts'
import { pages } from '../../../src/db/schema/content.ts'
import { answerCitations, questions } from '../../../src/db/schema/questions.ts'
import { TransientError } from '../../../src/errors.ts'
import { connect, openTestCore, requestFor, soon, stoppedClock, syncAndWait } from '../../support/core.ts'
import { defaultExclusions } from '../../../src/db/schema/connections.ts'
import { databaseKinds } from '../../support/database.ts'
import { smallSite, values, wideSite } from '../../sandbox/confluence/small-site.ts'

/** A chat in which these people, and no others, are found and reached; `who` is `id` or `id address`. */
function chatOf(who: string[], told: string[]): Messenger {
  const people = who.map((person) => person.split(' '))
  return {
    async find(name) {
      const found = people.find(([userId, email]) => [`slack:T1:${userId}`, userId, email].includes(name))
      if (found === undefined) return undefined
      const [userId = '', email] = found
      return { platform: 'slack', tenantId: 'T1', userId, email, kind: 'member', isWorkspaceAdmin: false }
    },
    async tell(actor, sentence) {
      told.push(`${actor}: ${sentence}`)
      return true
    },
  }
}

const away: Messenger = {
  find: () => Promise.reject(new TransientError('slack_unavailable', 'Slack is away.')),
  tell: () => Promise.reject(new TransientError('slack_unavailable', 'Slack is away.')),
}

const dayMs = 24 * 3_600_000

const cited = (base: string, spaceKey: string, pageId: string) => ({
  n: 1,
  pageId,
  spaceKey,
  url: `${base}/spaces/${spaceKey}/pages/${pageId}/Holidays`,
  quote: 'Thirty days',
})

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
  const connectAs = async (actor: string, changes: Partial<ConnectRequest> = {}): Promise<void> => {
    const request = requestFor(site, { secret: site.credentialsOf().token, ...changes })
    const { connection } = await draftConnection(core, request, actor, soon())
    await confirmConnection(core, connection.id, actor, soon())
  }
  const waiting = async () => (await listWaitingRuns(core.database.db, core.now())).length
  const edit = async (request: EditRequest, actor = 'ann') =>
    editConnection(core, await stored(), request, actor, soon())
  /** Edits and accepts. */
  const change = async (request: EditRequest) => {
    const draft = await edit(request)
    if (draft.kind !== 'consent') throw new Error('no consent was asked for')
    return { draft, confirmed: await confirmEdit(core, draft.editId, 'ann', soon()) }
  }
  const warning = async () => (await readStatus(core, 'acme'))[0]?.tokenExpires?.warning
  const lose = async (): Promise<void> => {
    site.revokeCredential(site.credentials.accountId)
    await expect(syncAndWait(open)).rejects.toMatchObject({ name: 'ConnectionRevokedError' })
  }
  const revoke = (isRevoked: boolean) => site.revokeCredential(site.credentials.accountId, isRevoked)
  /** Takes spaces from the account; `reopen` gives them back. */
  const close = (...closed: string[]) => {
    site.site.syncAccount.seesAll = false
    for (const key of closed) site.setSpaceReaders(key, { users: ['bo'] })
  }
  const reopen = () => {
    site.site.syncAccount.seesAll = true
    for (const { key, read } of values.spaces ?? []) site.setSpaceReaders(key, read ?? {})
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
    const chat = chatOf(['U1'], told)
    afterEach(() => void told.splice(0))

    it('pauses, keeps serving, tells its admin once, and after reconnect goes on where it stood', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await syncAndWait(open)
      await tellAdmins(core, [chat], soon())
      expect(told).toEqual([])
      site.rotateCredential(site.credentials.accountId)
      await expect(syncAndWait(open)).rejects.toMatchObject({ name: 'ConnectionRevokedError' })
      expect(await stored()).toMatchObject({ state: 'paused', pauseReason: 'credential' })
      expect(await servedTitles()).toHaveLength(4)
      await tellAdmins(core, [away], soon())
      await Promise.all([tellAdmins(core, [chat], soon()), tellAdmins(core, [chat], soon())])
      await tellAdmins(core, [chat], soon())
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
      await tellAdmins(core, [chat], soon())
      expect(told).toHaveLength(1)
    })

    it('is warned of two weeks before and once more at the end, in status all the time', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR', tokenExpires: '2027-01-01' })
      const lookAt = async (day: string): Promise<number> => {
        const ms = Date.parse(`${day}T12:00:00Z`) - clock.now().getTime()
        clock.advance(ms)
        await tellAdmins(core, [chat], soon())
        return told.length
      }
      const start = clock.now().getTime()
      expect([await lookAt('2026-12-17'), await warning()]).toEqual([0, undefined])
      expect([await lookAt('2026-12-18'), await lookAt('2026-12-19'), await lookAt('2026-12-28')]).toEqual([1, 1, 1])
      expect(told[0]).toBe(
        'slack:T1:U1: The token of acme ends on 2027-01-01, in 14 days. Make a new one and give it with reconnect acme.',
      )
      expect([await lookAt('2026-12-30'), await lookAt('2026-12-31')]).toEqual([2, 2])
      expect(told[1]).toContain('in 2 days')
      await lookAt('2027-01-02')
      expect(await warning()).toContain('The token of acme ended on 2027-01-01.')
      clock.advance(start - clock.now().getTime())
    })

    it('is told of by whichever replica runs the bots, as soon as it looks', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      site.revokeCredential(site.credentials.accountId)
      await expect(syncAndWait(open)).rejects.toThrow()
      const reached = Promise.withResolvers<void>()
      const messenger: Messenger = {
        ...chat,
        tell: async (...message) => {
          reached.resolve()
          return chat.tell(...message)
        },
      }
      const notices = startNotices(core, [messenger], soon())
      await reached.promise
      await notices.stop()
      expect(told).toHaveLength(1)
    })
  })

  describe('its admins', () => {
    const told: string[] = []
    afterEach(() => void told.splice(0))
    const actorsOf = () => told.map((line) => line.split(': ')[0])

    it('are those of FOOTNOTE_ADMINS when it was connected in the terminal, by id or address, each told once', async () => {
      const admins: Core = {
        ...core,
        config: { ...core.config, FOOTNOTE_ADMINS: ['boss@example.com', 'U777', 'U1', 'nobody@example.com'] },
      }
      await connectAs('terminal', { spaces: 'HR' })
      await lose()
      const chat = chatOf(['U1 boss@example.com', 'U777'], told)
      await tellAdmins(admins, [chat], soon())
      await tellAdmins(admins, [chat], soon())
      expect(actorsOf()).toEqual(['slack:T1:U1', 'slack:T1:U777'])
    })

    it('are not believed to be told when nobody was reached: they are looked for again', async () => {
      await connectAs('slack:T1:ULEFT', { spaces: 'HR' })
      await lose()
      const pending: PendingNotices = new Map()
      await tellAdmins(core, [chatOf([], told)], soon(), pending)
      expect((await stored()).lossToldAt).toBeNull()
      const chat = chatOf(['ULEFT'], told)
      await tellAdmins(core, [chat], soon(), pending)
      expect(told, 'not every minute').toEqual([])
      clock.advance(11 * 60_000)
      await tellAdmins(core, [chat], soon(), pending)
      await tellAdmins(core, [chat], soon(), pending)
      expect(actorsOf()).toEqual(['slack:T1:ULEFT'])
      expect((await stored()).lossToldAt).not.toBeNull()
    })

    it('are told once each although one of their chats was away at first', async () => {
      const admins: Core = { ...core, config: { ...core.config, FOOTNOTE_ADMINS: ['U2'] } }
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await lose()
      const pending: PendingNotices = new Map()
      await tellAdmins(admins, [chatOf(['U1'], told), away], soon(), pending)
      await tellAdmins(admins, [chatOf(['U1', 'U2'], told)], soon(), pending)
      await tellAdmins(admins, [chatOf(['U1', 'U2'], told)], soon(), pending)
      expect(actorsOf()).toEqual(['slack:T1:U1', 'slack:T1:U2'])
    })

    it('are, where no name leads to anybody, those who did something in a chat before and are admins still', async () => {
      const admins: Core = { ...core, config: { ...core.config, FOOTNOTE_ADMINS: ['ann@example.com'] } }
      await connectAs('terminal', { spaces: 'HR' })
      await pauseByAdmin(core, await stored(), 'slack:T1:U5')
      await resumeConnection(core, await stored(), 'slack:T1:U6', soon())
      await lose()
      const chat = chatOf(['U5 ann@example.com', 'U6 bo@example.com'], told)
      const byActorOnly: Messenger = {
        ...chat,
        find: async (name, signal) => (name.startsWith('slack:') ? chat.find(name, signal) : undefined),
      }
      await tellAdmins(admins, [byActorOnly], soon())
      expect(actorsOf()).toEqual(['slack:T1:U5'])
    })
  })

  describe('a credential that dies and works again', () => {
    it('is written to the audit log, and a test that finds it out pauses and lets its admins be told', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await syncAndWait(open)
      revoke(true)
      const test = await testStoredConnection(core, await stored(), soon())
      expect(test).toMatchObject({ result: 'Auth Failed', isPaused: true })
      const [status] = await readStatus(core, 'acme')
      expect(status).toMatchObject({ state: 'paused', pausedBy: 'credential', nextSyncAt: undefined })
      expect(status?.test?.remedy).toBe(`${test.cause} ${test.remedy}`)
      const told: string[] = []
      await tellAdmins(core, [chatOf(['U1'], told)], soon())
      expect(told).toHaveLength(1)
      expect((await readAudit(core))[0]).toMatchObject({
        actor: 'footnote',
        action: 'connection lost',
        subject: 'acme',
        details: { reason: expect.stringContaining('Make a new API token') },
      })
    })

    it('goes on at a test where it was interrupted, by the schedule that was changed meanwhile', async () => {
      await connectAs('slack:T1:U1')
      revoke(true)
      const [first] = await listWaitingRuns(core.database.db, core.now())
      if (first === undefined) throw new Error('no run waits')
      for (const run of await listWaitingRuns(core.database.db, core.now())) await workRun(core, run.id, soon())
      expect(await waiting()).toBe(0)
      await edit({ schedule: '0 * * * *' })
      revoke(false)
      const test = await testStoredConnection(core, await stored(), soon(), 'slack:T1:U2')
      expect(test).toMatchObject({ result: 'Works', goesOn: { runs: { length: 4 } } })
      expect(await waiting()).toBe(4)
      const again = await stored()
      expect([again.state, again.nextSyncAt?.toISOString()]).toEqual(['active', expect.stringMatching(/:00:00\.000Z$/)])
      expect((await readAudit(core))[0]).toMatchObject({ actor: 'slack:T1:U2', action: 'connection works again' })
      expect(await testStoredConnection(core, await stored(), soon())).not.toHaveProperty('goesOn')
    })

    it('that was replaced meanwhile does not pause the new one', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      const before = await stored()
      site.rotateCredential(site.credentials.accountId)
      const typed = { credentialKind: 'token' as const, email: '', secret: site.credentialsOf().token }
      await reconnect(core, before, typed, { actor: 'ann' }, soon())
      await expect(syncConnection(core, before, { kind: 'incremental', requestedBy: 'x' }, soon())).rejects.toThrow()
      expect((await stored()).state).toBe('active')
    })

    it('is not what a site that is down means: resume says what to do about that', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await pauseByAdmin(core, await stored(), 'ann')
      site.fail({ kind: 'status', status: 503, times: 50 })
      await expect(resumeConnection(core, await stored(), 'ann', soon())).rejects.toMatchObject({
        message: expect.stringMatching(
          /^acme stays paused\. HTTP 5xx: .* is up again, then test again\. Then go on with resume acme\.$/,
        ),
      })
      site.clearFaults()
    })
  })

  describe('an account that loses its spaces', () => {
    const keys = ['HR', 'ENG', 'OLD', '~ada']
    afterEach(reopen)

    it('all of them: hidden and not deleted, an error and never an empty success, and back when the rights are', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await syncAndWait(open)
      expect(await servedTitles()).toHaveLength(4)
      close(...keys)
      const refused = {
        code: 'spaces_none',
        message: expect.stringMatching(/^The account of acme sees no space any more, .* Give it the right to view/),
      }
      await expect(syncAndWait(open)).rejects.toMatchObject(refused)
      expect(await servedTitles()).toEqual([])
      const [status] = await readStatus(core, 'acme')
      expect(status).toMatchObject({ state: 'active', test: { result: 'Failed', remedy: refused.message } })
      expect(status?.spaces).toMatchObject([{ key: 'HR', state: 'ERROR', stored: 0, held: 4 }])
      reopen()
      site.clearRequests()
      await syncAndWait(open)
      expect(await servedTitles()).toHaveLength(4)
      expect((await readStatus(core, 'acme'))[0]).toMatchObject({
        test: { result: 'Works', remedy: undefined },
        spaces: [{ state: 'INGESTED', held: 0, error: undefined }],
      })
      expect(
        site.requests.filter(({ url }) => url.includes('body-format')),
        'nothing is fetched again',
      ).toEqual([])
    })

    it('all that it covers, by the schedule: an error too, which is tried again', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await syncAndWait(open)
      close('HR')
      const due = new Date(clock.now().getTime() - 1)
      await updateConnection(core.database.db, (await stored()).id, { nextSyncAt: due })
      await tick(core, soon())
      expect((await readStatus(core, 'acme'))[0]).toMatchObject({
        test: { result: 'Failed', remedy: expect.stringContaining('no longer sees space HR') },
        spaces: [{ key: 'HR', state: 'ERROR', stored: 0 }],
      })
      expect(await waiting()).toBe(0)
      reopen()
      clock.advance(6 * 60_000)
      await tick(core, soon())
      expect(await waiting()).toBe(1)
    })

    it('all but archived ones, which it leaves out: an error that says so, before it is connected too', async () => {
      close('HR', 'ENG', '~ada')
      const exclusions = { ...defaultExclusions, archivedSpaces: true }
      await expect(connectAs('slack:T1:U1', { exclusions })).rejects.toMatchObject({
        code: 'spaces_none',
        message: expect.stringMatching(
          /^Every space that this account sees is archived, .* or have archived ones read/,
        ),
      })
      reopen()
      await connectAs('slack:T1:U1', { exclusions })
      await syncAndWait(open)
      close('HR', 'ENG', '~ada')
      await expect(startSync(core, undefined, { isFull: false, requestedBy: 'ann' }, soon())).rejects.toMatchObject({
        code: 'spaces_none',
        message: expect.stringMatching(
          /^Every space that the account of acme sees is archived, .* with edit acme\. .*no longer sees space HR/,
        ),
      })
      expect((await readStatus(core, 'acme'))[0]?.test).toMatchObject({ result: 'Failed' })
      expect(await servedTitles()).toEqual([])
    })

    it('believes an empty list only when the site says it twice', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      await syncAndWait(open)
      site.fail({ kind: 'status', status: 200, body: { results: [], _links: {} }, path: '/api/v2/spaces', times: 1 })
      await syncAndWait(open)
      expect(await servedTitles()).toHaveLength(4)
    })

    it('takes no new credential that sees nothing of what is covered', async () => {
      await connectAs('slack:T1:U1', { spaces: 'HR' })
      const before = await stored()
      close(...keys)
      const typed = { credentialKind: 'token' as const, email: '', secret: site.credentialsOf().token }
      await expect(reconnect(core, before, typed, { actor: 'ann' }, soon())).rejects.toMatchObject({
        code: 'spaces_none',
        field: 'secret',
      })
      expect(await stored()).toEqual(before)
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
    expect(await removeConnection(core, await stored(), { purge: false, actor: 'ann' })).toMatchObject({
      connection: 'acme',
      spaces: 1,
      pages: 4,
      keys: ['HR'],
      answers: 0,
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
  it('is purged with the stored answers that quote it, and with no others', async () => {
    await using stack = new AsyncDisposableStack()
    const twin = await startConfluence({ flavour: 'cloud', site: smallSite() })
    stack.defer(() => twin.close())
    const { db } = core.database
    stack.defer(async () => void (await db.delete(questions)))
    await connectAs('slack:T1:U1', { spaces: 'HR' })
    await connect(core, twin, { name: 'twin', spaces: 'HR' })
    await syncAndWait(open)
    const store = async (messageId: string, answer: object) => {
      const question = {
        platform: 'slack',
        tenantId: 'T',
        conversationId: 'C',
        askerId: 'U',
        audience: 'direct',
      } as const
      const values = { ...question, messageId, text: 'q', state: 'answered', leaseUntil: new Date(), answer } as const
      const [{ id } = { id: '' }] = await db.insert(questions).values(values).returning({ id: questions.id })
      await db.insert(answerCitations).values({ questionId: id, n: 1, pageId: '2', versionNumber: 1 })
    }
    await store('quotes it', { text: 'Thirty days [1]', citations: [cited(site.url, 'HR', '2')], nearest: [] })
    await store('names it as near', { text: 'No.', citations: [], nearest: [cited(site.url, 'HR', '3')] })
    await store('quotes its twin', { text: 'Thirty days [1]', citations: [cited(twin.url, 'HR', '2')] })
    await store('quotes another space', { text: 'Ten [1]', citations: [cited(site.url, 'ENG', '2')] })
    await store('quotes nothing', { text: 'No.' })
    expect(await previewPurge(core, await stored())).toMatchObject({ pages: 4, answers: 2, keys: ['HR'] })
    const receipt = await removeConnection(core, await stored(), { purge: true, actor: 'ann' })
    expect(receipt).toMatchObject({ spaces: 1, keys: ['HR'], pages: 4, answers: 2, isPurged: true })
    expect(receipt.chunks).toBe(3)
    const left = await db.select().from(questions).orderBy(questions.messageId)
    expect(left.map(({ messageId, answer }) => [messageId, answer !== null])).toEqual([
      ['names it as near', false],
      ['quotes another space', true],
      ['quotes it', false],
      ['quotes its twin', true],
      ['quotes nothing', true],
    ])
    expect(await db.select().from(answerCitations)).toHaveLength(3)
    expect((await readAudit(core))[0]).toMatchObject({
      action: 'purge',
      details: { keys: 'HR', pages: 4, answers: 2, spaces: 1 },
    })
  })

  it('says when it is paused what became of its syncs, and its spaces say what was so before', async () => {
    await connectAs('slack:T1:U1', { spaces: 'HR,ENG' })
    const [run] = await listWaitingRuns(core.database.db, core.now())
    const until = new Date(core.now().getTime() + 60_000)
    await claimRun(core.database.db, run?.id ?? 0, 'somebody', core.now(), until)
    await updateSpace(core.database.db, run?.spaceId ?? 0, { state: 'IN_PROGRESS' })
    const { ended } = await pauseByAdmin(core, await stored(), 'ann')
    expect(ended.toSorted((a, b) => Number(a.wasRunning) - Number(b.wasRunning))).toEqual([
      { key: expect.any(String), wasRunning: false },
      { key: expect.any(String), wasRunning: true },
    ])
    expect((await readStatus(core, 'acme'))[0]?.spaces.map(({ state, progress }) => [state, progress])).toEqual([
      ['PENDING', undefined],
      ['PENDING', undefined],
    ])
    expect((await readAudit(core))[0]).toMatchObject({ action: 'pause', details: { 'syncs ended': 'ENG, HR' } })
  })
})
