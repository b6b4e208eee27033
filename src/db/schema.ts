// The tables. Names are Confluence's and conventions.md's; instants end in `_at`; ids of Confluence are text.
import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea, halfvec } from './columns.ts'

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
const reference = (name: string) => bigint(name, { mode: 'number' })
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const createdAt = () => instant('created_at').notNull().defaultNow()

/** Our app in one Slack workspace or Teams tenant. */
export const installations = pgTable(
  'installations',
  {
    id: id(),
    platform: text('platform', { enum: ['slack', 'teams'] }).notNull(),
    /** Slack team id or Entra tenant id. */
    tenantId: text('tenant_id').notNull(),
    name: text('name').notNull().default(''),
    installedBy: text('installed_by'),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('installations_tenant').on(t.platform, t.tenantId)],
)

/** One authorised link to a Confluence site. A draft has passed its test but its disclaimer is not accepted yet. */
export const connections = pgTable(
  'connections',
  {
    id: id(),
    name: text('name').notNull(),
    state: text('state', { enum: ['draft', 'active', 'paused', 'removed'] }).notNull(),
    deployment: text('deployment', { enum: ['cloud', 'datacenter'] }).notNull(),
    baseUrl: text('base_url').notNull(),
    credentialKind: text('credential_kind', { enum: ['token', 'pat', 'basic'] }).notNull(),
    /** AES-256-GCM over the credential's JSON, bound to this row's name. */
    credentialSealed: bytea('credential_sealed').notNull(),
    accessMode: text('access_mode', { enum: ['mirrored', 'shared'] }).notNull(),
    /** Which spaces: all that the credential sees, or these keys. */
    scope: jsonb('scope').$type<{ kind: 'all' } | { kind: 'spaces'; keys: string[] }>().notNull(),
    schedule: text('schedule').notNull(),
    timezone: text('timezone').notNull(),
    nextSyncAt: instant('next_sync_at'),
    testResult: text('test_result'),
    testRemedy: text('test_remedy'),
    testedAt: instant('tested_at'),
    consentedBy: text('consented_by'),
    consentedAt: instant('consented_at'),
    createdBy: text('created_by').notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('connections_name')
      .on(sql`lower(${t.name})`)
      .where(sql`${t.state} <> 'removed'`),
  ],
)

/** The installations that a connection serves. None listed: every installation of the organisation. */
export const connectionInstallations = pgTable(
  'connection_installations',
  {
    connectionId: reference('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    installationId: reference('installation_id')
      .notNull()
      .references(() => installations.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.connectionId, t.installationId] })],
)

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
    layerId: reference('layer_id').references((): AnyPgColumn => layers.id),
    /** Newest source change fully processed; moved only by a run that succeeded. */
    watermarkAt: instant('watermark_at'),
    lastSyncedAt: instant('last_synced_at'),
    /** When the permissions of this space were last read completely. */
    permissionsReadAt: instant('permissions_read_at'),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('spaces_confluence').on(t.connectionId, t.spaceId), index('spaces_key').on(sql`lower(${t.key})`)],
)

