import { and, eq, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { type RunCounts, syncRuns } from '../schema.ts'

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
export async function renewLease(db: Db, runId: number, worker: string, leaseUntil: Date): Promise<boolean> {
  const renewed = await db
    .update(syncRuns)
    .set({ leaseUntil })
    .where(and(eq(syncRuns.id, runId), eq(syncRuns.worker, worker), eq(syncRuns.state, 'running')))
    .returning({ id: syncRuns.id })
  return renewed.length === 1
}

export async function updateRunCounts(db: Db, runId: number, counts: RunCounts): Promise<void> {
  await db.update(syncRuns).set({ counts }).where(eq(syncRuns.id, runId))
}

export async function finishRun(
  db: Db,
  runId: number,
  values: { state: 'succeeded' | 'failed' | 'cancelled'; counts: RunCounts; error: string | null; finishedAt: Date },
): Promise<void> {
  await db
    .update(syncRuns)
    .set({ ...values, leaseUntil: null })
    .where(eq(syncRuns.id, runId))
}

/** Puts a run back into the queue for another attempt. */
export async function requeueRun(db: Db, runId: number): Promise<void> {
  await db.update(syncRuns).set({ state: 'queued', worker: null, leaseUntil: null }).where(eq(syncRuns.id, runId))
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
    .orderBy(syncRuns.queuedAt)
}

export async function listRuns(db: Db, runIds: number[]): Promise<SyncRun[]> {
  return runIds.length === 0 ? [] : db.select().from(syncRuns).where(inArray(syncRuns.id, runIds))
}
