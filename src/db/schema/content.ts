// What is synced and searched: spaces, pages, chunks and their indexes. Ids of Confluence are text.
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  pgSequence,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { layers, accessSets } from './access.ts'
import { connections } from './connections.ts'
import { byteText, createdAt, halfvec, id, instant, reference } from './columns.ts'

export const spaces = pgTable(
  'spaces',
  {
    id: id(),
    connectionId: reference('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    /** Confluence's space id. */
    spaceId: text('space_id').notNull(),
    key: text('key').notNull(),
    name: text('name').notNull(),
    type: text('type', { enum: ['global', 'personal', 'other'] }).notNull(),
    status: text('status', { enum: ['current', 'archived'] }).notNull(),
    homepageId: text('homepage_id'),
    /** `internal` content reaches only agents, admins and the space's owner. */
    visibility: text('visibility', { enum: ['public', 'internal'] }).notNull(),
    state: text('state', { enum: ['PENDING', 'IN_PROGRESS', 'INGESTED', 'ERROR'] }).notNull(),
    /** Why the state is ERROR, or what limits who may read the space; a sentence for admins. */
    error: text('error'),
    layerId: reference('layer_id').references(() => layers.id),
    /** Newest source change fully processed; moved only by a run that succeeded. */
    watermarkAt: instant('watermark_at'),
    lastSyncedAt: instant('last_synced_at'),
    /** When the permissions of this space were last read completely. */
    permissionsReadAt: instant('permissions_read_at'),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('spaces_confluence').on(t.connectionId, t.spaceId), index('spaces_key').on(sql`lower(${t.key})`)],
)

/**
 * A page as the census last listed it. Not served while tombstoned, never indexed, or without an access set. A tombstone
 * that keeps `indexed_version` is held: the page is hidden, its chunks wait for an admin's word or for its return.
 */
export const pages = pgTable(
  'pages',
  {
    id: id(),
    spaceId: reference('space_id')
      .notNull()
      .references(() => spaces.id, { onDelete: 'cascade' }),
    /** Confluence's page id. */
    pageId: text('page_id').notNull(),
    kind: text('kind', { enum: ['page', 'blogpost'] })
      .notNull()
      .default('page'),
    title: text('title').notNull(),
    status: text('status', { enum: ['current', 'archived'] }).notNull(),
    parentId: text('parent_id'),
    parentType: text('parent_type'),
    position: integer('position'),
    /** Everything above it, top first, folders included; as the last census found it. */
    ancestorIds: text('ancestor_ids').array().notNull().default([]),
    ancestorTitles: text('ancestor_titles').array().notNull().default([]),
    /** The version that the census listed. */
    versionNumber: integer('version_number').notNull(),
    versionAt: instant('version_at').notNull(),
    /** When it was created in Confluence. */
    sourceCreatedAt: instant('source_created_at'),
    authorId: text('author_id'),
    lastEditorId: text('last_editor_id'),
    labels: text('labels').array().notNull().default([]),
    webPath: text('web_path').notNull(),
    accessSetId: reference('access_set_id').references(() => accessSets.id),
    /** The version whose chunks are stored; null until the first succeeded. */
    indexedVersion: integer('indexed_version'),
    /** The run that last compared its chunks with its text: taken up again, it need not do so twice. */
    indexedByRun: reference('indexed_by_run'),
    /** The rule of the connection that leaves it out; its text is then not fetched. */
    exclusion: text('exclusion'),
    /** Hash of what the chunks were made from (title, path, content). */
    fingerprint: text('fingerprint'),
    /** Title, path or labels changed since the chunks were made, without a new version. */
    isStale: boolean('is_stale').notNull().default(false),
    isDegraded: boolean('is_degraded').notNull().default(false),
    unrenderedMacros: text('unrendered_macros').array().notNull().default([]),
    /** Why the last attempt to store this version failed; null when it did not. */
    failure: text('failure'),
    tombstonedAt: instant('tombstoned_at'),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('pages_confluence').on(t.spaceId, t.pageId),
    index('pages_by_confluence_id').on(t.pageId),
    index('pages_by_access_set').on(t.accessSetId),
  ],
)

/** What a page links to or includes. The other page has readers of its own, so its text is never copied here. */
export const pageLinks = pgTable(
  'page_links',
  {
    id: id(),
    pageId: reference('page_id')
      .notNull()
      .references(() => pages.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['link', 'include'] }).notNull(),
    /** Confluence's page id; null where the page is named by space and title. */
    targetPageId: text('target_page_id'),
    /** Null: the page's own space. */
    targetSpaceKey: text('target_space_key'),
    targetTitle: text('target_title'),
  },
  (t) => [index('page_links_by_page').on(t.pageId)],
)

