import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { openConnectionSite } from '../../../src/core/connections/open-site.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import type { Core } from '../../../src/core/core.ts'
import { tick } from '../../../src/core/jobs/schedule.ts'
import { workRun, workRuns } from '../../../src/core/jobs/worker.ts'
import { type OpenCore, openCore } from '../../../src/core/open-core.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { type Connection, findConnection } from '../../../src/db/queries/connections.ts'
import { holdSite } from '../../../src/db/queries/site-load.ts'
import { type SyncRun, claimRun, listRuns } from '../../../src/db/queries/sync-runs.ts'
import { siteHolds, syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { createLog } from '../../../src/log.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'
import { connect, soon, stoppedClock, testConfig } from '../../support/core.ts'
import { databaseKinds, openTestDatabase } from '../../support/database.ts'

const never = new AbortController().signal
const spaces = Array.from({ length: 12 }, (_, i) => ({ id: String(1000 + i), key: `S${i}` }))
const pages = spaces.flatMap(({ key }, i) =>
  Array.from({ length: 4 }, (_, j) => ({
    id: String(10_000 + i * 10 + j),
    spaceKey: key,
    title: `${key} ${j}`,
    storage: '<p>Text</p>',
  })),
)

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await delay(5)
}

async function statesOf(core: Core | undefined, runs: SyncRun[]): Promise<string[]> {
  const ids = runs.map(({ id }) => id)
  return core === undefined ? [] : (await listRuns(core.database.db, ids)).map(({ state }) => state)
}

async function readOn(core: Core, connection: Connection, signal: AbortSignal): Promise<void> {
  const open = openConnectionSite(core, connection)
  while (!signal.aborted) await open.fetchCurrentUser(signal).catch(() => undefined)
}

