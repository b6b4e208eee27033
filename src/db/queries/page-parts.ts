import { and, eq, isNull, sql } from 'drizzle-orm'
import { type Database, type Db, rows } from '../database.ts'
import { pageParts, pages } from '../schema/content.ts'
import { bigints, json } from '../sql.ts'
import { insertPostings, openSegment } from './postings.ts'

export type StoredPart = {
  id: number
  pageRowId: number
  partId: string
  versionNumber: number
  indexedVersion: number | null
  failure: string | null
}

/** What is known to hang on the living pages of a space. */
export async function listStoredParts(db: Db, spaceId: number): Promise<StoredPart[]> {
  return db
    .select({
      id: pageParts.id,
      pageRowId: pageParts.pageId,
      partId: pageParts.partId,
      versionNumber: pageParts.versionNumber,
      indexedVersion: pageParts.indexedVersion,
      failure: pageParts.failure,
    })
    .from(pageParts)
    .innerJoin(pages, eq(pages.id, pageParts.pageId))
    .where(and(eq(pages.spaceId, spaceId), isNull(pages.tombstonedAt)))
}

export type PartRow = {
  pageRowId: number
  kind: 'attachment' | 'comment'
  partId: string
  title: string
  mediaType: string | null
  fileSize: number | null
  versionNumber: number
  versionAt: string
  authorId: string | null
  webPath: string | null
}

/** Writes what was listed. Returns our row ids in the order given. */
export async function upsertParts(db: Db, parts: PartRow[]): Promise<number[]> {
  const written = await rows<{ id: string | number; pageRowId: string | number; partId: string }>(
    db,
    sql`insert into page_parts (page_id, kind, part_id, title, media_type, file_size, version_number, version_at,
          author_id, web_path)
        select "pageRowId", kind, "partId", title, "mediaType", "fileSize", "versionNumber", "versionAt", "authorId",
               "webPath"
          from jsonb_to_recordset(${json(parts)}) as r("pageRowId" bigint, kind text, "partId" text, title text,
            "mediaType" text, "fileSize" bigint, "versionNumber" int, "versionAt" timestamptz, "authorId" text,
            "webPath" text)
        on conflict (page_id, part_id) do update set
          title = excluded.title, media_type = excluded.media_type, file_size = excluded.file_size,
          version_number = excluded.version_number, version_at = excluded.version_at,
          author_id = excluded.author_id, web_path = excluded.web_path
        returning id, page_id as "pageRowId", part_id as "partId"`,
  )
  const idOf = new Map(written.map((row) => [`${row.pageRowId} ${row.partId}`, Number(row.id)]))
  return parts.map(({ pageRowId, partId }) => {
    const id = idOf.get(`${pageRowId} ${partId}`)
    if (id === undefined) throw new Error(`part ${partId} was not written`)
    return id
  })
}

/** Forgets parts that are gone, with their chunks. */
export async function deleteParts(db: Db, ids: number[]): Promise<void> {
  await db.execute(sql`delete from page_parts where id = any(${bigints(ids)})`)
}

export type IndexedPart = {
  id: number
  versionNumber: number
  /** Why there are no chunks and never will be, of this version. */
  exclusion: string | null
  chunks: { ordinal: number; headingPath: string[]; anchor: string | undefined; text: string; terms: string[] }[]
}

/** Replaces the chunks of these parts and notes the version that they were made from, in one transaction. */
export async function writeIndexedParts(database: Database, indexed: IndexedPart[]): Promise<void> {
  const ids = bigints(indexed.map(({ id }) => id))
  const chunks = indexed.flatMap(({ id, chunks }) =>
    chunks.map(({ terms, anchor, ...chunk }) => ({
      ...chunk,
      partId: id,
      anchor: anchor ?? null,
      terms: terms.join(' '),
      termCount: terms.length,
    })),
  )
  await database.db.transaction(async (tx) => {
    const segment = await openSegment(database.lexical, tx)
    await tx.execute(sql`delete from chunks where part_id = any(${ids})`)
    await tx.execute(
      sql`insert into chunks (page_id, part_id, space_id, access_set_id, ordinal, heading_path, anchor, text, terms,
            term_count, segment)
          select p.id, part.id, p.space_id, p.access_set_id, r.ordinal,
                 array(select jsonb_array_elements_text(r."headingPath")), r.anchor, r.text, r.terms, r."termCount",
                 ${segment}::bigint
            from jsonb_to_recordset(${json(chunks)}) as r("partId" bigint, ordinal int, "headingPath" jsonb,
              anchor text, text text, terms text, "termCount" int)
            join page_parts part on part.id = r."partId"
            join pages p on p.id = part.page_id and p.access_set_id is not null and p.tombstoned_at is null`,
    )
    await insertPostings(tx, segment)
    await tx.execute(
      sql`update page_parts part set indexed_version = r."versionNumber", exclusion = r.exclusion, failure = null
            from jsonb_to_recordset(${json(indexed.map(({ chunks: _chunks, ...part }) => part))})
              as r(id bigint, "versionNumber" int, exclusion text)
           where part.id = r.id`,
    )
  })
}

export async function markPartsFailed(db: Db, failures: { id: number; reason: string }[]): Promise<void> {
  await db.execute(
    sql`update page_parts part set failure = f.reason
          from jsonb_to_recordset(${json(failures)}) as f(id bigint, reason text) where part.id = f.id`,
  )
}

/** Attachments and comments of a space whose text is stored, and those that failed. */
export async function countParts(db: Db, spaceId: number): Promise<{ stored: number; failed: number }> {
  const [found] = await rows<{ stored: string | number; failed: string | number }>(
    db,
    sql`select count(*) filter (where part.indexed_version is not null and part.exclusion is null) as stored,
               count(*) filter (where part.failure is not null) as failed
          from page_parts part join pages p on p.id = part.page_id
         where p.space_id = ${spaceId} and p.tombstoned_at is null`,
  )
  return { stored: Number(found?.stored ?? 0), failed: Number(found?.failed ?? 0) }
}
