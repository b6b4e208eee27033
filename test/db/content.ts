// A site's content, written straight into the tables.
import { sql } from 'drizzle-orm'
import type { Database } from '../../src/db/database.ts'
import { insertPostings, openSegment } from '../../src/db/queries/postings.ts'
import { accessSets } from '../../src/db/schema/access.ts'
import { connections } from '../../src/db/schema/connections.ts'
import { chunks, pages, spaces } from '../../src/db/schema/content.ts'
import { type DatabaseKind, openTestDatabase } from '../support/database.ts'

export type ContentPage = {
  pageId: string
  accessSetId: number
  title?: string
  /** Terms of each chunk, in order; its text is the same. */
  chunks: string[]
  headingPath?: string[]
  anchor?: string
}

let count = 0

export async function insertConnection(
  { db }: Database,
  values: Partial<typeof connections.$inferInsert> = {},
): Promise<number> {
  count += 1
  const [row] = await db
    .insert(connections)
    .values({
      name: `site-${count}`,
      state: 'active',
      deployment: 'cloud',
      baseUrl: 'https://acme.example/wiki',
      credentialKind: 'token',
      credentialSealed: new Uint8Array(),
      accessMode: 'mirrored',
      scope: { kind: 'all' },
      schedule: '0 * * * *',
      timezone: 'UTC',
      createdBy: 'test',
      ...values,
    })
    .returning({ id: connections.id })
  return row?.id ?? 0
}

export async function insertAccessSet({ db }: Database, connectionId: number): Promise<number> {
  count += 1
  const [row] = await db
    .insert(accessSets)
    .values({ connectionId, layerKey: String(count) })
    .returning({ id: accessSets.id })
  return row?.id ?? 0
}

export async function insertSpace({ db }: Database, connectionId: number, key: string, name = `Space ${key}`) {
  const [row] = await db
    .insert(spaces)
    .values({
      connectionId,
      spaceId: `id-of-${key}`,
      key,
      name,
      type: 'global',
      status: 'current',
      visibility: 'public',
      state: 'INGESTED',
    })
    .returning({ id: spaces.id })
  return row?.id ?? 0
}

/** A database with one connection, one access set and one space, `S`. */
export async function openTestSpace(kind: DatabaseKind) {
  const database = await openTestDatabase(kind)
  const connection = await insertConnection(database)
  const accessSet = await insertAccessSet(database, connection)
  return { database, connection, accessSet, space: await insertSpace(database, connection, 'S') }
}

/** Returns our id of the page. */
export async function insertPage(database: Database, spaceId: number, page: ContentPage): Promise<number> {
  const { db } = database
  const title = page.title ?? `Page ${page.pageId}`
  const [row] = await db
    .insert(pages)
    .values({
      spaceId,
      pageId: page.pageId,
      title,
      status: 'current',
      versionNumber: 1,
      versionAt: new Date('2026-03-04T05:06:07Z'),
      webPath: `/spaces/X/pages/${page.pageId}`,
      accessSetId: page.accessSetId,
      indexedVersion: 1,
    })
    .returning({ id: pages.id })
  const id = row?.id ?? 0
  if (page.chunks.length === 0) return id
  const segment = await openSegment('postings', db)
  await db.insert(chunks).values(
    page.chunks.map((terms, ordinal) => ({
      pageId: id,
      spaceId,
      accessSetId: page.accessSetId,
      ordinal,
      headingPath: page.headingPath ?? [],
      anchor: page.anchor ?? null,
      text: terms,
      terms,
      termCount: terms.split(' ').length,
      segment,
    })),
  )
  await insertPostings(db, segment)
  return id
}

/** Many chunks of one page at once. `terms` is SQL over the chunk's number `n`. */
export async function insertManyChunks(
  { db }: Database,
  {
    pageRowId,
    spaceId,
    setId,
    count: number,
    terms,
  }: { pageRowId: number; spaceId: number; setId: number; count: number; terms: string },
): Promise<void> {
  const segment = await openSegment('postings', db)
  await db.execute(sql`
    insert into chunks (page_id, space_id, access_set_id, ordinal, heading_path, text, terms, term_count, segment)
    select ${pageRowId}::bigint, ${spaceId}::bigint, ${setId}::bigint, n, '{}', terms, terms, cardinality(string_to_array(terms, ' ')), ${segment}::bigint
      from generate_series(1, ${number}::int) n, lateral (select ${sql.raw(terms)} as terms) t`)
  await insertPostings(db, segment)
}
