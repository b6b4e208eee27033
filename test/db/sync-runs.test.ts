import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import {
  type SyncRun,
  claimRun,
  finishRun,
  listRuns,
  listWaitingRuns,
  openRun,
  renewLease,
  requeueAllRunning,
  requeueRun,
  updateRunCounts,
} from '../../src/db/queries/sync-runs.ts'
import { findSpaceById, updateSpace } from '../../src/db/queries/spaces.ts'
import { syncRuns } from '../../src/db/schema/sync-runs.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'
import { insertConnection, insertSpace } from './content.ts'

const counts = { listed: 9, stored: 0, unchanged: 0, updated: 4, failed: 0, excluded: 0, deleted: 0 }
const at = (second: number): Date => new Date(Date.UTC(2026, 4, 1, 12, 0, second))

describe.each(databaseKinds)('runs on %s', (kind) => {
  let database: Database
  let spaceId: number
  let other: number
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    const connection = await insertConnection(database)
    spaceId = await insertSpace(database, connection, 'S')
    other = await insertSpace(database, connection, 'T')
  })
  beforeEach(() => database.db.delete(syncRuns))
  afterAll(() => database.close())

  const open = async (space = spaceId): Promise<SyncRun> =>
    (await openRun(database.db, { spaceId: space, kind: 'full', requestedBy: 'test' })).run
  const claim = (run: SyncRun, worker: string, now = at(0), until = at(60)) =>
    claimRun(database.db, run.id, worker, now, until)
  const reread = async (run: SyncRun): Promise<SyncRun | undefined> => (await listRuns(database.db, [run.id]))[0]

  it('of one space: whoever asks again joins the open one, also when many ask at once', async () => {
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => openRun(database.db, { spaceId, kind: 'full', requestedBy: 'test' })),
    )
    expect(new Set(asked.map(({ run }) => run.id)).size).toBe(1)
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect((await open(other)).id).not.toBe(asked[0]?.run.id)
  })

  it('are claimed by one of many workers', async () => {
    const run = await open()
    const claims = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((worker) => claim(run, worker)))
    expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1)
  })

  it('wait while as many are at work at their site as it has room for, and begin in the order in which they were asked for', async () => {
    const [first, second] = [await open(), await open(other)]
    const alone = (run: SyncRun, worker: string, now: Date, until: Date) =>
      claimRun(database.db, run.id, worker, now, until, 1)
    const startable = async (now: Date) => (await listWaitingRuns(database.db, now, 1)).map(({ id }) => id)
    expect(await startable(at(0))).toEqual([first.id])
    expect(await alone(second, 'b', at(0), at(60)), 'another came before it').toBeUndefined()
    expect(await alone(first, 'a', at(0), at(60))).toMatchObject({ state: 'running' })
    expect(await startable(at(30))).toEqual([])
    expect(await alone(second, 'b', at(30), at(90))).toBeUndefined()
    expect(await startable(at(61)), 'its worker died').toEqual([first.id])
    await finishRun(database.db, { id: first.id, worker: 'a' }, { state: 'cancelled', error: null, finishedAt: at(62) })
    expect(await startable(at(62))).toEqual([second.id])
    expect(await alone(second, 'b', at(62), at(90))).toMatchObject({ state: 'running' })
  })

  it('take the last place at their site once, however many workers want it', async () => {
    const [first, second] = [await open(), await open(other)]
    const claims = await Promise.all(
      [first, second, first, second].map((run, i) => claimRun(database.db, run.id, `worker ${i}`, at(0), at(60), 1)),
    )
    expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1)
  })

  it('are taken over after the lease, not before, and keep when they began', async () => {
    const run = await open()
    await claim(run, 'first')
    expect(await claim(run, 'second', at(59), at(120))).toBeUndefined()
    expect(await listWaitingRuns(database.db, at(59))).toEqual([])
    expect((await listWaitingRuns(database.db, at(61))).map(({ id }) => id)).toEqual([run.id])
    expect(await claim(run, 'second', at(61), at(120))).toMatchObject({ worker: 'second', startedAt: at(0) })
  })

  it('obey only the worker that has them', async () => {
    const run = await open()
    const lost = (await claim(run, 'first')) ?? run
    const held = (await claim(run, 'second', at(61), at(120))) ?? run
    const ending = { state: 'failed', error: 'of the first', finishedAt: at(62) } as const
    expect(await renewLease(database.db, lost, at(200))).toBe(false)
    expect(await requeueRun(database.db, lost)).toBe(false)
    expect(await finishRun(database.db, lost, ending)).toBe(false)
    expect(await reread(run)).toMatchObject({ state: 'running', worker: 'second', leaseUntil: at(120), error: null })
    expect(await renewLease(database.db, held, at(180))).toBe(true)
    expect(await finishRun(database.db, held, { ...ending, state: 'succeeded', error: null })).toBe(true)
    expect(await reread(run)).toMatchObject({ state: 'succeeded', leaseUntil: null, finishedAt: at(62) })
    expect(await renewLease(database.db, held, at(300))).toBe(false)
    expect(await requeueRun(database.db, held)).toBe(false)
  })

  it('keep the counts that they had reached when they fail', async () => {
    const run = await open()
    const held = (await claim(run, 'worker')) ?? run
    await updateRunCounts(database.db, held, counts)
    await finishRun(database.db, held, { state: 'failed', error: 'broken', finishedAt: at(1) })
    expect(await reread(run)).toMatchObject({ state: 'failed', counts, error: 'broken' })
  })

  it('make room for the next when they end, and wait again when they are put back', async () => {
    const run = await open()
    const held = (await claim(run, 'worker')) ?? run
    expect((await open()).id).toBe(run.id)
    await requeueRun(database.db, held)
    expect(await reread(run)).toMatchObject({ state: 'queued', worker: null, leaseUntil: null })
    const again = (await claim(run, 'worker')) ?? run
    await finishRun(database.db, again, { state: 'succeeded', counts, error: null, finishedAt: at(2) })
    expect((await open()).id).not.toBe(run.id)
  })

  it('that were running when the only process died wait again', async () => {
    const [run, queued] = [await open(), await open(other)]
    await claim(run, 'dead')
    await requeueAllRunning(database.db)
    expect((await listWaitingRuns(database.db, at(0))).map(({ id }) => id)).toEqual([run.id, queued.id])
  })

  it('leave their spaces as they were before when the only process died', async () => {
    await updateSpace(database.db, spaceId, { state: 'IN_PROGRESS', lastSyncedAt: null })
    await updateSpace(database.db, other, { state: 'IN_PROGRESS', lastSyncedAt: at(0) })
    await requeueAllRunning(database.db)
    const states = [await findSpaceById(database.db, spaceId), await findSpaceById(database.db, other)]
    expect(states.map((space) => space?.state)).toEqual(['PENDING', 'INGESTED'])
    await updateSpace(database.db, other, { state: 'ERROR' })
    await requeueAllRunning(database.db)
    expect((await findSpaceById(database.db, other))?.state).toBe('ERROR')
  })
})
