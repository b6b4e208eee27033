// Ranked retrieval. The viewer's reach is part of each statement here, before any limit: what a viewer may not read
// neither appears nor takes the place of what they may.
import { type SQL, and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Reach } from '../../core/access/reach.ts'
import { type Database, type Db, rows } from '../database.ts'
import { principals } from '../schema/access.ts'
import { connections } from '../schema/connections.ts'
import { chunks, pageParts, pages, spaces } from '../schema/content.ts'
import { bigints, json, storable, texts } from '../sql.ts'

/** BM25's saturation of term frequencies and its length normalisation; chunks_bm25 (migrate.ts) is made with the same. */
const K1 = 1.2
const B = 0.75
/** Nobody asks with more distinct terms; the rest of a pasted log or page is ignored. */
export const MAX_TERMS = 48
/** Chunks above which their average length is taken from a sample of about this size. */
const SAMPLE_SIZE = 10_000

export type SearchOptions = {
  /** Analysed terms, in order of importance. A term that is repeated weighs as often as it occurs. */
  terms: string[]
  reach: Reach
  limit: number
  /** Only these spaces (keys in any case). Undefined: all. */
  spaceKeys?: string[] | undefined
}

/** A chunk with what a passage of it needs. */
export type FoundChunk = {
  chunkId: number
  /** Our id of the attachment or comment whose text it is. */
  partRowId: number | null
  part: {
    kind: 'attachment' | 'comment'
    title: string
    webPath: string | null
    versionAt: Date
  } | null
  /** Who made the part's current version, as far as that is known. */
  partAuthor: string | null
  /** Our id of the page; `pageId` is Confluence's, which two sites may share. */
  pageRowId: number
  pageId: string
  ordinal: number
  title: string
  spaceKey: string
  spaceName: string
  headingPath: string[]
  anchor: string | null
  webPath: string
  versionAt: Date
  text: string
  deployment: 'cloud' | 'datacenter'
  baseUrl: string
}

export type RankedChunk = FoundChunk & { score: number }

/** The best chunks by BM25, best first; as many as `limit` where so many hold a term. */
export async function rankChunks(database: Database, options: SearchOptions): Promise<RankedChunk[]> {
  const frequencies = countTerms(options.terms)
  if (frequencies.length === 0) return []
  const ranked =
    database.lexical === 'pg_textsearch'
      ? await rankByExtension(database.db, frequencies, options)
      : await rankByPostings(database.db, frequencies, options)
  return ranked.toSorted((a, b) => b.score - a.score || a.chunkId - b.chunkId)
}

type TermFrequency = { term: string; frequency: number }

function countTerms(terms: string[]): TermFrequency[] {
  const counts = new Map<string, number>()
  for (const term of terms.map(storable)) {
    const count = counts.get(term)
    if (count !== undefined) counts.set(term, count + 1)
    else if (counts.size < MAX_TERMS) counts.set(term, 1)
  }
  return [...counts].map(([term, frequency]) => ({ term, frequency }))
}

async function rankByExtension(
  db: Db,
  frequencies: TermFrequency[],
  { reach, limit, spaceKeys }: SearchOptions,
): Promise<RankedChunk[]> {
  const query = frequencies.flatMap(({ term, frequency }) => Array.from({ length: frequency }, () => term)).join(' ')
  const distance = sql<number>`${chunks.terms} <@> to_bm25query(${query}, 'chunks_bm25')`
  const found = await db.transaction(async (tx) => {
    // Makes the planner take chunks in the index's order and look up their pages one by one. Left alone it sorts what the
    // filter leaves, at 0.1 ms a chunk (20,000 chunks, November 2026: 2.2 s instead of 15 ms), the more so as the embedded
    // database gathers no statistics by itself.
    await tx.execute(sql`select set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)`)
    return selectChunks(tx, sql<number>`${distance}`.mapWith((value) => -Number(value)).as('distance'))
      .where(and(isServed(reach), isInSpaces(spaceKeys)))
      .orderBy(sql`distance`)
      .limit(limit)
  })
  // Under a filter the extension fills up with chunks that hold no term, which score 0.
  return found.filter(({ score }) => score > 0)
}

/**
 * Matches above which chunks are joined by hash. The planner cannot see how many a row of postings unfolds to, and would
 * look up the chunks of 10,000 matches one by one, or worse (40 s instead of 30 ms, November 2026).
 */
const MAX_LOOKED_UP = 1_000

