// What Footnote is connected with: chat platforms, Confluence sites, and who changed that.
import { sql } from 'drizzle-orm'
import { jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, createdAt, id, instant, reference } from './columns.ts'

/** What a connection covers: everything that its credential sees, some spaces, or a part of one. */
export type Scope =
  | { kind: 'all' }
  | { kind: 'spaces'; keys: string[] }
  /** A page with all that is below it, or alone. */
  | { kind: 'tree' | 'page'; spaceKey: string; pageId: string }
  /** What a CQL query finds in these spaces. */
  | { kind: 'cql'; keys: string[]; query: string }

/** What is left out of it. `*` in a pattern stands for any text; case does not matter. */
export type Exclusions = {
  labels: string[]
  /** Patterns of titles. */
  titles: string[]
  /** Patterns of addresses below the site's base URL. */
  urls: string[]
  /** Pages that only serve to make others, and the sample pages that Confluence puts into new spaces. */
  templates: boolean
}

export const noExclusions: Exclusions = { labels: [], titles: [], urls: [], templates: false }

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
    scope: jsonb('scope').$type<Scope>().notNull(),
    exclusions: jsonb('exclusions').$type<Exclusions>().notNull().default(noExclusions),
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

/** Who connected, consented, changed, removed, or looked without a filter. Never holds secrets or question text. */
export const auditLog = pgTable('audit_log', {
  id: id(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  details: jsonb('details').$type<Record<string, string | number | boolean>>().notNull().default({}),
  createdAt: createdAt(),
})