/** An attachment or a comment of a page, searched under the page's access set. */
export const pageParts = pgTable(
  'page_parts',
  {
    id: id(),
    pageId: reference('page_id')
      .notNull()
      .references(() => pages.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['attachment', 'comment'] }).notNull(),
    /** Confluence's id. */
    partId: text('part_id').notNull(),
    /** An attachment's file name. */
    title: text('title').notNull(),
    mediaType: text('media_type'),
    fileSize: bigint('file_size', { mode: 'number' }),
    versionNumber: integer('version_number').notNull(),
    versionAt: instant('version_at').notNull(),
    authorId: text('author_id'),
    webPath: text('web_path'),
    /** The version whose text is stored, or of which is known that it holds none that we read. */
    indexedVersion: integer('indexed_version'),
    /** The run that last read it: taken up again, it need not do so twice. */
    indexedByRun: reference('indexed_by_run'),
    /** The page's title, path or labels changed since its chunks were made. */
    isStale: boolean('is_stale').notNull().default(false),
    /** What of it is not searched although it was read: a long file was cut, another holds no text; a sentence for admins. */
    notice: text('notice'),
    /** The rule that leaves this version out: its type, its size, or that nothing can be read in it. */
    exclusion: text('exclusion'),
    /** Why the last attempt to store this version failed; it is tried again. */
    failure: text('failure'),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('page_parts_confluence').on(t.pageId, t.partId)],
)

/** The searchable unit. Carries its page's access set, so that the filter needs no join. */
export const chunks = pgTable(
  'chunks',
  {
    id: id(),
    pageId: reference('page_id')
      .notNull()
      .references(() => pages.id, { onDelete: 'cascade' }),
    /** The attachment or comment whose text it is; null: the page's own. */
    partId: reference('part_id').references(() => pageParts.id, { onDelete: 'cascade' }),
    spaceId: reference('space_id').notNull(),
    accessSetId: reference('access_set_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    headingPath: text('heading_path').array().notNull(),
    anchor: text('anchor'),
    text: text('text').notNull(),
    /** Search terms of all fields, analysed and repeated by field weight, separated by blanks (core/search/analysis.ts). */
    terms: text('terms').notNull(),
    termCount: integer('term_count').notNull(),
    /** Where its postings are; null where the extension ranked when the chunk was written. */
    segment: reference('segment'),
  },
  (t) => [
    uniqueIndex('chunks_page_ordinal').on(t.pageId, sql`coalesce(${t.partId}, 0)`, t.ordinal),
    index('chunks_by_part')
      .on(t.partId)
      .where(sql`${t.partId} is not null`),
    index('chunks_by_access_set').on(t.accessSetId),
    index('chunks_by_space').on(t.spaceId),
    index('chunks_by_segment').on(t.segment),
  ],
)

/** Numbers of the segments, each the postings of the chunks that were written together. */
export const segments = pgSequence('postings_segment')

/**
 * Inverted index for servers without pg_textsearch; empty where the extension ranks. A row holds all chunks of a segment
 * that have the term: for 1 million postings 1.7 s and 19 MB, where a row for each took 3.5 s and 99 MB, and 8.1 s with a
 * foreign key and an index by chunk (November 2026). No foreign key: the trigger `chunks_drop_postings` (migration
 * 0005) takes the postings of deleted chunks out again, by the terms that they hold.
 */
export const postings = pgTable(
  'postings',
  {
    term: byteText('term').notNull(),
    segment: reference('segment').notNull(),
    chunkIds: reference('chunk_ids').array().notNull(),
    /** How often each of them holds the term. */
    frequencies: smallint('frequencies').array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.term, t.segment] })],
)

/** Vectors of chunks, with the model that made them, so that changing the model never breaks search. */
export const chunkEmbeddings = pgTable(
  'chunk_embeddings',
  {
    chunkId: reference('chunk_id')
      .notNull()
      .references(() => chunks.id, { onDelete: 'cascade' }),
    model: text('model').notNull(),
    dimensions: integer('dimensions').notNull(),
    embedding: halfvec('embedding').notNull(),
  },
  (t) => [primaryKey({ columns: [t.chunkId, t.model] })],
)
