// The runs of the sync and their proof.
import { sql } from 'drizzle-orm'
import { index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { spaces } from './content.ts'
import { id, instant, reference } from './columns.ts'

export type RunCounts = {
  listed: number
  stored: number
  unchanged: number
  updated: number
  failed: number
  excluded: number
  /** Excluded pages by the rule that left them out. */
  excludedBy?: Record<string, number>
  deleted: number
  /** Attachments and comments; absent where there are none. */
  parts?: PartCounts
  /** Pages that vanished in such a number that they are only hidden until an admin confirms it. */
  held?: number
  /** What became of the pages that a run of kind `pages` was told of, at most 50. */
  pages?: PageOutcome[]
}

/** `what` is a code for programs; `text` says it to people. */
export type PageOutcome = {
  pageId: string
  what: 'updated' | 'unchanged' | 'excluded' | 'outside' | 'gone' | 'moved' | 'failed'
  text: string
}

/** What hangs on the pages that are served. `listed` holds all of it, each `unchanged`, updated, `failed` or `excluded`. */
export type PartCounts = {
  listed: number
  /** Whose text is searched; that of one that failed may be of an older version. */
  stored: number
  unchanged: number
  failed: number
  excluded: number
  /** Excluded ones by the rule that left them out. */
  excludedBy?: Record<string, number>
}

/** One execution for one space. At most one of a space is queued or running. `pages` fetches what `page_hints` names. */
export const syncRuns = pgTable(
  'sync_runs',
  {
    id: id(),
    spaceId: reference('space_id')
      .notNull()
      .references(() => spaces.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['full', 'incremental', 'census', 'pages'] }).notNull(),
    state: text('state', { enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled'] }).notNull(),
    /** Asked for while this run was under way, and so too late for its census: queued when it ends. */
    rerunKind: text('rerun_kind', { enum: ['full', 'incremental'] }),
    requestedBy: text('requested_by').notNull(),
    /** Who runs it, and until when that is believed; a run whose lease ended is picked up by another worker. */
    worker: text('worker'),
    leaseUntil: instant('lease_until'),
    counts: jsonb('counts').$type<RunCounts>(),
    error: text('error'),
    queuedAt: instant('queued_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    uniqueIndex('sync_runs_one_open')
      .on(t.spaceId)
      .where(sql`${t.state} in ('queued', 'running')`),
    index('sync_runs_by_space').on(t.spaceId, t.queuedAt),
  ],
)

/** Pages that somebody or the site says have changed: fetched by themselves, without a census of the space. */
export const pageHints = pgTable(
  'page_hints',
  {
    spaceId: reference('space_id')
      .notNull()
      .references(() => spaces.id, { onDelete: 'cascade' }),
    /** Confluence's page id. */
    pageId: text('page_id').notNull(),
    hintedAt: instant('hinted_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.spaceId, t.pageId] })],
)

/** Sites that asked to be left alone for a while; every replica obeys. */
export const siteHolds = pgTable('site_holds', {
  baseUrl: text('base_url').primaryKey(),
  heldUntil: instant('held_until').notNull(),
})
