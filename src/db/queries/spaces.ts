import { type SQL, and, eq, inArray, sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { bigints, json } from '../sql.ts'
import { connections } from '../schema/connections.ts'
import { spaces } from '../schema/content.ts'
import { type RunCounts, syncRuns } from '../schema/sync-runs.ts'

export type Space = typeof spaces.$inferSelect
export type NewSpace = typeof spaces.$inferInsert

/**
 * Adds spaces or refreshes their name, key and status; state and layers of a known space stay. Pages are found by the name
 * and the key of their space too: those of a renamed one are made anew by the next run.
 */
export async function upsertSpaces(db: Db, values: NewSpace[]): Promise<Space[]> {
  if (values.length === 0) return []
  return db.transaction(async (tx) => {
    await markRenamed(tx, values)
    return writeSpaces(tx, values)
  })
}

/** Without their fingerprints, which do not hold the space's name. */
async function markRenamed(tx: Db, values: NewSpace[]): Promise<void> {
  const named = values.map(({ connectionId, spaceId, key, name }) => ({ connectionId, spaceId, key, name }))
  const renamed = await rows<{ id: string | number }>(
    tx,
    sql`select s.id from spaces s join jsonb_to_recordset(${json(named)})
          as r("connectionId" bigint, "spaceId" text, key text, name text)
          on r."connectionId" = s.connection_id and r."spaceId" = s.space_id
         where s.key <> r.key or s.name <> r.name`,
  )
  if (renamed.length === 0) return
  const spaceIds = bigints(renamed.map(({ id }) => Number(id)))
  await tx.execute(
    sql`update pages set is_stale = true, fingerprint = null
         where space_id = any(${spaceIds}) and indexed_version is not null`,
  )
  await tx.execute(
    sql`update page_parts part set is_stale = true from pages p
         where p.id = part.page_id and p.space_id = any(${spaceIds})`,
  )
}

function writeSpaces(tx: Db, values: NewSpace[]): Promise<Space[]> {
  return tx
    .insert(spaces)
    .values(values)
    .onConflictDoUpdate({
      target: [spaces.connectionId, spaces.spaceId],
      set: {
        key: sql`excluded.key`,
        name: sql`excluded.name`,
        type: sql`excluded.type`,
        status: sql`excluded.status`,
        homepageId: sql`excluded.homepage_id`,
      },
    })
    .returning()
}

export function listSpaces(db: Db, connectionId: number): Promise<Space[]> {
  return db.select().from(spaces).where(eq(spaces.connectionId, connectionId)).orderBy(spaces.key)
}

export async function findSpaceById(db: Db, id: number): Promise<Space | undefined> {
  return (await db.select().from(spaces).where(eq(spaces.id, id)))[0]
}

/** Spaces of living connections with this key, whatever its case. */
export async function listSpacesByKey(
  db: Db,
  key: string,
): Promise<{ space: Space; connectionName: string; baseUrl: string; siteKey: string | null }[]> {
  return db
    .select({
      space: spaces,
      connectionName: connections.name,
      baseUrl: connections.baseUrl,
      siteKey: connections.siteKey,
    })
    .from(spaces)
    .innerJoin(connections, eq(connections.id, spaces.connectionId))
    .where(and(sql`lower(${spaces.key}) = lower(${key})`, inArray(connections.state, ['active', 'paused'])))
}

export async function updateSpace(db: Db, id: number, values: Partial<NewSpace>): Promise<void> {
  await db.update(spaces).set(values).where(eq(spaces.id, id))
}

/**
 * Spaces that are said to be at work, or to wait for it, though no run is: they are again what the last run through them
 * that came to an end has made of them. Those that wait keep that state while their run does.
 */
export async function restoreSpaceStates(db: Db, of: { spaceId: number } | { connectionId: number }): Promise<void> {
  const which = 'spaceId' in of ? eq(spaces.id, of.spaceId) : eq(spaces.connectionId, of.connectionId)
  await db
    .update(spaces)
    .set({
      state: sql`coalesce((select case r.state when 'succeeded' then 'INGESTED' else 'ERROR' end from ${syncRuns} r
          where r.space_id = ${spaces.id} and r.state in ('succeeded', 'failed') and r.kind <> 'pages'
          order by r.finished_at desc, r.id desc limit 1), 'PENDING')`,
    })
    .where(
      and(
        which,
        sql`((${spaces.state} = 'IN_PROGRESS' and not ${hasRun(sql`'running'`)})
          or (${spaces.state} = 'PENDING' and not ${hasRun(sql`'queued', 'running'`)}))`,
      ),
    )
}

const hasRun = (states: SQL): SQL =>
  sql`exists (select from ${syncRuns} r where r.space_id = ${spaces.id} and r.state in (${states}))`

export type SpaceSummary = {
  spaceId: number
  openRun: { state: string; counts: RunCounts | null } | undefined
  lastRun:
    | { state: string; counts: RunCounts | null; finishedAt: Date | null; kind: string; error: string | null }
    | undefined
}

/** For each space its open run and the last one that ended, of those for the whole space. */
export async function listSpaceSummaries(db: Db, spaceIds: number[]): Promise<SpaceSummary[]> {
  const runs = await db
    .selectDistinctOn([syncRuns.spaceId, sql`${syncRuns.finishedAt} is null`], {
      spaceId: syncRuns.spaceId,
      state: syncRuns.state,
      counts: syncRuns.counts,
      kind: syncRuns.kind,
      error: syncRuns.error,
      finishedAt: syncRuns.finishedAt,
    })
    .from(syncRuns)
    // A run for some pages is no proof of a space.
    .where(sql`${syncRuns.spaceId} = any(${bigints(spaceIds)}) and ${syncRuns.kind} <> 'pages'`)
    .orderBy(syncRuns.spaceId, sql`${syncRuns.finishedAt} is null`, sql`${syncRuns.queuedAt} desc`)
  return spaceIds.map((spaceId) => ({
    spaceId,
    openRun: runs.find((run) => run.spaceId === spaceId && run.finishedAt === null),
    lastRun: runs.find((run) => run.spaceId === spaceId && run.finishedAt !== null),
  }))
}

export type PageFailure = { spaceId: number; pageId: string; title: string; reason: string }

/** Pages whose last attempt failed, at most `limit` a space. */
export async function listFailures(db: Db, spaceIds: number[], limit: number): Promise<PageFailure[]> {
  const found = await rows<{ spaceId: string | number; pageId: string; title: string; reason: string }>(
    db,
    sql`select "spaceId", "pageId", title, reason from (
          select space_id as "spaceId", page_id as "pageId", title, failure as reason,
                 row_number() over (partition by space_id order by title) as position
            from pages where failure is not null and tombstoned_at is null and exclusion is null and space_id = any(${bigints(spaceIds)})
        ) f where position <= ${limit} order by "spaceId", title`,
  )
  return found.map((row) => ({ ...row, spaceId: Number(row.spaceId) }))
}

/** Pages that are stored and served, by space. */
export async function countStoredPages(db: Db, spaceIds: number[]): Promise<Map<number, number>> {
  const found = await rows<{ spaceId: string | number; stored: string | number }>(
    db,
    sql`select space_id as "spaceId", count(*) as stored from pages
         where space_id = any(${bigints(spaceIds)}) and tombstoned_at is null and indexed_version is not null
           and access_set_id is not null group by space_id`,
  )
  return new Map(found.map((row) => [Number(row.spaceId), Number(row.stored)]))
}
