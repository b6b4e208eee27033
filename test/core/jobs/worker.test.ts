import { setTimeout as delay } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pauseByAdmin } from '../../../src/core/connections/pause.ts'
import { removeConnection } from '../../../src/core/connections/remove.ts'
import type { Core } from '../../../src/core/core.ts'
import { resendWaitingRuns } from '../../../src/core/jobs/schedule.ts'
import { workRun } from '../../../src/core/jobs/worker.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import {
  findConnection,
  findConnectionById,
  pauseConnection,
  updateConnection,
} from '../../../src/db/queries/connections.ts'
import { type SyncRun, claimRun, listRuns } from '../../../src/db/queries/sync-runs.ts'
import { spaces } from '../../../src/db/schema/content.ts'
import { syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'
import { connect, openTestCore, soon, stoppedClock, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'

const never = new AbortController().signal
const census = '/api/v2/spaces/100/pages'

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await delay(5)
}

describe.each(databaseKinds)('a worker on %s', (kind) => {
  const clock = stoppedClock()
  let open: OpenCore
  let core: Core
  let site: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind, { now: clock.now })
    core = open.core
    site = await startConfluence({ flavour: 'cloud', site: smallSite() })
    await connect(core, site, { spaces: 'HR' })
    await syncAndWait(open)
  })
  beforeEach(() => site.clearRequests())
  afterEach(() => {
    site.setLatency(0)
    site.clearFaults()
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })

  const queue = async (): Promise<SyncRun> => {
    const { runs } = await startSync(core, 'HR', { isFull: false, requestedBy: 'test' }, soon())
    if (runs[0] === undefined) throw new Error('no run was queued')
    return runs[0]
  }
  const reread = async ({ id }: SyncRun) => (await listRuns(core.database.db, [id]))[0]
  const space = async () => (await core.database.db.select().from(spaces).where(eq(spaces.key, 'HR')))[0]

  it('leaves a run alone that another one works: one of several does it, once', async () => {
    const run = await queue()
    await Promise.all(Array.from({ length: 5 }, () => workRun(core, run.id, never)))
    expect(await reread(run)).toMatchObject({ state: 'succeeded', error: null })
    expect(site.countRequests(census)).toBe(1)
    await workRun(core, run.id, never)
    expect(site.countRequests(census), 'a run that has ended is not worked again').toBe(1)
  })

  it('shows what it is doing while it does it', async () => {
    site.fail({ kind: 'delay', path: 'content/search', delayMs: 200 })
    const run = await queue()
    const working = workRun(core, run.id, never)
    await until(async () => ((await reread(run))?.counts?.listed ?? 0) > 0)
    expect(await reread(run)).toMatchObject({ state: 'running', startedAt: clock.now(), finishedAt: null })
    expect(await space()).toMatchObject({ state: 'IN_PROGRESS' })
    await working
    expect(await space()).toMatchObject({ state: 'INGESTED' })
  })

  it('puts the run back into the queue when it is told to stop, and the next one does it', async () => {
    site.fail({ kind: 'delay', path: census, delayMs: 60_000 })
    const run = await queue()
    const stopping = new AbortController()
    const working = workRun(core, run.id, stopping.signal)
    await until(() => site.countRequests(census) > 0)
    stopping.abort()
    await working
    expect(await reread(run)).toMatchObject({ state: 'queued', worker: null, leaseUntil: null, error: null })
    site.clearFaults()
    await workRun(core, run.id, never)
    expect(await reread(run)).toMatchObject({ state: 'succeeded' })
  })

  it('takes over a run whose worker died, once its lease is over', async () => {
    const run = await queue()
    await claimRun(core.database.db, run.id, 'dead', clock.now(), new Date(clock.now().getTime() + 60_000))
    await workRun(core, run.id, never)
    expect(await reread(run)).toMatchObject({ state: 'running', worker: 'dead' })
    const sent: number[] = []
    const listening: Core = { ...core, enqueueRun: async (runId) => void sent.push(runId) }
    await resendWaitingRuns(listening)
    expect(sent).toEqual([])

    clock.advance(60_001)
    await resendWaitingRuns(listening)
    expect(sent).toEqual([run.id])
    await workRun(core, run.id, never)
    expect(await reread(run)).toMatchObject({ state: 'succeeded', worker: expect.not.stringMatching('dead') })
  })

  it('that slept through its lease spoils nothing for the one that took over', async () => {
    site.fail({ kind: 'delay', path: census, delayMs: 300 })
    const run = await queue()
    const slow = workRun(core, run.id, never)
    await until(() => site.countRequests(census) > 0)
    clock.advance(60_001)
    await claimRun(core.database.db, run.id, 'heir', clock.now(), new Date(clock.now().getTime() + 60_000))
    await slow
    expect(await reread(run)).toMatchObject({ state: 'running', worker: 'heir', finishedAt: null })
    await core.database.db.delete(syncRuns).where(eq(syncRuns.id, run.id))
  })

  const acme = async () => {
    const found = await findConnection(core.database.db, 'acme')
    if (found === undefined) throw new Error('acme is gone')
    return found
  }
  /** Begins a run whose census does not come, interrupts it, and says how run and space stand then. */
  const interrupt = async (how: () => Promise<unknown>) => {
    site.fail({ kind: 'delay', path: census, delayMs: 60_000 })
    const run = await queue()
    site.clearRequests()
    const working = workRun(core, run.id, never)
    await until(() => site.countRequests(census) > 0)
    expect(await space()).toMatchObject({ state: 'IN_PROGRESS' })
    const interruptedAt = performance.now()
    await how()
    await working
    // The census would have been given up after half a minute.
    expect(performance.now() - interruptedAt).toBeLessThan(10_000)
    site.clearFaults()
    return [(await reread(run))?.state, (await space())?.state]
  }
  const goOn = async () =>
    updateConnection(core.database.db, (await acme()).id, { state: 'active', pauseReason: null, testResult: 'Works' })

  it('stops at once when an admin pauses the connection, and leaves the space as the last run made it', async () => {
    expect(await interrupt(async () => pauseByAdmin(core, await acme(), 'test'))).toEqual(['cancelled', 'INGESTED'])
    await goOn()
    site.fail({ kind: 'status', path: census, status: 403, times: 9 })
    const failing = await queue()
    await workRun(core, failing.id, never)
    site.clearFaults()
    expect(await space()).toMatchObject({ state: 'ERROR' })
    expect(await interrupt(async () => pauseByAdmin(core, await acme(), 'test'))).toEqual(['cancelled', 'ERROR'])
    await goOn()
    await core.database.db.delete(syncRuns)
    expect(await interrupt(async () => pauseByAdmin(core, await acme(), 'test'))).toEqual(['cancelled', 'PENDING'])
    await goOn()
    await workRun(core, (await queue()).id, never)
    expect(await space()).toMatchObject({ state: 'INGESTED' })
  })

  it('stops at once when the credential was refused elsewhere', async () => {
    const connection = await acme()
    const refuse = async () => pauseConnection(core.database.db, connection, 'make a new token', clock.now())
    expect(await interrupt(refuse)).toEqual(['cancelled', 'INGESTED'])
    await goOn()
  })

  it('leaves no space at work whose run waits or was cancelled without it', async () => {
    const stopping = new AbortController()
    site.fail({ kind: 'delay', path: census, delayMs: 60_000 })
    const run = await queue()
    const working = workRun(core, run.id, stopping.signal)
    await until(() => site.countRequests(census) > 0)
    stopping.abort()
    await working
    expect([(await reread(run))?.state, (await space())?.state]).toEqual(['queued', 'INGESTED'])
    await claimRun(core.database.db, run.id, 'dead', clock.now(), new Date(clock.now().getTime() + 60_000))
    await core.database.db.update(spaces).set({ state: 'IN_PROGRESS' }).where(eq(spaces.key, 'HR'))
    await pauseByAdmin(core, await acme(), 'test')
    expect([(await reread(run))?.state, (await space())?.state]).toEqual(['cancelled', 'INGESTED'])
    await goOn()
  })

  it('gives up a run of a connection that was removed meanwhile, and asks the site nothing', async () => {
    const run = await queue()
    const acme = await findConnection(core.database.db, 'acme')
    if (acme !== undefined) await removeConnection(core, acme, { purge: false, actor: 'test' })
    site.clearRequests()
    await workRun(core, run.id, never)
    expect(await reread(run)).toMatchObject({ state: 'cancelled', error: null })
    expect(site.countRequests()).toBe(0)
  })

  it('that is refused after its connection was removed does not bring it back', async () => {
    await connect(core, site, { name: 'second', spaces: 'HR' })
    const second = await findConnection(core.database.db, 'second')
    const run = await queue()
    site.fail({ kind: 'status', path: census, status: 401, delayMs: 300 })
    const refused = workRun(core, run.id, never)
    await until(() => site.countRequests(census) > 0)
    if (second !== undefined) await removeConnection(core, second, { purge: false, actor: 'test' })
    await refused
    expect(await findConnectionById(core.database.db, second?.id ?? 0)).toMatchObject({ state: 'removed' })
    expect(await reread(run)).toMatchObject({ state: 'cancelled' })
  })

  it('leaves the other spaces of a refused credential alone', async () => {
    await connect(core, site, { name: 'third', spaces: 'HR' })
    const run = await queue()
    const third = await findConnection(core.database.db, 'third')
    if (third === undefined) throw new Error('no connection')
    await pauseConnection(core.database.db, third, 'make a new token', clock.now())
    site.clearRequests()
    await workRun(core, run.id, never)
    expect(await reread(run)).toMatchObject({ state: 'cancelled' })
    expect(site.countRequests()).toBe(0)
  })
})
