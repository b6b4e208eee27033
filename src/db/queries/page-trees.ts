// What hangs below pages.
import { and, eq, sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { spaces } from '../schema/content.ts'
import { bigints, json, texts } from '../sql.ts'
import { ensureAccessSets } from './access.ts'
import type { Space } from './spaces.ts'

/** Some living pages below these, folders in between or not; empty when there are none. */
export async function listChildren(db: Db, spaceId: number, pageIds: string[]): Promise<string[]> {
  const found = await rows<{ pageId: string }>(
    db,
    sql`select page_id as "pageId" from pages where space_id = ${spaceId} and tombstoned_at is null
          and (parent_id = any(${texts(pageIds)}) or ancestor_ids && ${texts(pageIds)}) limit 10`,
  )
  return found.map(({ pageId }) => pageId)
}

/**
 * Adds the layers of a page to all pages below it. Whoever may not read it may not read them either, from now on; whom it was
 * opened for has to wait for the next census. Within a transaction.
 */
export async function tightenBelow(tx: Db, connectionId: number, spaceId: number, pageId: string): Promise<void> {
  const below = sql`select id, access_set_id from pages
    where space_id = ${spaceId} and access_set_id is not null and ancestor_ids @> ${texts([pageId])}`
  const [own] = await rows<{ layerKey: string }>(
    tx,
    sql`select s.layer_key as "layerKey" from pages p join access_sets s on s.id = p.access_set_id
         where p.space_id = ${spaceId} and p.page_id = ${pageId}`,
  )
  if (own === undefined) return
  const sets = await rows<{ id: string | number; layerKey: string }>(
    tx,
    sql`select id, layer_key as "layerKey" from access_sets where id in (select access_set_id from (${below}) b)`,
  )
  const tighter = await ensureAccessSets(
    tx,
    connectionId,
    sets.map(({ layerKey }) => [...layersIn(layerKey), ...layersIn(own.layerKey)]),
  )
  const moves = sets.map(({ id }, i) => ({ from: Number(id), to: tighter[i] })).filter(({ from, to }) => from !== to)
  const mapping = sql`jsonb_to_recordset(${json(moves)}) as m("from" bigint, "to" bigint)`
  const moved = await rows<{ id: string | number }>(
    tx,
    sql`update pages p set access_set_id = m."to" from ${mapping}
         where p.access_set_id = m."from" and p.id in (select id from (${below}) b) returning p.id`,
  )
  await tx.execute(
    sql`update chunks c set access_set_id = p.access_set_id from pages p
         where p.id = c.page_id and p.id = any(${bigints(moved.map(({ id }) => Number(id)))})
           and c.access_set_id <> p.access_set_id`,
  )
}

const layersIn = (layerKey: string): number[] => layerKey.split(',').map(Number)

/** The space of a connection that has this id in Confluence. */
export async function findSpaceByConfluenceId(
  db: Db,
  connectionId: number,
  spaceId: string,
): Promise<Space | undefined> {
  const found = await db
    .select()
    .from(spaces)
    .where(and(eq(spaces.connectionId, connectionId), eq(spaces.spaceId, spaceId)))
  return found[0]
}