/** A page as the census last listed it. Not served while tombstoned, never indexed, or without an access set. */
export const pages = pgTable(
  'pages',
  {
    id: id(),
    spaceId: reference('space_id')
      .notNull()
      .references(() => spaces.id, { onDelete: 'cascade' }),
    /** Confluence's page id. */
    pageId: text('page_id').notNull(),
    title: text('title').notNull(),
    status: text('status', { enum: ['current', 'archived'] }).notNull(),
    parentId: text('parent_id'),
    parentType: text('parent_type'),
    position: integer('position'),
    /** The version that the census listed. */
    versionNumber: integer('version_number').notNull(),
    versionAt: instant('version_at').notNull(),
    authorId: text('author_id'),
    lastEditorId: text('last_editor_id'),
    labels: text('labels').array().notNull().default([]),
    webPath: text('web_path').notNull(),
    accessSetId: reference('access_set_id').references((): AnyPgColumn => accessSets.id),
    /** The version whose chunks are stored; null until the first succeeded. */
    indexedVersion: integer('indexed_version'),
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

/** The searchable unit. Carries its page's access set, so that the filter needs no join. */
export const chunks = pgTable(
  'chunks',
  {
    id: id(),
    pageId: reference('page_id')
      .notNull()
      .references(() => pages.id, { onDelete: 'cascade' }),
    spaceId: reference('space_id').notNull(),
    accessSetId: reference('access_set_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    headingPath: text('heading_path').array().notNull(),
    anchor: text('anchor'),
    text: text('text').notNull(),
    /** Search terms of all fields, analysed and repeated by field weight, separated by blanks (core/search/analysis.ts). */
    terms: text('terms').notNull(),
    termCount: integer('term_count').notNull(),
  },
  (t) => [
    uniqueIndex('chunks_page_ordinal').on(t.pageId, t.ordinal),
    index('chunks_by_access_set').on(t.accessSetId),
    index('chunks_by_space').on(t.spaceId),
  ],
)

/** Inverted index for servers without pg_textsearch; empty where the extension ranks. */
export const postings = pgTable(
  'postings',
  {
    term: text('term').notNull(),
    chunkId: reference('chunk_id')
      .notNull()
      .references(() => chunks.id, { onDelete: 'cascade' }),
    frequency: smallint('frequency').notNull(),
  },
  (t) => [primaryKey({ columns: [t.term, t.chunkId] }), index('postings_by_chunk').on(t.chunkId)],
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

/** A Confluence user, group, or "everyone licensed" / "anonymous" of one connection. */
export const principals = pgTable(
  'principals',
  {
    id: id(),
    connectionId: reference('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['user', 'group', 'licensed', 'anonymous'] }).notNull(),
    /** Account id, user key, group id; `licensed` and `anonymous` for the two singletons. */
    confluenceId: text('confluence_id').notNull(),
    name: text('name').notNull().default(''),
    /** Lower-cased; null when the site hides it. */
    email: text('email'),
    isActive: boolean('is_active').notNull().default(true),
    /** Guests see only what is given to them by name or group: "everyone licensed" does not include them. */
    isGuest: boolean('is_guest').notNull().default(false),
    /** Known only because a page mentions them: no proof that they have a licence. */
    isMentionedOnly: boolean('is_mentioned_only').notNull().default(false),
    /** Groups: when the members were last read completely; null = unknown members, which satisfy nobody. */
    membersReadAt: instant('members_read_at'),
  },
  (t) => [
    uniqueIndex('principals_confluence').on(t.connectionId, t.kind, t.confluenceId),
    index('principals_by_email').on(t.email),
  ],
)

export const groupMembers = pgTable(
  'group_members',
  {
    groupId: reference('group_id')
      .notNull()
      .references(() => principals.id, { onDelete: 'cascade' }),
    userId: reference('user_id')
      .notNull()
      .references(() => principals.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.groupId, t.userId] }), index('group_members_by_user').on(t.userId)],
)

/** One set of principals that a viewer must belong to; belongs to the space, page or folder that carries it. */
export const layers = pgTable(
  'layers',
  {
    id: id(),
    connectionId: reference('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    carrierKind: text('carrier_kind', { enum: ['space', 'content'] }).notNull(),
    /** Confluence's id of the space, page or folder. */
    carrierId: text('carrier_id').notNull(),
    /** False: the readers could not be read, so nobody satisfies it. */
    isKnown: boolean('is_known').notNull(),
    readAt: instant('read_at').notNull(),
  },
  (t) => [uniqueIndex('layers_carrier').on(t.connectionId, t.carrierKind, t.carrierId)],
)

export const layerPrincipals = pgTable(
  'layer_principals',
  {
    layerId: reference('layer_id')
      .notNull()
      .references(() => layers.id, { onDelete: 'cascade' }),
    principalId: reference('principal_id')
      .notNull()
      .references(() => principals.id, { onDelete: 'cascade' }),
  },
  (t) => [
    primaryKey({ columns: [t.layerId, t.principalId] }),
    index('layer_principals_by_principal').on(t.principalId),
  ],
)

/** A distinct combination of layers; what pages and chunks carry. */
export const accessSets = pgTable(
  'access_sets',
  {
    id: id(),
    connectionId: reference('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    /** Sorted ids of the layers, joined by commas: the set's identity. */
    layerKey: text('layer_key').notNull(),
  },
  (t) => [uniqueIndex('access_sets_layers').on(t.connectionId, t.layerKey)],
)

export const accessSetLayers = pgTable(
  'access_set_layers',
  {
    accessSetId: reference('access_set_id')
      .notNull()
      .references(() => accessSets.id, { onDelete: 'cascade' }),
    layerId: reference('layer_id')
      .notNull()
      .references(() => layers.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.accessSetId, t.layerId] }), index('access_set_layers_by_layer').on(t.layerId)],
)

export type RunCounts = {
  listed: number
  stored: number
  unchanged: number
  updated: number
  failed: number
  excluded: number
  deleted: number
}

/** One execution for one space. At most one of a space is queued or running. */
export const syncRuns = pgTable(
  'sync_runs',
  {
    id: id(),
    spaceId: reference('space_id')
      .notNull()
      .references(() => spaces.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['full', 'incremental', 'census'] }).notNull(),
    state: text('state', { enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled'] }).notNull(),
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

/** Proven mapping chat person ↔ Atlassian account. */
export const identityLinks = pgTable(
  'identity_links',
  {
    platform: text('platform', { enum: ['slack', 'teams'] }).notNull(),
    tenantId: text('tenant_id').notNull(),
    platformUserId: text('platform_user_id').notNull(),
    principalId: reference('principal_id')
      .notNull()
      .references(() => principals.id, { onDelete: 'cascade' }),
    provenBy: text('proven_by', { enum: ['email'] }).notNull(),
    provenAt: instant('proven_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.platform, t.tenantId, t.platformUserId, t.principalId] })],
)

/** A question's life: claimed once, leased while it is answered, kept with its answer for feedback and recall. */
export const questions = pgTable(
  'questions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    platform: text('platform', { enum: ['slack', 'teams', 'terminal'] }).notNull(),
    tenantId: text('tenant_id').notNull(),
    conversationId: text('conversation_id').notNull(),
    threadId: text('thread_id'),
    /** The platform's message id: one answer per message, whatever is delivered twice. */
    messageId: text('message_id').notNull(),
    askerId: text('asker_id').notNull(),
    audience: text('audience', { enum: ['direct', 'shared'] }).notNull(),
    text: text('text').notNull(),
    state: text('state', { enum: ['claimed', 'answered', 'abstained', 'refused', 'failed'] }).notNull(),
    leaseUntil: instant('lease_until').notNull(),
    attempts: integer('attempts').notNull().default(1),
    /** The answer as it was shown (core/answer's `Answer`). */
    answer: jsonb('answer'),
    createdAt: createdAt(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    uniqueIndex('questions_message').on(t.platform, t.tenantId, t.conversationId, t.messageId),
    index('questions_by_thread').on(t.platform, t.tenantId, t.conversationId, t.threadId, t.createdAt),
  ],
)

/** The message in which a question is answered. `posting` with no reply id: the outcome of posting is unknown. */
export const deliveries = pgTable('deliveries', {
  questionId: uuid('question_id')
    .primaryKey()
    .references(() => questions.id, { onDelete: 'cascade' }),
  state: text('state', { enum: ['posting', 'posted', 'delivered', 'failed'] }).notNull(),
  replyId: text('reply_id'),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})

/** What an answer cited, with the page version that it quoted. */
export const answerCitations = pgTable(
  'answer_citations',
  {
    questionId: uuid('question_id')
      .notNull()
      .references(() => questions.id, { onDelete: 'cascade' }),
    n: integer('n').notNull(),
    pageId: text('page_id').notNull(),
    versionNumber: integer('version_number').notNull(),
  },
  (t) => [primaryKey({ columns: [t.questionId, t.n] }), index('answer_citations_by_page').on(t.pageId)],
)

/** Who connected, consented, changed, removed, or looked without a filter. Never holds secrets or question text. */
export const auditLog = pgTable('audit_log', {
  id: id(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  details: jsonb('details').$type<Record<string, string | number | boolean>>().notNull().default({}),
  createdAt: createdAt(),
})
