import { type SQL, and, eq, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'
import { spaces } from '../schema/content.ts'
import { type RunCounts, syncRuns } from '../schema/sync-runs.ts'
import { sitesOfConnections } from './site-load.ts'
import { restoreSpaceStates } from './spaces.ts'

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

/**
 * Starts a queued run, or takes over one whose worker stopped renewing its lease; undefined when somebody else has it, or
 * when `maxOfSite` runs are at work at its site already.
 */
export async function claimRun(
  db: Db,
  runId: number,
  worker: string,
  now: Date,
  leaseUntil: Date,
  maxOfSite?: number,
): Promise<SyncRun | undefined> {
  return db.transaction(async (tx) => {
    // Of two claims at once both could see room for one: a run that was asked for earlier may become visible between them.
    await tx.execute(sql`select pg_advisory_xact_lock(4801003)`)
    const claimed = await tx
      .update(syncRuns)
      .set({
        state: 'running',
        worker,
        leaseUntil,
        startedAt: sql`coalesce(${syncRuns.startedAt}, ${now.toISOString()})`,
      })
      .where(and(eq(syncRuns.id, runId), startable(now, maxOfSite)))
      .returning()
    return claimed[0]
  })
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

/** Ends what waits or runs for a connection; a worker that is at it finds out when it next looks. Within a transaction. */
export async function cancelOpenRuns(db: Db, connectionId: number, now: Date): Promise<void> {
  await db
    .update(syncRuns)
    .set({ state: 'cancelled', finishedAt: now, leaseUntil: null })
    .where(
      and(open, sql`${syncRuns.spaceId} in (select id from ${spaces} where ${spaces.connectionId} = ${connectionId})`),
    )
  await restoreSpaceStates(db, { connectionId })
}

/** `lost`: somebody else has the run, or it was ended; `paused`: nothing may be read for its connection any more. */
export async function findStanding(db: Db, run: Pick<SyncRun, 'id' | 'worker'>): Promise<'held' | 'paused' | 'lost'> {
  const [found] = await db
    .select({ state: syncRuns.state, worker: syncRuns.worker, connectionState: connections.state })
    .from(syncRuns)
    .innerJoin(spaces, eq(spaces.id, syncRuns.spaceId))
    .innerJoin(connections, eq(connections.id, spaces.connectionId))
    .where(eq(syncRuns.id, run.id))
  if (found === undefined || found.state !== 'running' || found.worker !== run.worker) return 'lost'
  return found.connectionState === 'active' ? 'held' : 'paused'
}

/** With the embedded database no other process can be at work: what is marked running was left by one that died. */
export async function requeueAllRunning(db: Db): Promise<void> {
  await db
    .update(syncRuns)
    .set({ state: 'queued', worker: null, leaseUntil: null })
    .where(eq(syncRuns.state, 'running'))
  // Nothing is in progress any more; what was stored before is still there.
  await db
    .update(spaces)
    .set({ state: sql`case when ${spaces.lastSyncedAt} is null then 'PENDING' else 'INGESTED' end` })
    .where(eq(spaces.state, 'IN_PROGRESS'))
}

/**
 * Runs that wait for a worker: queued ones, and running ones whose lease ended; the oldest first. With `maxOfSite` only as
 * many of each site as may be started while no more than that are at work there.
 */
export async function listWaitingRuns(db: Db, now: Date, maxOfSite?: number): Promise<SyncRun[]> {
  return db.select().from(syncRuns).where(startable(now, maxOfSite)).orderBy(syncRuns.queuedAt, syncRuns.id)
}

function startable(now: Date, maxOfSite: number | undefined): SQL | undefined {
  const waiting = or(eq(syncRuns.state, 'queued'), and(eq(syncRuns.state, 'running'), lt(syncRuns.leaseUntil, now)))
  if (maxOfSite === undefined) return waiting
  return and(waiting, sql`${syncRuns.id} in ${withRoom(now, maxOfSite)}`)
}

/** Ids of the runs that may be started now; a site's oldest first. */
function withRoom(now: Date, maxOfSite: number): SQL {
  return sql`(select id from (
      select r.id, r.is_waiting,
             row_number() over (partition by c.site, r.is_waiting order by r.queued_at, r.id) as place,
             count(*) filter (where not r.is_waiting) over (partition by c.site) as at_work
        from (select id, space_id, queued_at, state = 'queued' or lease_until < ${now.toISOString()} as is_waiting
                from ${syncRuns} where state in ('queued', 'running')) r
        join ${spaces} s on s.id = r.space_id join ${sitesOfConnections} c on c.id = s.connection_id) o
    where is_waiting and place <= ${maxOfSite}::int - at_work)`
}

export async function listRuns(db: Db, runIds: number[]): Promise<SyncRun[]> {
  return runIds.length === 0 ? [] : db.select().from(syncRuns).where(inArray(syncRuns.id, runIds))
}
