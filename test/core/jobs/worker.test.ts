import { setTimeout as delay } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeConnection } from '../../../src/core/connections/remove.ts'
import type { Core } from '../../../src/core/core.ts'
import { resendWaitingRuns } from '../../../src/core/jobs/schedule.ts'
import { workRun } from '../../../src/core/jobs/worker.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { findConnection, findConnectionById, pauseConnection } from '../../../src/db/queries/connections.ts'
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
    await pauseConnection(core.database.db, third?.id ?? 0, 'make a new token', clock.now())
    site.clearRequests()
    await workRun(core, run.id, never)
    expect(await reread(run)).toMatchObject({ state: 'cancelled' })
    expect(site.countRequests()).toBe(0)
  })
})