async function rankByPostings(
  db: Db,
  frequencies: TermFrequency[],
  { reach, limit, spaceKeys }: SearchOptions,
): Promise<RankedChunk[]> {
  const { count, averageLength } = await getLengths(db)
  const terms = sql`${textArray(frequencies.map(({ term }) => term))}`
  // How rare a term is among all chunks, as in the extension: a question ranks alike whoever asks.
  const holders = await rows<{ term: string; holders: number }>(
    db,
    sql`select term, sum(cardinality(chunk_ids))::int as holders from postings where term = any(${terms}) group by term`,
  )
  if (holders.length === 0) return []
  const frequencyOf = new Map(frequencies.map(({ term, frequency }) => [term, frequency]))
  const weights = holders.map((row) => {
    const rarity = Math.log(1 + Math.max(count - row.holders + 0.5, 0.5) / (row.holders + 0.5))
    return { term: row.term, weight: (frequencyOf.get(row.term) ?? 0) * rarity }
  })
  const matches = holders.reduce((sum, row) => sum + row.holders, 0)
  const scored = await db.transaction(async (tx) => {
    // What is turned off still has a price in the plan, so high that PostgreSQL would compile it first: 200 ms a question.
    if (matches > MAX_LOOKED_UP)
      await tx.execute(sql`select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)`)
    return rows<{ id: string | number; score: number }>(
      tx,
      sql`with matches as materialized (
            select query.weight, held.chunk_id, held.frequency
              from jsonb_to_recordset(${json(weights)}) as query(term text, weight float8)
              join postings on postings.term = query.term,
                   unnest(postings.chunk_ids, postings.frequencies) as held(chunk_id, frequency)
             where postings.term = any(${terms})
          )
          select chunks.id, sum(weight * matches.frequency * ${K1 + 1}::float8
              / (matches.frequency + ${K1}::float8 * (${1 - B}::float8 + ${B}::float8 * chunks.term_count / ${averageLength}::float8))) as score
            from matches join chunks on chunks.id = matches.chunk_id
           where ${isServed(reach)} and ${isInSpaces(spaceKeys) ?? sql`true`}
           group by chunks.id order by score desc, chunks.id limit ${limit}`,
    )
  })
  const scores = new Map(scored.map(({ id, score }) => [Number(id), score]))
  const found = await selectChunks(db, sql<number>`0`).where(sql`${chunks.id} = any(${bigints([...scores.keys()])})`)
  return found.map((chunk) => ({ ...chunk, score: scores.get(chunk.chunkId) ?? 0 }))
}

