// The inverted index of databases that pg_textsearch does not rank.
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'

/** Adds the postings of the chunks that meet the condition: new ones, written as having them. */
export async function insertPostings(db: Db, ofChunks: SQL): Promise<void> {
  await insertFrom(db, sql`select id, terms from chunks where ${ofChunks}`)
}

/**
 * Adds the postings of every chunk that has none: all of them after the extension that ranked before has gone, and none
 * otherwise. For start-up.
 */
export async function rebuildPostings(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    // Writers insert chunks and their postings in one transaction: those that are under way wait here.
    await tx.execute(sql`lock table postings in share row exclusive mode`)
    await insertFrom(tx, sql`select id, terms from chunks where not has_postings`)
    await tx.execute(sql`update chunks set has_postings = true where not has_postings`)
  })
}

/** Sorted like the primary key, so that a bulk insertion fills its pages in order. `frequency` is a smallint. */
async function insertFrom(db: Db, chunkTerms: SQL): Promise<void> {
  await db.execute(
    sql`insert into postings (term, chunk_id, frequency)
        select term, chunk.id, least(count(*), 32767)
          from (${chunkTerms}) chunk, unnest(string_to_array(chunk.terms, ' ')) term
         where term <> '' group by term, chunk.id order by term, chunk.id`,
  )
}
