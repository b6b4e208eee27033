// The inverted index of databases that pg_textsearch does not rank.
import { sql } from 'drizzle-orm'
import { type Database, type Db, rows } from '../database.ts'

/** Chunks of one segment when postings are made for many; a sync writes as many as a batch of pages has. */
const chunksPerSegment = 2_000

/** The number under which the chunks of one transaction keep their postings; null where the extension ranks. */
export async function openSegment(lexical: Database['lexical'], tx: Db): Promise<number | null> {
  if (lexical !== 'postings') return null
  const [next] = await rows<{ segment: string | number }>(tx, sql`select nextval('postings_segment') as segment`)
  return Number(next?.segment)
}

/** Adds the postings of the chunks that were written with this segment, all of them at once. */
export async function insertPostings(db: Db, segment: number | null): Promise<void> {
  if (segment === null) return
  // Sorted like the primary key, so that a bulk insertion fills its pages in order. `frequencies` are smallints.
  await db.execute(
    sql`insert into postings (term, segment, chunk_ids, frequencies)
        select term, ${segment}::bigint, array_agg(id), array_agg(frequency) from (
          select term, chunk.id, least(count(*), 32767)::smallint as frequency
            from (select id, terms from chunks where segment = ${segment}::bigint) chunk, unnest(string_to_array(chunk.terms, ' ')) term
           where term <> '' group by term, chunk.id
        ) counted group by term order by term`,
  )
}

/**
 * Adds the postings of every chunk that has none: all of them after the extension that ranked before has gone, and none
 * otherwise. For start-up.
 */
export async function rebuildPostings(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    // Writers insert chunks and their postings in one transaction: those that are under way wait here.
    await tx.execute(sql`lock table postings in share row exclusive mode`)
    for (;;) {
      const segment = await openSegment('postings', tx)
      const marked = await rows(
        tx,
        sql`update chunks set segment = ${segment}::bigint
             where id in (select id from chunks where segment is null order by id limit ${chunksPerSegment})
            returning id`,
      )
      if (marked.length === 0) return
      await insertPostings(tx, segment)
    }
  })
}