/** A parameter of type `text[]` whose values the planner sees. */
function textArray(values: string[]): SQL {
  const quoted = values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`)
  return sql`${`{${quoted.join(',')}}`}::text[]`
}

/** Number of chunks and their average length in terms; from a sample where counting them all would take longer than ranking. */
async function getLengths(db: Db): Promise<{ count: number; averageLength: number }> {
  const [table] = await rows<{ estimate: number }>(
    db,
    sql`select reltuples::float8 as estimate from pg_class where oid = 'chunks'::regclass`,
  )
  const estimate = table?.estimate ?? 0
  const percent = estimate > SAMPLE_SIZE ? (100 * SAMPLE_SIZE) / estimate : 100
  const [sample] = await rows<{ count: number; length: number | null }>(
    db,
    sql`select count(*)::float8 as count, avg(term_count)::float8 as length
          from chunks tablesample system (${percent}::real) repeatable (1)`,
  )
  return { count: percent < 100 ? estimate : (sample?.count ?? 0), averageLength: Math.max(1, sample?.length ?? 1) }
}

/** The chunks just before and after these, in reading order. */
export async function listNeighbours(
  db: Db,
  of: Pick<FoundChunk, 'pageRowId' | 'partRowId' | 'ordinal'>[],
  reach: Reach,
): Promise<FoundChunk[]> {
  const wanted = of.map(({ pageRowId, partRowId, ordinal }) => ({ page: pageRowId, part: partRowId ?? 0, ordinal }))
  const found = await selectChunks(db, sql<number>`0`)
    .where(
      and(
        isServed(reach),
        sql`(${chunks.pageId}, coalesce(${chunks.partId}, 0), ${chunks.ordinal}) in (
              select page, part, ordinal + step
                from jsonb_to_recordset(${json(wanted)}) as r(page bigint, part bigint, ordinal int),
                (values (-1), (1)) as steps(step))`,
      ),
    )
    .orderBy(asc(chunks.pageId), asc(chunks.ordinal))
  return found.map(({ score: _score, ...chunk }) => chunk)
}

/** Names of the spaces in which the viewer can find at least one page, sorted. */
export async function listSearchedSpaces(db: Db, reach: Reach): Promise<string[]> {
  const found = await rows<{ name: string }>(
    db,
    sql`select distinct spaces.name from spaces
         where ${isInServedSpace(sql`spaces.id`)}
           and spaces.id in (select space_id from pages
             where ${isReadable(reach, sql`access_set_id`)} and tombstoned_at is null and indexed_version is not null)
         order by spaces.name`,
  )
  return found.map(({ name }) => name)
}

/** Titles and addresses of these pages (Confluence's ids), as far as the viewer may read them. */
export async function listPageAddresses(
  db: Db,
  pageIds: string[],
  reach: Reach,
): Promise<Pick<FoundChunk, 'pageId' | 'title' | 'webPath' | 'deployment' | 'baseUrl'>[]> {
  return db
    .select({
      pageId: pages.pageId,
      title: pages.title,
      webPath: pages.webPath,
      deployment: connections.deployment,
      baseUrl: connections.baseUrl,
    })
    .from(pages)
    .innerJoin(spaces, eq(spaces.id, pages.spaceId))
    .innerJoin(connections, eq(connections.id, spaces.connectionId))
    .where(
      and(
        sql`${pages.pageId} = any(${texts(pageIds)})`,
        isReadable(reach, sql`${pages.accessSetId}`),
        isNull(pages.tombstonedAt),
        isInServedSpace(sql`${spaces.id}`),
      ),
    )
}

function selectChunks(db: Db, score: SQL<number> | SQL.Aliased<number>) {
  return db
    .select({
      chunkId: chunks.id,
      partRowId: chunks.partId,
      part: {
        kind: pageParts.kind,
        title: pageParts.title,
        webPath: pageParts.webPath,
        versionAt: pageParts.versionAt,
      },
      // Not a join: the planner then gives up the order of the index (101 instead of 9 ms a question on the embedded database, 2,848 pages).
      partAuthor: sql<string | null>`(select author.name from ${principals} author
        where author.connection_id = ${spaces.connectionId} and author.kind = 'user' and author.confluence_id = ${pageParts.authorId})`,
      pageRowId: pages.id,
      pageId: pages.pageId,
      ordinal: chunks.ordinal,
      title: pages.title,
      spaceKey: spaces.key,
      spaceName: spaces.name,
      headingPath: chunks.headingPath,
      anchor: chunks.anchor,
      webPath: pages.webPath,
      versionAt: pages.versionAt,
      text: chunks.text,
      deployment: connections.deployment,
      baseUrl: connections.baseUrl,
      score,
    })
    .from(chunks)
    .innerJoin(pages, eq(pages.id, chunks.pageId))
    .innerJoin(spaces, eq(spaces.id, pages.spaceId))
    .innerJoin(connections, eq(connections.id, spaces.connectionId))
    .leftJoin(pageParts, eq(pageParts.id, chunks.partId))
}

/**
 * The filter: chunks within the reach, of pages that still stand, in spaces of living connections. The page's access set
 * is compared too, so that neither row alone can open a page.
 */
function isServed(reach: Reach): SQL {
  return sql`${isReadable(reach, sql`${chunks.accessSetId}`)} and ${isInServedSpace(sql`${chunks.spaceId}`)} and exists (
    select 1 from pages served where served.id = ${chunks.pageId} and served.access_set_id = ${chunks.accessSetId}
      and served.tombstoned_at is null)`
}

function isReadable(reach: Reach, accessSetId: SQL): SQL {
  return reach.kind === 'everything' ? sql`true` : sql`${accessSetId} = any(${bigints(reach.accessSetIds)})`
}

/** As an array, which is computed once for the statement, not joined to every row. */
function isInServedSpace(spaceId: SQL): SQL {
  return sql`${spaceId} = any(array(select living.id from spaces living join connections on connections.id = living.connection_id
    where connections.state in ('active', 'paused')))`
}

function isInSpaces(spaceKeys: string[] | undefined): SQL | undefined {
  if (spaceKeys === undefined) return undefined
  const keys = texts(spaceKeys.map((key) => key.toLowerCase()))
  return sql`${chunks.spaceId} = any(array(select id from spaces where lower(key) = any(${keys})))`
}
