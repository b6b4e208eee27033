import { and, count, eq, gte, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'
import { spaces } from '../schema/content.ts'
import { type RunCounts, syncRuns } from '../schema/sync-runs.ts'

export type SyncRun = typeof syncRuns.$inferSelect
export type RunKind = SyncRun['kind']

const open = inArray(syncRuns.state, ['queued', 'running'])

/** Queues a run unless one of the space is open already; either way the open one is returned. */
export async function openRun(
  db: Db,
  values: { spaceId: number; kind: RunKind; requestedBy: string },
): Promise<{ run: SyncRun; isNew: boolean }> {
  const [inserted] = await db
    .insert(syncRuns)
    .values({ ...values, state: 'queued' })
    .onConflictDoNothing()
    .returning()
  if (inserted !== undefined) return { run: inserted, isNew: true }
  const [existing] = await db
    .select()
    .from(syncRuns)
    .where(and(eq(syncRuns.spaceId, values.spaceId), open))
  // It ended between the two statements: now there is room.
  return existing === undefined ? openRun(db, values) : { run: existing, isNew: false }
}

/** Starts a queued run, or takes over one whose worker stopped renewing its lease; undefined when somebody else has it. */
export async function claimRun(
  db: Db,
  runId: number,
  worker: string,
  now: Date,
  leaseUntil: Date,
): Promise<SyncRun | undefined> {
  const claimed = await db
    .update(syncRuns)
    .set({
      state: 'running',
      worker,
      leaseUntil,
      startedAt: sql`coalesce(${syncRuns.startedAt}, ${now.toISOString()})`,
    })
    .where(
      and(
        eq(syncRuns.id, runId),
        or(eq(syncRuns.state, 'queued'), and(eq(syncRuns.state, 'running'), lt(syncRuns.leaseUntil, now))),
      ),
    )
    .returning()
  return claimed[0]
}

/** False when the run is not this worker's any more. */
export async function renewLease(db: Db, run: Pick<SyncRun, 'id' | 'worker'>, leaseUntil: Date): Promise<boolean> {
  return updateOwn(db, run, { leaseUntil })
}

export async function updateRunCounts(db: Db, run: Pick<SyncRun, 'id' | 'worker'>, counts: RunCounts): Promise<void> {
  await updateOwn(db, run, { counts })
}

/** Ends a run; without `counts` those stay that it had reached. False when the run is not this worker's any more. */
export async function finishRun(
  db: Db,
  run: Pick<SyncRun, 'id' | 'worker'>,
  values: { state: 'succeeded' | 'failed' | 'cancelled'; counts?: RunCounts; error: string | null; finishedAt: Date },
): Promise<boolean> {
  return updateOwn(db, run, { ...values, leaseUntil: null })
}

/** Puts a run back into the queue for another attempt, unless another worker has it by now. */
export async function requeueRun(db: Db, run: Pick<SyncRun, 'id' | 'worker'>): Promise<boolean> {
  return updateOwn(db, run, { state: 'queued', worker: null, leaseUntil: null })
}

async function updateOwn(
  db: Db,
  run: Pick<SyncRun, 'id' | 'worker'>,
  values: Partial<typeof syncRuns.$inferInsert>,
): Promise<boolean> {
  const updated = await db
    .update(syncRuns)
    .set(values)
    .where(and(eq(syncRuns.id, run.id), eq(syncRuns.worker, run.worker ?? ''), eq(syncRuns.state, 'running')))
    .returning({ id: syncRuns.id })
  return updated.length === 1
}

/** Ends what waits or runs for a connection; a worker that is at it finds out when it next renews its lease. */
export async function cancelOpenRuns(db: Db, connectionId: number, now: Date): Promise<void> {
  await db
    .update(syncRuns)
    .set({ state: 'cancelled', finishedAt: now, leaseUntil: null })
    .where(
      and(open, sql`${syncRuns.spaceId} in (select id from ${spaces} where ${spaces.connectionId} = ${connectionId})`),
    )
}

/** How many runs, in whichever process, are asking the site with this address just now. */
export async function countRunsOfSite(db: Db, baseUrl: string, now: Date): Promise<number> {
  const [found] = await db
    .select({ count: count() })
    .from(syncRuns)
    .innerJoin(spaces, eq(spaces.id, syncRuns.spaceId))
    .innerJoin(connections, eq(connections.id, spaces.connectionId))
    .where(and(eq(connections.baseUrl, baseUrl), eq(syncRuns.state, 'running'), gte(syncRuns.leaseUntil, now)))
  return found?.count ?? 0
}

/** With the embedded database no other process can be at work: what is marked running was left by one that died. */
export async function requeueAllRunning(db: Db): Promise<void> {
  await db
    .update(syncRuns)
    .set({ state: 'queued', worker: null, leaseUntil: null })
    .where(eq(syncRuns.state, 'running'))
}

/** Runs that wait for a worker: queued ones, and running ones whose lease ended. */
export async function listWaitingRuns(db: Db, now: Date): Promise<SyncRun[]> {
  return db
    .select()
    .from(syncRuns)
    .where(or(eq(syncRuns.state, 'queued'), and(eq(syncRuns.state, 'running'), lt(syncRuns.leaseUntil, now))))
    .orderBy(syncRuns.queuedAt, syncRuns.id)
}

export async function listRuns(db: Db, runIds: number[]): Promise<SyncRun[]> {
  return runIds.length === 0 ? [] : db.select().from(syncRuns).where(inArray(syncRuns.id, runIds))
}
