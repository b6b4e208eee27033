import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { pages } from '../schema/content.ts'
import { bigints, json, storable } from '../sql.ts'

/** What is stored of a page, as far as a census compares it. */
export type StoredPage = {
  id: number
  pageId: string
  kind: 'page' | 'blogpost'
  title: string
  status: 'current' | 'archived'
  parentId: string | null
  ancestorIds: string[]
  ancestorTitles: string[]
  position: number | null
  versionNumber: number
  indexedVersion: number | null
  indexedByRun: number | null
  exclusion: string | null
  labels: string[]
  webPath: string
  accessSetId: number | null
  fingerprint: string | null
  isStale: boolean
  failure: string | null
  tombstonedAt: Date | null
}

/** All pages of a space, or those of these ids. */
export async function listStoredPages(db: Db, spaceId: number, pageIds?: string[]): Promise<StoredPage[]> {
  const stored = await db
    .select({
      id: pages.id,
      pageId: pages.pageId,
      kind: pages.kind,
      title: pages.title,
      status: pages.status,
      parentId: pages.parentId,
      // As text, since pages in one place share their path: of 50,000 pages they would else be the largest thing in memory.
      ancestorIds: sql<string>`array_to_json(${pages.ancestorIds})::text`,
      ancestorTitles: sql<string>`array_to_json(${pages.ancestorTitles})::text`,
      position: pages.position,
      versionNumber: pages.versionNumber,
      indexedVersion: pages.indexedVersion,
      indexedByRun: pages.indexedByRun,
      exclusion: pages.exclusion,
      labels: pages.labels,
      webPath: pages.webPath,
      accessSetId: pages.accessSetId,
      fingerprint: pages.fingerprint,
      isStale: pages.isStale,
      failure: pages.failure,
      tombstonedAt: pages.tombstonedAt,
    })
    .from(pages)
    .where(and(eq(pages.spaceId, spaceId), pageIds === undefined ? undefined : inArray(pages.pageId, pageIds)))
  const paths = new Map<string, string[]>()
  const pathOf = (encoded: string): string[] => {
    const known = paths.get(encoded)
    if (known !== undefined) return known
    const path = JSON.parse(encoded) as string[]
    paths.set(encoded, path)
    return path
  }
  return stored.map((page) => ({
    ...page,
    ancestorIds: pathOf(page.ancestorIds),
    ancestorTitles: pathOf(page.ancestorTitles),
  }))
}

/** The pages of a space that are served, or would be: what a census has to list, or to prove gone. */
export async function listLivingPages(
  db: Db,
  spaceId: number,
): Promise<{ pageId: string; kind: StoredPage['kind'] }[]> {
  return db
    .select({ pageId: pages.pageId, kind: pages.kind })
    .from(pages)
    .where(and(eq(pages.spaceId, spaceId), isNull(pages.tombstonedAt)))
}

export type PageRow = {
  pageId: string
  kind: 'page' | 'blogpost'
  title: string
  status: 'current' | 'archived'
  parentId: string | null
  parentType: string | null
  /** Everything above it, top first, folders included. */
  ancestorIds: string[]
  ancestorTitles: string[]
  position: number | null
  versionNumber: number
  versionAt: string
  sourceCreatedAt: string | null
  authorId: string | null
  lastEditorId: string | null
  labels: string[]
  webPath: string
  /** Null only for a page that is left out. */
  accessSetId: number | null
  exclusion: string | null
  /** Whether stored chunks no longer fit the page's title, path or labels. */
  isStale: boolean
}

/**
 * Writes what a census listed, and moves stored chunks to the page's access set: from the end of the transaction on the filter
 * is the new one. A tombstone is lifted. Returns our row ids by Confluence's page id.
 */
export async function upsertPages(tx: Db, spaceId: number, listed: PageRow[]): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (let start = 0; start < listed.length; start += 500)
    for (const [pageId, id] of await upsertBatch(tx, spaceId, listed.slice(start, start + 500))) ids.set(pageId, id)
  return ids
}

