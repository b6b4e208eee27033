// Pages that somebody or the site says have changed. A hint is worked by the next run of its space, of whichever kind.
import { and, eq, gt, lte, sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { pages } from '../schema/content.ts'
import { pageHints } from '../schema/sync-runs.ts'
import { bigints, json, texts } from '../sql.ts'

export type PageHint = { spaceId: number; pageId: string }
export type WaitingHint = typeof pageHints.$inferSelect

/** Remembers that these pages are to be looked at; a page that is hinted at again counts as hinted at now. */
export async function upsertHints(db: Db, hints: PageHint[], now: Date): Promise<void> {
  if (hints.length === 0) return
  await db.execute(
    sql`insert into page_hints (space_id, page_id, hinted_at)
        select distinct "spaceId", "pageId", ${now.toISOString()}::timestamptz
          from jsonb_to_recordset(${json(hints)}) as r("spaceId" bigint, "pageId" text)
         order by 1, 2
        on conflict (space_id, page_id) do update set hinted_at = greatest(page_hints.hinted_at, excluded.hinted_at)`,
  )
}

/** Makes a page be indexed again, whether or not its text is the same. */
export async function markStale(db: Db, spaceId: number, pageId: string): Promise<void> {
  await db
    .update(pages)
    .set({ isStale: true, fingerprint: null })
    .where(and(eq(pages.spaceId, spaceId), eq(pages.pageId, pageId)))
}

/** The oldest hints of a space. */
export function listHints(db: Db, spaceId: number, limit: number): Promise<WaitingHint[]> {
  return db.select().from(pageHints).where(eq(pageHints.spaceId, spaceId)).orderBy(pageHints.hintedAt).limit(limit)
}

/** Forgets hints that were worked, but for pages that were hinted at again meanwhile. */
export async function dropHints(db: Db, spaceId: number, worked: WaitingHint[]): Promise<void> {
  const done = worked.map(({ pageId, hintedAt }) => ({ pageId, hintedAt: hintedAt.toISOString() }))
  await db.execute(
    sql`delete from page_hints h using jsonb_to_recordset(${json(done)}) as r("pageId" text, "hintedAt" timestamptz)
         where h.space_id = ${spaceId} and h.page_id = r."pageId" and h.hinted_at <= r."hintedAt"`,
  )
}

export async function dropHintsBefore(db: Db, spaceId: number, at: Date): Promise<void> {
  await db.delete(pageHints).where(and(eq(pageHints.spaceId, spaceId), lte(pageHints.hintedAt, at)))
}

/** Whether hints of a space wait that came after an instant; null: any. */
export async function hasHintsSince(db: Db, spaceId: number, since: Date | null): Promise<boolean> {
  const [found] = await db
    .select({ pageId: pageHints.pageId })
    .from(pageHints)
    .where(and(eq(pageHints.spaceId, spaceId), since === null ? undefined : gt(pageHints.hintedAt, since)))
    .limit(1)
  return found !== undefined
}

/** Spaces of these that have more hints than `limit`. */
export async function listCrowdedSpaces(db: Db, spaceIds: number[], limit: number): Promise<number[]> {
  const found = await rows<{ spaceId: string | number }>(
    db,
    sql`select space_id as "spaceId" from page_hints where space_id = any(${bigints(spaceIds)})
         group by space_id having count(*) > ${limit}`,
  )
  return found.map(({ spaceId }) => Number(spaceId))
}

export type Holder = { contentId: string; pageId: string; spaceId: number }

/**
 * The space of a connection that holds each of these: ids of pages, or of the attachments and comments of pages, which
 * then stand for their page. What is not stored is absent.
 */
export async function listHolders(db: Db, connectionId: number, contentIds: string[]): Promise<Holder[]> {
  const found = await rows<{ contentId: string; pageId: string; spaceId: string | number }>(
    db,
    sql`select distinct on (p.page_id) p.page_id as "contentId", p.page_id as "pageId", p.space_id as "spaceId"
          from pages p join spaces s on s.id = p.space_id and s.connection_id = ${connectionId}
         where p.page_id = any(${texts(contentIds)})
         order by p.page_id, p.tombstoned_at is not null`,
  )
  const known = new Set(found.map(({ contentId }) => contentId))
  const others = contentIds.filter((id) => !known.has(id))
  const parts = others.length === 0 ? [] : await listPartHolders(db, connectionId, others)
  return [...found, ...parts].map((row) => ({ ...row, spaceId: Number(row.spaceId) }))
}

/** Attachments have `att` before their number in lists, but not in webhooks. */
function listPartHolders(db: Db, connectionId: number, partIds: string[]) {
  return rows<{ contentId: string; pageId: string; spaceId: string | number }>(
    db,
    sql`select distinct on (1) regexp_replace(part.part_id, '^att', '') as "contentId", p.page_id as "pageId",
               p.space_id as "spaceId"
          from page_parts part join pages p on p.id = part.page_id
          join spaces s on s.id = p.space_id and s.connection_id = ${connectionId}
         where part.part_id = any(${texts(partIds.flatMap((id) => [id, `att${id}`]))}) order by 1`,
  )
}

/** A synced space of a connection at which content can be looked for that belongs to none yet: an idle one if there is. */
export async function findDoorSpace(db: Db, connectionId: number): Promise<number | undefined> {
  const [found] = await rows<{ id: string | number }>(
    db,
    sql`select s.id from spaces s where s.connection_id = ${connectionId} and s.layer_id is not null
         order by exists (select 1 from sync_runs r where r.space_id = s.id and r.state = 'running'), s.id limit 1`,
  )
  return found === undefined ? undefined : Number(found.id)
}
