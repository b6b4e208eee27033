import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import {
  type SyncRun,
  type RunKind,
  claimRun,
  findFollower,
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
import { dropHints, listHints, upsertHints } from '../../src/db/queries/page-hints.ts'
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
    expect(await finishRun(database.db, lost, ending)).toBeUndefined()
    expect(await reread(run)).toMatchObject({ state: 'running', worker: 'second', leaseUntil: at(120), error: null })
    expect(await renewLease(database.db, held, at(180))).toBe(true)
    expect(await finishRun(database.db, held, { ...ending, state: 'succeeded', error: null })).toBeDefined()
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

  const ask = (runKind: RunKind, joins = false) =>
    openRun(database.db, { spaceId, kind: runKind, requestedBy: 'ann', joins })
  const succeed = async (run: SyncRun, second: number) =>
    finishRun(database.db, run, { state: 'succeeded', counts, error: null, finishedAt: at(second) })

  it.each<[RunKind, RunKind, RunKind]>([
    ['pages', 'incremental', 'incremental'],
    ['incremental', 'full', 'full'],
    ['pages', 'full', 'full'],
    ['full', 'incremental', 'full'],
    ['incremental', 'pages', 'incremental'],
  ])('that wait as %s and are asked for as %s become %s', async (before, asked, after) => {
    const { run } = await ask(before)
    expect(await ask(asked)).toMatchObject({ isNew: false, isFollowed: false, run: { id: run.id, kind: after } })
    expect(await reread(run)).toMatchObject({ kind: after, state: 'queued', rerunKind: null })
  })

  it('under way are followed by what was asked for meanwhile, the most of it, once', async () => {
    const { run } = await ask('incremental')
    const held = (await claim(run, 'worker')) ?? run
    for (const asked of ['incremental', 'full', 'incremental'] as const)
      expect(await ask(asked)).toMatchObject({
        isNew: false,
        isFollowed: true,
        run: { id: run.id, kind: 'incremental' },
      })
    expect(await findFollower(database.db, held)).toBeUndefined()
    const ended = await succeed(held, 5)
    expect(ended?.followedBy).toMatchObject({ spaceId, kind: 'full', state: 'queued', rerunKind: null })
    expect(await findFollower(database.db, held)).toMatchObject({ id: ended?.followedBy?.id })
    const next = (await claim(ended?.followedBy ?? run, 'worker')) ?? run
    expect(await succeed(next, 6)).toEqual({ followedBy: undefined })
  })

  it('under way are enough for the schedule, unless they are for some pages only', async () => {
    const { run } = await ask('full')
    const held = (await claim(run, 'worker')) ?? run
    expect(await ask('incremental', true)).toMatchObject({ isFollowed: false })
    expect(await succeed(held, 5)).toEqual({ followedBy: undefined })
    const { run: ofPages } = await ask('pages')
    const heldPages = (await claim(ofPages, 'worker')) ?? ofPages
    expect(await ask('incremental', true)).toMatchObject({ isFollowed: true })
    expect((await succeed(heldPages, 6))?.followedBy).toMatchObject({ kind: 'incremental' })
  })

  it('lose no request, however a run ends, but for one that is cancelled', async () => {
    for (const [state, followed] of [
      ['failed', 'full'],
      ['succeeded', 'full'],
      ['cancelled', undefined],
    ] as const) {
      await database.db.delete(syncRuns)
      const { run } = await ask('incremental')
      const held = (await claim(run, 'worker')) ?? run
      await ask('full')
      const ended = await finishRun(database.db, held, { state, error: null, finishedAt: at(5) })
      expect(ended?.followedBy?.kind, state).toBe(followed)
    }
  })

  it('are followed for the pages that were hinted at since they began', async () => {
    const hint = (pageId: string, second: number) => upsertHints(database.db, [{ spaceId, pageId }], at(second))
    const hinted = async () => (await listHints(database.db, spaceId, 9)).map(({ pageId }) => pageId)
    await hint('1', -600)
    const { run } = await ask('incremental')
    const held = (await claim(run, 'worker', at(0), at(60))) ?? run
    await hint('2', 30)
    const ended = await succeed(held, 40)
    expect([await hinted(), ended?.followedBy?.kind], 'a listing that began later knows of the first').toEqual([
      ['2'],
      'pages',
    ])
    const pages = (await claim(ended?.followedBy ?? run, 'worker', at(50), at(110))) ?? run
    const worked = await listHints(database.db, spaceId, 9)
    await hint('2', 55)
    await dropHints(database.db, spaceId, worked)
    expect(await hinted(), 'it changed again meanwhile').toEqual(['2'])
    const failed = await finishRun(database.db, pages, { state: 'failed', error: 'away', finishedAt: at(60) })
    expect(failed?.followedBy?.kind).toBe('pages')
    const last = (await claim(failed?.followedBy ?? run, 'worker', at(61), at(120))) ?? run
    const given = await finishRun(database.db, last, { state: 'failed', error: 'away', finishedAt: at(62) })
    expect([given?.followedBy, await hinted()], 'what fails is not tried again at once').toEqual([undefined, ['2']])
    await dropHints(database.db, spaceId, await listHints(database.db, spaceId, 9))
  })

  it('for pages come first', async () => {
    const slow = await open(other)
    const { run } = await ask('pages')
    expect((await listWaitingRuns(database.db, at(0))).map(({ id }) => id)).toEqual([run.id, slow.id])
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
