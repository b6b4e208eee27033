// What hangs on connections and spaces that are deleted: counted for the receipt, and taken out of stored answers.
import { sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { bigints, json } from '../sql.ts'

export type StoredContent = { pages: number; chunks: number; attachments: number; comments: number }

/** Everything whose text is stored, hidden pages too. */
export async function countContent(db: Db, spaceIds: number[]): Promise<StoredContent> {
  const ids = bigints(spaceIds)
  const [found] = await rows<Record<keyof StoredContent, string | number>>(
    db,
    sql`select (select count(*) from pages where space_id = any(${ids}) and indexed_version is not null) as pages,
               (select count(*) from chunks where space_id = any(${ids})) as chunks,
               count(*) filter (where part.kind = 'attachment') as attachments,
               count(*) filter (where part.kind = 'comment') as comments
          from page_parts part join pages p on p.id = part.page_id
         where p.space_id = any(${ids}) and part.indexed_version is not null and part.exclusion is null`,
  )
  return {
    pages: Number(found?.pages ?? 0),
    chunks: Number(found?.chunks ?? 0),
    attachments: Number(found?.attachments ?? 0),
    comments: Number(found?.comments ?? 0),
  }
}

/**
 * Stored answers that quote pages of these spaces, or name them as near: page ids alone may be those of another site, so
 * site and space are compared too. A page that another living connection to the same site serves is not taken away.
 */
const quoting = (spaceIds: number[]) => sql`
  select q.id from questions q
    cross join lateral jsonb_array_elements(
      case when jsonb_typeof(q.answer -> 'citations') = 'array' then q.answer -> 'citations' else '[]'::jsonb end ||
      case when jsonb_typeof(q.answer -> 'nearest') = 'array' then q.answer -> 'nearest' else '[]'::jsonb end
    ) named
    join spaces s on s.id = any(${bigints(spaceIds)}) and lower(s.key) = lower(named ->> 'spaceKey')
    join connections c on c.id = s.connection_id and starts_with((named ->> 'url') || '/', c.base_url || '/')
   where not exists (
     select 1 from spaces other join connections o on o.id = other.connection_id
      where (o.base_url = c.base_url or o.site_key = c.site_key) and o.id <> c.id and o.state in ('active', 'paused') and other.space_id = s.space_id)`

export async function countAnswers(db: Db, spaceIds: number[]): Promise<number> {
  const [found] = await rows<{ answers: string | number }>(
    db,
    sql`select count(distinct id) as answers from (${quoting(spaceIds)}) quoting`,
  )
  return Number(found?.answers ?? 0)
}

/** Blanks them; the question stays claimed, so that a late delivery of it is not answered again. Returns how many. */
export async function blankAnswers(db: Db, spaceIds: number[]): Promise<number> {
  const blanked = await rows<{ id: string }>(
    db,
    sql`update questions set answer = null where id in (${quoting(spaceIds)}) returning id`,
  )
  await db.execute(
    sql`delete from answer_citations where question_id in
          (select value::uuid from jsonb_array_elements_text(${json(blanked.map(({ id }) => id))}))`,
  )
  return blanked.length
}