describe.each(databaseKinds)('the budget of a site on %s', (kind) => {
  let site: RunningConfluence
  let replicas: OpenCore[] = []
  beforeEach(async () => {
    site = await startConfluence({ flavour: 'cloud', site: smallSite({ spaces, pages, folders: [] }) })
  })
  afterEach(async () => {
    // They share a database, which the first one closes.
    await replicas[0]?.close()
    replicas = []
    await site.close()
  })

  const openReplicas = async (count: number, budget: number, now?: () => Date): Promise<Core[]> => {
    const database = await openTestDatabase(kind)
    const config = testConfig({ FOOTNOTE_SITE_CONCURRENCY: budget })
    const options = { database, ...(now === undefined ? {} : { now }) }
    for (let i = 0; i < count; i++) replicas.push(await openCore(config, createLog('silent'), options))
    return replicas.map(({ core }) => ({ ...core, enqueueRun: async () => undefined }))
  }
  const connectAll = async ([core]: Core[]): Promise<{ connection: Connection; runs: SyncRun[] }> => {
    if (core === undefined) throw new Error('no core was opened')
    await connect(core, site)
    const connection = await findConnection(core.database.db, 'acme')
    if (connection === undefined) throw new Error('acme was not connected')
    const { runs } = await startSync(core, undefined, { isFull: false, requestedBy: 'test' }, soon())
    site.clearRequests()
    return { connection, runs }
  }
  const mostAtOnce = () => Math.max(...site.requests.map(({ atOnce }) => atOnce))

  it('is kept by more runs than it has requests, and all of them come to their end', async () => {
    const cores = await openReplicas(1, 2)
    const { runs } = await connectAll(cores)
    site.setLatency(5)
    await Promise.all(cores.flatMap((core) => runs.map(({ id }) => workRuns(core, id, soon()))))
    expect(await statesOf(cores[0], runs)).toEqual(runs.map(() => 'succeeded'))
    expect(mostAtOnce()).toBe(2)
  })

  it('is kept by several replicas, but for one request of each that has just begun', async () => {
    const cores = await openReplicas(3, 4)
    const { runs } = await connectAll(cores)
    site.setLatency(40)
    await Promise.all(
      cores.flatMap((core, i) => runs.filter((_run, j) => j % 3 === i).map(({ id }) => workRuns(core, id, soon()))),
    )
    const ended = await cores[0]?.database.db.select().from(syncRuns)
    expect(ended?.map(({ state }) => state)).toEqual(runs.map(() => 'succeeded'))
    expect(mostAtOnce()).toBeLessThanOrEqual(4 + 2)
    const workers = new Set(ended?.map(({ worker }) => worker?.split(' ')[0]))
    expect(workers.size, 'replicas that had a part in it').toBeGreaterThan(1)
  })

  it('is shared by runs and by whatever else a process reads from the site', async () => {
    const cores = await openReplicas(1, 2)
    const [core] = cores
    const { connection, runs } = await connectAll(cores)
    if (core === undefined) return
    site.setLatency(20)
    const reads = Array.from({ length: 6 }, () => openConnectionSite(core, connection).fetchCurrentUser(soon()))
    await Promise.all([...runs.slice(0, 3).map(({ id }) => workRun(core, id, soon())), ...reads])
    await testStoredConnection(core, connection, soon())
    expect(mostAtOnce()).toBe(2)
  })

  it('waits as a whole for as long as the site asked one run to, in every replica', async () => {
    const cores = await openReplicas(2, 8)
    const [one, two] = cores
    const { connection, runs } = await connectAll(cores)
    const [first, second] = runs
    if (one === undefined || two === undefined || first === undefined || second === undefined) return
    const reading = new AbortController()
    const reads = readOn(two, connection, reading.signal)
    await until(() => site.countRequests('user/current') > 3)
    site.fail({ kind: 'status', path: '/pages?', status: 429, headers: { 'retry-after': '3' } })
    const told = workRun(one, first.id, soon())
    await until(() => site.requests.some(({ status }) => status === 429))
    const toldAt = Date.now()
    await until(async () => (await two.database.db.select().from(siteHolds)).length > 0)
    const begun = workRun(two, second.id, soon())
    await Promise.all([told, begun])
    reading.abort()
    await reads
    expect(await statesOf(one, [first, second])).toEqual(['succeeded', 'succeeded'])
    const waited = site.requests.filter(
      ({ arrivedAtMs, url }) =>
        arrivedAtMs > toldAt + (url.includes('user/current') ? 1_100 : 100) && arrivedAtMs < toldAt + 2_900,
    )
    expect(waited.map(({ url }) => url)).toEqual([])
    expect(site.requests.filter(({ arrivedAtMs }) => arrivedAtMs > toldAt + 2_900).length).toBeGreaterThan(5)
  })

  it('that is held for long is told to whoever tests the connection, instead of asking or waiting', async () => {
    const cores = await openReplicas(1, 8)
    const [core] = cores
    const { connection } = await connectAll(cores)
    if (core === undefined) return
    await holdSite(core.database.db, connection.baseUrl, 60_000)
    core.budgets.refresh(connection.baseUrl)
    const test = await testStoredConnection(core, connection, soon())
    expect(test).toMatchObject({ result: 'HTTP 4xx', cause: expect.stringContaining('fewer requests') })
    expect(site.countRequests()).toBe(0)
    await core.database.db.delete(siteHolds)
    await holdSite(core.database.db, connection.baseUrl, -1)
    await tick(core, soon())
    expect(await core.database.db.select().from(siteHolds)).toEqual([])
  })

  it('is free again for others when the lease of a worker that died ends', async () => {
    const clock = stoppedClock()
    const cores = await openReplicas(1, 2, clock.now)
    const [core] = cores
    const { runs } = await connectAll(cores)
    if (core === undefined) return
    const leaseUntil = new Date(clock.now().getTime() + 60_000)
    const ids = runs.map(({ id }) => id)
    for (const id of ids.slice(0, 2)) await claimRun(core.database.db, id, 'dead', clock.now(), leaseUntil, 2)
    expect(await workRun(core, ids[2] ?? 0, never)).toBe(false)
    expect(site.countRequests()).toBe(0)
    clock.advance(60_001)
    await workRuns(core, ids[2] ?? 0, never)
    expect(await statesOf(core, runs)).toEqual(runs.map(() => 'succeeded'))
  })
})