async function upsertBatch(db: Db, spaceId: number, batch: PageRow[]): Promise<[string, number][]> {
  const written = await rows<{ id: string | number; pageId: string }>(
    db,
    sql`insert into pages (space_id, page_id, kind, title, status, parent_id, parent_type, ancestor_ids,
          ancestor_titles, position, version_number, version_at, source_created_at, author_id, last_editor_id, labels,
          web_path, access_set_id, exclusion, is_stale)
        select ${spaceId}::bigint, "pageId", kind, title, status, "parentId", "parentType",
               array(select jsonb_array_elements_text("ancestorIds")),
               array(select jsonb_array_elements_text("ancestorTitles")), position, "versionNumber", "versionAt",
               "sourceCreatedAt", "authorId", "lastEditorId", array(select jsonb_array_elements_text(labels)),
               "webPath", "accessSetId", exclusion, "isStale"
          from jsonb_to_recordset(${json(batch)}) as r("pageId" text, kind text, title text, status text,
            "parentId" text, "parentType" text, "ancestorIds" jsonb, "ancestorTitles" jsonb, position int,
            "versionNumber" int, "versionAt" timestamptz, "sourceCreatedAt" timestamptz, "authorId" text,
            "lastEditorId" text, labels jsonb, "webPath" text, "accessSetId" bigint, exclusion text,
            "isStale" boolean)
        on conflict (space_id, page_id) do update set
          kind = excluded.kind, title = excluded.title, status = excluded.status, parent_id = excluded.parent_id,
          parent_type = excluded.parent_type, ancestor_ids = excluded.ancestor_ids,
          ancestor_titles = excluded.ancestor_titles, position = excluded.position,
          version_number = excluded.version_number, version_at = excluded.version_at,
          source_created_at = excluded.source_created_at,
          author_id = excluded.author_id, last_editor_id = excluded.last_editor_id, labels = excluded.labels,
          web_path = excluded.web_path, access_set_id = excluded.access_set_id, tombstoned_at = null,
          exclusion = excluded.exclusion,
          is_stale = pages.is_stale or excluded.is_stale
        returning id, page_id as "pageId"`,
  )
  // Attachments and comments are found by their page's title, path and labels too.
  const stale = new Set(batch.flatMap(({ pageId, isStale }) => (isStale ? [pageId] : [])))
  const staleIds = written.flatMap(({ id, pageId }) => (stale.has(pageId) ? [Number(id)] : []))
  if (staleIds.length > 0)
    await db.execute(sql`update page_parts set is_stale = true where page_id = any(${bigints(staleIds)})`)
  await db.execute(
    sql`update chunks c set access_set_id = p.access_set_id from pages p
         where p.id = c.page_id and p.id = any(${bigints(written.map((row) => Number(row.id)))})
           and c.access_set_id <> p.access_set_id`,
  )
  return written.map(({ pageId, id }) => [pageId, Number(id)])
}

/** Stops serving pages that are gone or no longer visible: their chunks are deleted, a tombstone stays. */
export async function tombstonePages(db: Db, ids: number[], now: Date): Promise<void> {
  await deleteChunks(db, ids)
  await db.execute(
    sql`update pages set tombstoned_at = ${now.toISOString()}::timestamptz, indexed_version = null, fingerprint = null,
          access_set_id = null, failure = null where id = any(${bigints(ids)})`,
  )
}

/** Hides pages at once and keeps their chunks: until they come back, or an admin lets them be deleted. */
export async function holdPages(db: Db, ids: number[], now: Date): Promise<void> {
  await db.execute(
    sql`update pages set tombstoned_at = ${now.toISOString()}::timestamptz where id = any(${bigints(ids)})`,
  )
}

/** Ids of the hidden pages of a space whose chunks are kept. */
export async function listHeldPages(db: Db, spaceId: number): Promise<number[]> {
  const found = await db
    .select({ id: pages.id })
    .from(pages)
    .where(and(eq(pages.spaceId, spaceId), isNotNull(pages.tombstonedAt), isNotNull(pages.indexedVersion)))
  return found.map(({ id }) => id)
}

/** Deletes the chunks of listed pages that a rule leaves out by now. */
export async function dropChunks(db: Db, ids: number[]): Promise<void> {
  await deleteChunks(db, ids)
  await db.execute(
    sql`update pages set indexed_version = null, fingerprint = null, failure = null where id = any(${bigints(ids)})`,
  )
}

/** With those of what hangs on the pages, which is read again when they come back, and with the pages' links. */
async function deleteChunks(db: Db, pageIds: number[]): Promise<void> {
  await db.execute(sql`delete from chunks where page_id = any(${bigints(pageIds)})`)
  await db.execute(sql`delete from page_links where page_id = any(${bigints(pageIds)})`)
  await db.execute(sql`delete from page_parts where page_id = any(${bigints(pageIds)})`)
}

export async function markFailed(db: Db, failures: { id: number; reason: string }[]): Promise<void> {
  await db.execute(
    sql`update pages p set failure = f.reason from jsonb_to_recordset(${json(failures)}) as f(id bigint, reason text)
         where p.id = f.id`,
  )
}

export type FoundPage = StoredPage & { spaceKey: string; accessMode: 'mirrored' | 'shared'; chunkCount: number }

/** A page of a connection by Confluence's id or by its path below the site's base URL. */
export async function findPage(
  db: Db,
  connectionId: number,
  reference: { pageId: string } | { webPath: string },
): Promise<FoundPage | undefined> {
  const match =
    'pageId' in reference
      ? sql`p.page_id = ${storable(reference.pageId)}`
      : sql`p.web_path = ${storable(reference.webPath)}`
  const [found] = await rows<{
    id: string | number
    spaceKey: string
    accessMode: FoundPage['accessMode']
    chunkCount: string | number
  }>(
    db,
    sql`select p.id, s.key as "spaceKey", c.access_mode as "accessMode",
               (select count(*) from chunks where chunks.page_id = p.id) as "chunkCount"
          from pages p join spaces s on s.id = p.space_id join connections c on c.id = s.connection_id
         where s.connection_id = ${connectionId} and ${match}
         order by p.tombstoned_at is not null limit 1`,
  )
  if (found === undefined) return undefined
  const [page] = await db
    .select()
    .from(pages)
    .where(eq(pages.id, Number(found.id)))
  if (page === undefined) return undefined
  return { ...page, spaceKey: found.spaceKey, accessMode: found.accessMode, chunkCount: Number(found.chunkCount) }
}
