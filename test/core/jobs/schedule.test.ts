import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { draftConnection } from '../../../src/core/connections/draft.ts'
import type { Core } from '../../../src/core/core.ts'
import { startSchedule, tick } from '../../../src/core/jobs/schedule.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { findConnection, findConnectionById, updateConnection } from '../../../src/db/queries/connections.ts'
import { syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'
import { connect, openTestCore, requestFor, soon, stoppedClock, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'

describe.each(databaseKinds)('the tick on %s', (kind) => {
  const clock = stoppedClock()
  let open: OpenCore
  let core: Core
  let site: RunningConfluence
  const sent: number[] = []
  beforeAll(async () => {
    open = await openTestCore(kind, { now: clock.now })
    core = { ...open.core, enqueueRun: async (runId) => void sent.push(runId) }
    site = await startConfluence({ flavour: 'cloud', site: smallSite() })
    await connect(core, site, { spaces: 'HR,ENG' })
    await syncAndWait({ ...open, core })
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })

  const acme = async () => {
    const found = await findConnection(core.database.db, 'acme')
    if (found === undefined) throw new Error('acme is gone')
    return found
  }
  const set = async (values: Parameters<typeof updateConnection>[2]) =>
    updateConnection(core.database.db, (await acme()).id, values)
  /** States of the runs that the schedule asked for; they are forgotten. */
  const scheduled = async (): Promise<string[]> => {
    const runs = await core.database.db.delete(syncRuns).returning()
    return runs
      .filter(({ requestedBy }) => requestedBy === 'schedule')
      .map(({ state, kind: runKind }) => `${runKind} ${state}`)
  }

  it('queues nothing before its time', async () => {
    await tick(core, soon())
    expect(await scheduled()).toEqual([])
  })

  it('queues what is due once, however many replicas tick at once', async () => {
    await set({ nextSyncAt: new Date(clock.now().getTime() - 1) })
    sent.splice(0)
    await Promise.all(Array.from({ length: 4 }, () => tick(core, soon())))
    expect(new Set(sent).size).toBe(2)
    expect(site.countRequests('/api/v2/spaces?')).toBeGreaterThan(0)
    expect(await scheduled()).toEqual(['incremental queued', 'incremental queued'])
    expect((await acme()).nextSyncAt?.toISOString()).toMatch(/T00:00:00\.000Z$/)
    await tick(core, soon())
    expect(await scheduled()).toEqual([])
  })

  it('asks a site once, although several replicas tick', async () => {
    await set({ nextSyncAt: new Date(clock.now().getTime() - 1) })
    site.clearRequests()
    await Promise.all(Array.from({ length: 4 }, () => tick(core, soon())))
    expect(site.countRequests('/api/v2/spaces?')).toBe(1)
    await scheduled()
  })

  it('leaves paused connections, and those without a schedule, alone', async () => {
    const due = new Date(clock.now().getTime() - 1)
    await set({ nextSyncAt: due, state: 'paused' })
    await tick(core, soon())
    await set({ state: 'active', schedule: '', nextSyncAt: null })
    await tick(core, soon())
    expect(await scheduled()).toEqual([])
    await set({ schedule: '0 0 * * *' })
  })

  it('goes on with the others when a site is away', async () => {
    await connect(core, site, { name: 'second', spaces: 'OLD' })
    await core.database.db.delete(syncRuns)
    const other = await findConnection(core.database.db, 'second')
    const due = new Date(clock.now().getTime() - 1)
    await set({ nextSyncAt: due })
    if (other !== undefined) await updateConnection(core.database.db, other.id, { nextSyncAt: due })
    // Whichever comes first.
    site.fail({ kind: 'status', status: 400, path: '/rest/api/user/current' })
    await tick(core, soon())
    expect((await scheduled()).length).toBeOneOf([1, 2])
    if (other !== undefined) await updateConnection(core.database.db, other.id, { schedule: '', nextSyncAt: null })
  })

  const inFiveMinutes = () => new Date(clock.now().getTime() + 5 * 60_000)

  it('tries again after five minutes when a sync cannot start, and tells why in the status until it can', async () => {
    await set({ nextSyncAt: new Date(clock.now().getTime() - 1) })
    site.fail({ kind: 'status', status: 400, path: '/rest/api/user/current' })
    await tick(core, soon())
    expect(await acme()).toMatchObject({
      nextSyncAt: inFiveMinutes(),
      state: 'active',
      testResult: 'Failed',
      testRemedy: expect.stringMatching(/^[A-Z0-9].+\.$/),
      testedAt: clock.now(),
    })
    expect(await scheduled()).toEqual([])
    clock.advance(6 * 60_000)
    site.fail({ kind: 'status', status: 503, path: '/rest/api/user/current', times: 20 })
    await tick(core, soon())
    site.clearFaults()
    expect(await acme()).toMatchObject({ nextSyncAt: inFiveMinutes(), testResult: 'Connection Error' })
    clock.advance(6 * 60_000)
    await tick(core, soon())
    expect(await scheduled()).toEqual(['incremental queued', 'incremental queued'])
    expect(await acme()).toMatchObject({ testResult: 'Works', testRemedy: null })
    expect((await acme()).nextSyncAt?.toISOString()).toMatch(/T00:00:00\.000Z$/)
  })

  it('leaves the hold, and tells nothing, when it is interrupted', async () => {
    await set({ nextSyncAt: new Date(clock.now().getTime() - 1) })
    await tick(core, AbortSignal.abort())
    expect(await acme()).toMatchObject({ nextSyncAt: inFiveMinutes(), testResult: 'Works' })
  })

  it('forgets drafts of more than an hour, with the credential that they hold', async () => {
    const request = requestFor(site, { name: 'late', spaces: '~ada' })
    const { connection } = await draftConnection(core, request, 'ann', soon())
    await tick(core, soon())
    expect(await findConnectionById(core.database.db, connection.id)).toMatchObject({ state: 'draft' })
    clock.advance(3_600_000)
    await tick(core, soon())
    expect(await findConnectionById(core.database.db, connection.id)).toBeUndefined()
    clock.advance(-3_600_000)
    await scheduled()
  })

  it('pauses a connection whose credential has died', async () => {
    await set({ nextSyncAt: new Date(clock.now().getTime() - 1) })
    site.revokeCredential(site.credentials.accountId)
    await tick(core, soon())
    site.revokeCredential(site.credentials.accountId, false)
    expect(await acme()).toMatchObject({ state: 'paused', testResult: 'Auth Failed' })
    expect(await scheduled()).toEqual([])
    await set({ state: 'active' })
  })

  it('sends again what waits without a worker', async () => {
    await set({ nextSyncAt: new Date(clock.now().getTime() - 1) })
    await tick(core, soon())
    const waiting = (await core.database.db.select().from(syncRuns)).map(({ id }) => id)
    sent.splice(0)
    await tick(core, soon())
    expect(sent).toEqual(waiting)
    expect(waiting.length).toBeGreaterThan(0)
    await scheduled()
  })

  it('starts and stops', async () => {
    const schedule = startSchedule(core, soon())
    onTestFinished(() => schedule.stop())
    await schedule.stop()
  })
})
