import { type SQL, and, eq, gt, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'
import { spaces } from '../schema/content.ts'
import { type RunCounts, syncRuns } from '../schema/sync-runs.ts'
import { dropHintsBefore, hasHintsSince } from './page-hints.ts'
import { sitesOfConnections } from './site-load.ts'
import { restoreSpaceStates } from './spaces.ts'

export type SyncRun = typeof syncRuns.$inferSelect
export type RunKind = SyncRun['kind']

const open = inArray(syncRuns.state, ['queued', 'running'])

/** What a run does, the later ones all that the earlier ones do. */
const kindsByReach: RunKind[] = ['pages', 'census', 'incremental', 'full']
const reachOf = (kind: RunKind | null): number => (kind === null ? -1 : kindsByReach.indexOf(kind))

export type OpenedRun = {
  run: SyncRun
  /** It was queued just now. */
  isNew: boolean
  /** What was asked for comes too late for this run, and follows when it ends. */
  isFollowed: boolean
}

/**
 * Queues a run. Of a space one at most is open: a queued one that would do less than is asked for does that instead; one
 * that is under way may have passed what is meant by it, so that the same follows it. `joins`: it is enough when one of
 * this reach is under way. Hints need no more than a run that is open: those that came too late for it are worked after it.
 */
export async function openRun(
  db: Db,
  values: { spaceId: number; kind: RunKind; requestedBy: string; joins?: boolean },
): Promise<OpenedRun> {
  const { joins = false, ...row } = values
  const [inserted] = await db
    .insert(syncRuns)
    .values({ ...row, state: 'queued' })
    .onConflictDoNothing()
    .returning()
  if (inserted !== undefined) return { run: inserted, isNew: true, isFollowed: false }
  const [existing] = await db
    .select()
    .from(syncRuns)
    .where(and(eq(syncRuns.spaceId, row.spaceId), open))
  const opened = existing === undefined ? undefined : await joinRun(db, existing, row.kind, joins)
  // It went on or ended between the two statements.
  return opened ?? openRun(db, values)
}

/** Undefined when the run is no longer in the state that it was in. */
async function joinRun(db: Db, run: SyncRun, kind: RunKind, joins: boolean): Promise<OpenedRun | undefined> {
  if (run.state === 'queued') {
    if (reachOf(run.kind) >= reachOf(kind)) return { run, isNew: false, isFollowed: false }
    const raised = await changeOpen(db, run, 'queued', { kind })
    return raised === undefined ? undefined : { run: raised, isNew: false, isFollowed: false }
  }
  if (kind === 'pages' || kind === 'census') return { run, isNew: false, isFollowed: true }
  if (joins && reachOf(run.kind) >= reachOf(kind)) return { run, isNew: false, isFollowed: false }
  const rerunKind = reachOf(run.rerunKind) > reachOf(kind) ? run.rerunKind : kind
  const followed = await changeOpen(db, run, 'running', { rerunKind })
  return followed === undefined ? undefined : { run: followed, isNew: false, isFollowed: true }
}

async function changeOpen(
  db: Db,
  { id }: SyncRun,
  state: 'queued' | 'running',
  values: { kind?: RunKind; rerunKind?: SyncRun['rerunKind'] },
): Promise<SyncRun | undefined> {
  const changed = await db
    .update(syncRuns)
    .set(values)
    .where(and(eq(syncRuns.id, id), eq(syncRuns.state, state)))
    .returning()
  return changed[0]
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

/** The clocks of two replicas differ by less. */
const clockMarginMs = 10_000

/**
 * Ends a run; without `counts` those stay that it had reached. Within a transaction, in which what was
 * asked for meanwhile is queued: a census, or the pages that were hinted at since it began. Undefined when the run is not this worker's any
 * more.
 */
export async function finishRun(
  tx: Db,
  run: Pick<SyncRun, 'id' | 'worker'>,
  values: { state: 'succeeded' | 'failed' | 'cancelled'; counts?: RunCounts; error: string | null; finishedAt: Date },
): Promise<{ followedBy: SyncRun | undefined } | undefined> {
  const [ended] = await tx
    .update(syncRuns)
    .set({ ...values, leaseUntil: null })
    .where(ownedBy(run))
    .returning()
  if (ended === undefined) return undefined
  if (values.state === 'cancelled') return { followedBy: undefined }
  // A complete listing knows of everything that was hinted at before it.
  if (values.state === 'succeeded' && ended.kind !== 'pages' && ended.startedAt !== null)
    await dropHintsBefore(tx, ended.spaceId, new Date(ended.startedAt.getTime() - clockMarginMs))
  // Hints that a failed run leaves behind wait for the next one: at once they would only fail again.
  const since = values.state === 'failed' ? ended.startedAt : null
  const kind = ended.rerunKind ?? ((await hasHintsSince(tx, ended.spaceId, since)) ? ('pages' as const) : undefined)
  if (kind === undefined) return { followedBy: undefined }
  const { spaceId, requestedBy } = ended
  const [followedBy] = await tx.insert(syncRuns).values({ spaceId, requestedBy, kind, state: 'queued' }).returning()
  return { followedBy }
}

/** The run that follows one which was asked for while this one was under way; undefined until it is queued. */
export async function findFollower(db: Db, run: Pick<SyncRun, 'id' | 'spaceId'>): Promise<SyncRun | undefined> {
  const [found] = await db
    .select()
    .from(syncRuns)
    .where(and(eq(syncRuns.spaceId, run.spaceId), gt(syncRuns.id, run.id)))
    .orderBy(syncRuns.id)
    .limit(1)
  return found
}

/** Makes a run under way be followed by a complete one. */
export async function askForRerun(db: Db, run: Pick<SyncRun, 'id' | 'worker'>): Promise<void> {
  await db
    .update(syncRuns)
    .set({ rerunKind: sql`coalesce(${syncRuns.rerunKind}, 'incremental')` })
    .where(ownedBy(run))
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
  const updated = await db.update(syncRuns).set(values).where(ownedBy(run)).returning({ id: syncRuns.id })
  return updated.length === 1
}

function ownedBy(run: Pick<SyncRun, 'id' | 'worker'>) {
  return and(eq(syncRuns.id, run.id), eq(syncRuns.worker, run.worker ?? ''), eq(syncRuns.state, 'running'))
}

/**
 * Ends what waits or runs for a connection; a worker that is at it finds out when it next looks. The spaces say
 * again what was so before. Returns whose runs those were. Within a transaction.
 */
export async function cancelOpenRuns(
  db: Db,
  connectionId: number,
  now: Date,
): Promise<{ key: string; wasRunning: boolean }[]> {
  const cancelled = await db
    .select({ id: syncRuns.id, spaceId: spaces.id, key: spaces.key, state: syncRuns.state })
    .from(syncRuns)
    .innerJoin(spaces, eq(spaces.id, syncRuns.spaceId))
    .where(and(open, eq(spaces.connectionId, connectionId)))
    .orderBy(spaces.key)
    .for('update', { of: syncRuns })
  if (cancelled.length === 0) return []
  await db
    .update(syncRuns)
    .set({ state: 'cancelled', finishedAt: now, leaseUntil: null, rerunKind: null })
    .where(
      inArray(
        syncRuns.id,
        cancelled.map(({ id }) => id),
      ),
    )
  await restoreSpaceStates(db, { connectionId })
  return cancelled.map(({ key, state }) => ({ key, wasRunning: state === 'running' }))
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
 * Runs that wait for a worker: queued ones, and running ones whose lease ended; those for single pages first, as somebody waits
 * for them, then the oldest. With `maxOfSite` only as
 * many of each site as may be started while no more than that are at work there.
 */
export async function listWaitingRuns(db: Db, now: Date, maxOfSite?: number): Promise<SyncRun[]> {
  return db
    .select()
    .from(syncRuns)
    .where(startable(now, maxOfSite))
    .orderBy(sql`${syncRuns.kind} <> 'pages'`, syncRuns.queuedAt, syncRuns.id)
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
             row_number() over (partition by c.site, r.is_waiting order by r.kind <> 'pages', r.queued_at, r.id) as place,
             count(*) filter (where not r.is_waiting) over (partition by c.site) as at_work
        from (select id, space_id, kind, queued_at, state = 'queued' or lease_until < ${now.toISOString()} as is_waiting
                from ${syncRuns} where state in ('queued', 'running')) r
        join ${spaces} s on s.id = r.space_id join ${sitesOfConnections} c on c.id = s.connection_id) o
    where is_waiting and place <= ${maxOfSite}::int - at_work)`
}

export async function listRuns(db: Db, runIds: number[]): Promise<SyncRun[]> {
  return runIds.length === 0 ? [] : db.select().from(syncRuns).where(inArray(syncRuns.id, runIds))
}
