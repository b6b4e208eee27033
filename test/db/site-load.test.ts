import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { holdSite, purgeExpiredHolds, readSiteLoad } from '../../src/db/queries/site-load.ts'
import { claimRun, listWaitingRuns, openRun } from '../../src/db/queries/sync-runs.ts'
import { siteHolds, syncRuns } from '../../src/db/schema/sync-runs.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'
import { insertConnection, insertSpace } from './content.ts'

const acme = 'https://acme.example/wiki'
/** The same site by another address. */
const wiki = 'https://wiki.example'
const at = (second: number): Date => new Date(Date.UTC(2026, 4, 1, 12, 0, second))

describe.each(databaseKinds)('the load of a site on %s', (kind) => {
  let database: Database
  const spaceIds: number[] = []
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    const connections = [
      await insertConnection(database, { baseUrl: acme }),
      await insertConnection(database, { baseUrl: acme, siteKey: 'cloud-1' }),
      await insertConnection(database, { baseUrl: wiki, siteKey: 'cloud-1' }),
      await insertConnection(database, { baseUrl: 'https://other.example' }),
    ]
    for (const id of connections) spaceIds.push(await insertSpace(database, id, 'S'))
  })
  beforeEach(async () => {
    await database.db.delete(syncRuns)
    await database.db.delete(siteHolds)
  })
  afterAll(() => database.close())

  const queue = async (spaceId = 0) =>
    (await openRun(database.db, { spaceId, kind: 'full', requestedBy: 'test' })).run.id
  const load = (baseUrl: string, owner = 'one', now = at(0)) => readSiteLoad(database.db, baseUrl, owner, now)

  it('counts the runs of all its connections and addresses, and whose they are, until their leases end', async () => {
    const runs = await Promise.all(spaceIds.map(queue))
    expect(await load(acme)).toEqual({ running: 0, own: 0, heldForMs: 0 })
    for (const [i, runId] of runs.entries())
      await claimRun(database.db, runId, `${i < 2 ? 'one' : 'two'} ${i}`, at(0), at(60 + i))
    expect(await load(acme)).toMatchObject({ running: 3, own: 2 })
    expect(await load(wiki, 'two')).toMatchObject({ running: 3, own: 1 })
    expect(await load('https://other.example', 'one')).toMatchObject({ running: 1, own: 0 })
    expect(await load(acme, 'one', at(61))).toMatchObject({ running: 2, own: 1 })
    expect(await load('https://unknown.example')).toEqual({ running: 0, own: 0, heldForMs: 0 })
  })

  it('leaves room for as many runs as there are requests at a time, whichever connection they are of', async () => {
    const runs: number[] = []
    for (const spaceId of spaceIds) runs.push(await queue(spaceId))
    const startable = async () => (await listWaitingRuns(database.db, at(0), 2)).map(({ id }) => runs.indexOf(id))
    expect(await startable()).toEqual([0, 1, 3])
    await claimRun(database.db, runs[0] ?? 0, 'one', at(0), at(60), 2)
    expect(await startable()).toEqual([1, 3])
    await claimRun(database.db, runs[1] ?? 0, 'one', at(0), at(60), 2)
    expect(await startable()).toEqual([3])
    expect(await claimRun(database.db, runs[2] ?? 0, 'one', at(0), at(60), 2)).toBeUndefined()
  })

  it('is held at all of its addresses for as long as it asked for, and never for less', async () => {
    await holdSite(database.db, acme, 60_000)
    await holdSite(database.db, acme, 1_000)
    for (const baseUrl of [acme, wiki]) {
      const { heldForMs } = await load(baseUrl)
      expect(heldForMs).toBeGreaterThan(50_000)
      expect(heldForMs).toBeLessThanOrEqual(60_000)
    }
    await holdSite(database.db, wiki, 120_000)
    expect((await load(acme)).heldForMs).toBeGreaterThan(100_000)
    expect((await load('https://other.example')).heldForMs).toBe(0)
  })

  it('forgets holds that are over', async () => {
    await holdSite(database.db, acme, -5)
    await holdSite(database.db, wiki, 60_000)
    expect((await load('https://other.example')).heldForMs).toBe(0)
    await purgeExpiredHolds(database.db)
    expect((await database.db.select().from(siteHolds)).map(({ baseUrl }) => baseUrl)).toEqual([wiki])
  })
})
