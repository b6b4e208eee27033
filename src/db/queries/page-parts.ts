import { and, eq, isNull, sql } from 'drizzle-orm'
import { type Database, type Db, rows } from '../database.ts'
import { pageParts, pages } from '../schema/content.ts'
import { type PartCounts, syncRuns } from '../schema/sync-runs.ts'
import { bigints, json } from '../sql.ts'
import { insertPostings, openSegment } from './postings.ts'

/** What is stored of an attachment or comment, as far as a listing compares it. */
export type StoredPart = {
  id: number
  pageRowId: number
  /** Confluence's ids. */
  pageId: string
  partId: string
  kind: 'attachment' | 'comment'
  title: string
  webPath: string | null
  /** The version that was last listed. */
  versionNumber: number
  indexedVersion: number | null
  /** The run that last read it, whether or not that came to anything. */
  indexedByRun: number | null
  /** When that run began. */
  readAt: Date | null
  isStale: boolean
  exclusion: string | null
  failure: string | null
}

/** What is known to hang on the living pages of a space. */
export async function listStoredParts(db: Db, spaceId: number): Promise<StoredPart[]> {
  return db
    .select({
      id: pageParts.id,
      pageRowId: pageParts.pageId,
      pageId: pages.pageId,
      partId: pageParts.partId,
      kind: pageParts.kind,
      title: pageParts.title,
      webPath: pageParts.webPath,
      versionNumber: pageParts.versionNumber,
      indexedVersion: pageParts.indexedVersion,
      indexedByRun: pageParts.indexedByRun,
      readAt: syncRuns.startedAt,
      isStale: pageParts.isStale,
      exclusion: pageParts.exclusion,
      failure: pageParts.failure,
    })
    .from(pageParts)
    .innerJoin(pages, eq(pages.id, pageParts.pageId))
    .leftJoin(syncRuns, eq(syncRuns.id, pageParts.indexedByRun))
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

/** Rows of one statement. */
const rowsAtATime = 500

/** Writes what was listed; why an older version failed is forgotten. Returns our row ids in the order given. */
export async function upsertParts(db: Db, parts: PartRow[]): Promise<number[]> {
  const ids: number[] = []
  for (let start = 0; start < parts.length; start += rowsAtATime)
    ids.push(...(await upsertBatch(db, parts.slice(start, start + rowsAtATime))))
  return ids
}

async function upsertBatch(db: Db, parts: PartRow[]): Promise<number[]> {
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
          author_id = excluded.author_id, web_path = excluded.web_path,
          is_stale = page_parts.is_stale or (page_parts.kind = 'attachment' and page_parts.title <> excluded.title),
          failure = case when page_parts.version_number = excluded.version_number then page_parts.failure end
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

export type PartChunk = { ordinal: number; headingPath: string[]; anchor: string | undefined; text: string }

export type IndexedPart = {
  id: number
  versionNumber: number
  /** The rule by which there are no chunks, and will be none of this version as long as the rules stay. */
  exclusion: string | null
  /** What of it is not searched, and why; a sentence that names the file. */
  notice: string | null
  chunks: (PartChunk & { terms: string[] })[]
}

/** Replaces the chunks of these parts and notes the version that they were made from, in one transaction. */
export async function writeIndexedParts(database: Database, indexed: IndexedPart[], runId: number): Promise<void> {
  await database.db.transaction(async (tx) => {
    await replaceChunks(database, tx, indexed)
    await tx.execute(
      sql`update page_parts part set indexed_version = r."versionNumber", indexed_by_run = ${runId}::bigint,
            is_stale = false, exclusion = r.exclusion, notice = r.notice, failure = null
            from jsonb_to_recordset(${json(indexed.map(({ chunks: _chunks, ...part }) => part))})
              as r(id bigint, "versionNumber" int, exclusion text, notice text)
           where part.id = r.id`,
    )
  })
}

/** What is stored of these parts' text, in reading order. */
export async function listPartChunks(db: Db, partIds: number[]): Promise<Map<number, PartChunk[]>> {
  const found = await rows<Omit<PartChunk, 'anchor'> & { partId: string | number; anchor: string | null }>(
    db,
    sql`select part_id as "partId", ordinal, heading_path as "headingPath", anchor, text from chunks
         where part_id = any(${bigints(partIds)}) order by part_id, ordinal`,
  )
  const chunks = new Map<number, PartChunk[]>(partIds.map((id) => [id, []]))
  for (const { partId, anchor, ...chunk } of found)
    chunks.get(Number(partId))?.push({ ...chunk, anchor: anchor ?? undefined })
  return chunks
}

/** The same text with other terms. When it was last read in vain stays as it is. */
export async function rewriteParts(
  database: Database,
  remade: Pick<IndexedPart, 'id' | 'chunks'>[],
  runId: number,
): Promise<void> {
  await database.db.transaction(async (tx) => {
    await replaceChunks(database, tx, remade)
    await tx.execute(
      sql`update page_parts set is_stale = false,
            indexed_by_run = case when failure is null then ${runId}::bigint else indexed_by_run end
           where id = any(${bigints(remade.map(({ id }) => id))})`,
    )
  })
}

async function replaceChunks(database: Database, tx: Db, indexed: Pick<IndexedPart, 'id' | 'chunks'>[]): Promise<void> {
  const chunks = indexed.flatMap(({ id, chunks }) =>
    chunks.map(({ terms, anchor, ...chunk }) => ({
      ...chunk,
      partId: id,
      anchor: anchor ?? null,
      terms: terms.join(' '),
      termCount: terms.length,
    })),
  )
  const segment = await openSegment(database.lexical, tx)
  await tx.execute(sql`delete from chunks where part_id = any(${bigints(indexed.map(({ id }) => id))})`)
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
}

export type FailedPart = {
  id: number
  reason: string
  /** The file came, and reading it failed: not tried by every run, for it may cost much. */
  wasRead: boolean
}

export async function markPartsFailed(db: Db, failures: FailedPart[], runId: number): Promise<void> {
  if (failures.length === 0) return
  await db.execute(
    sql`update page_parts part set failure = f.reason,
            indexed_by_run = case when f."wasRead" then ${runId}::bigint end
          from jsonb_to_recordset(${json(failures)}) as f(id bigint, reason text, "wasRead" boolean)
         where part.id = f.id`,
  )
}

/** What hangs on the living pages of a space; `unchanged` is what this run did not have to read. */
export async function countParts(db: Db, spaceId: number, runId: number): Promise<PartCounts> {
  const found = await rows<{ exclusion: string | null } & Record<'listed' | 'stored' | 'failed' | 'unchanged', string>>(
    db,
    sql`select exclusion, count(*) as listed,
               count(*) filter (where indexed_version is not null and exclusion is null) as stored,
               count(*) filter (where failure is not null) as failed,
               count(*) filter (where failure is null and exclusion is null
                 and indexed_by_run is distinct from ${runId}::bigint) as unchanged
          from (
            select part.indexed_version, part.indexed_by_run, part.failure,
                   case when part.failure is null then part.exclusion end as exclusion
              from page_parts part join pages p on p.id = part.page_id
             where p.space_id = ${spaceId} and p.tombstoned_at is null
          ) parts group by exclusion`,
  )
  const counts: PartCounts = { listed: 0, stored: 0, unchanged: 0, failed: 0, excluded: 0 }
  const excludedBy: Record<string, number> = {}
  for (const { exclusion, listed, stored, failed, unchanged } of found) {
    counts.listed += Number(listed)
    counts.stored += Number(stored)
    counts.failed += Number(failed)
    counts.unchanged += Number(unchanged)
    if (exclusion === null) continue
    counts.excluded += Number(listed)
    excludedBy[exclusion] = Number(listed)
  }
  return counts.excluded === 0 ? counts : { ...counts, excludedBy }
}

export type PartReason = {
  spaceId: number
  pageId: string
  /** Of the page. */
  title: string
  kind: 'attachment' | 'comment'
  /** An attachment's file name. */
  name: string
  reason: string
}

/** Attachments and comments whose last attempt failed, at most `limit` a space. */
export function listPartFailures(db: Db, spaceIds: number[], limit: number): Promise<PartReason[]> {
  return listReasons(db, sql`part.failure`, spaceIds, limit)
}

/** Those of which only the beginning is stored, or nothing could be. */
export function listPartNotices(db: Db, spaceIds: number[], limit: number): Promise<PartReason[]> {
  return listReasons(db, sql`part.notice`, spaceIds, limit)
}

async function listReasons(
  db: Db,
  reason: ReturnType<typeof sql>,
  spaceIds: number[],
  limit: number,
): Promise<PartReason[]> {
  const found = await rows<Omit<PartReason, 'spaceId'> & { spaceId: string | number }>(
    db,
    sql`select "spaceId", "pageId", title, kind, name, reason from (
          select p.space_id as "spaceId", p.page_id as "pageId", p.title, part.kind, part.title as name,
                 ${reason} as reason,
                 row_number() over (partition by p.space_id order by p.title, part.title, part.id) as position
            from page_parts part join pages p on p.id = part.page_id
           where ${reason} is not null and p.tombstoned_at is null and p.space_id = any(${bigints(spaceIds)})
        ) f where position <= ${limit} order by "spaceId", position`,
  )
  return found.map((row) => ({ ...row, spaceId: Number(row.spaceId) }))
}
