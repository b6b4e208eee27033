// What was made of pages' texts: chunks with their postings, and links.
import { sql } from 'drizzle-orm'
import type { Database, Db } from '../database.ts'
import { bigints, json } from '../sql.ts'
import { insertPostings, openSegment } from './postings.ts'

/** An edge to another page of the site: by its id, or by its title in a space (null: the page's own space). */
export type PageLink = {
  kind: 'link' | 'include'
  targetPageId: string | null
  targetSpaceKey: string | null
  targetTitle: string | null
}

export type IndexedPage = {
  id: number
  versionNumber: number
  fingerprint: string
  isDegraded: boolean
  unrenderedMacros: string[]
  links: PageLink[]
  /** Undefined: the stored chunks are still right. */
  chunks:
    | { ordinal: number; headingPath: string[]; anchor: string | undefined; text: string; terms: string[] }[]
    | undefined
}

/**
 * Replaces the chunks and links of these pages and notes the version that they were made from, in one transaction. A page
 * whose access set was taken away meanwhile gets none.
 */
export async function writeIndexedPages(database: Database, indexed: IndexedPage[], runId: number): Promise<void> {
  const replaced = indexed.filter((page) => page.chunks !== undefined).map((page) => page.id)
  const chunks = indexed.flatMap(({ id, chunks }) =>
    (chunks ?? []).map(({ terms, anchor, ...chunk }) => ({
      ...chunk,
      pageId: id,
      anchor: anchor ?? null,
      terms: terms.join(' '),
      termCount: terms.length,
    })),
  )
  await database.db.transaction(async (tx) => {
    const segment = await openSegment(database.lexical, tx)
    await tx.execute(sql`delete from chunks where page_id = any(${bigints(replaced)}) and part_id is null`)
    await tx.execute(
      sql`insert into chunks (page_id, space_id, access_set_id, ordinal, heading_path, anchor, text, terms, term_count, segment)
          select p.id, p.space_id, p.access_set_id, r.ordinal, array(select jsonb_array_elements_text(r."headingPath")),
                 r.anchor, r.text, r.terms, r."termCount", ${segment}::bigint
            from jsonb_to_recordset(${json(chunks)}) as r("pageId" bigint, ordinal int, "headingPath" jsonb,
              anchor text, text text, terms text, "termCount" int)
            join pages p on p.id = r."pageId" and p.access_set_id is not null and p.tombstoned_at is null`,
    )
    await insertPostings(tx, segment)
    await replaceLinks(tx, indexed)
    await tx.execute(
      sql`update pages p set indexed_version = r."versionNumber", version_number = r."versionNumber",
            indexed_by_run = ${runId}::bigint, fingerprint = r.fingerprint, is_degraded = r."isDegraded",
            unrendered_macros = array(select jsonb_array_elements_text(r."unrenderedMacros")),
            is_stale = false, failure = null
            from jsonb_to_recordset(${json(indexed.map(({ chunks: _chunks, links: _links, ...page }) => page))})
              as r(id bigint, "versionNumber" int, fingerprint text, "isDegraded" boolean, "unrenderedMacros" jsonb)
           where p.id = r.id`,
    )
  })
}

async function replaceLinks(tx: Db, indexed: IndexedPage[]): Promise<void> {
  const links = indexed.flatMap(({ id, links }) => links.map((link) => ({ pageId: id, ...link })))
  await tx.execute(sql`delete from page_links where page_id = any(${bigints(indexed.map(({ id }) => id))})`)
  if (links.length === 0) return
  await tx.execute(
    sql`insert into page_links (page_id, kind, target_page_id, target_space_key, target_title)
        select p.id, r.kind, r."targetPageId", r."targetSpaceKey", r."targetTitle"
          from jsonb_to_recordset(${json(links)}) as r("pageId" bigint, kind text, "targetPageId" text,
            "targetSpaceKey" text, "targetTitle" text)
          join pages p on p.id = r."pageId" and p.access_set_id is not null and p.tombstoned_at is null`,
  )
}
