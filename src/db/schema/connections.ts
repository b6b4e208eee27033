// What Footnote is connected with: chat platforms, Confluence sites, and who changed that.
import { sql } from 'drizzle-orm'
import { boolean, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, createdAt, id, instant, reference } from './columns.ts'

/** What a connection covers: everything that its credential sees, some spaces, or a part of one. */
export type Scope =
  | { kind: 'all' }
  | { kind: 'spaces'; keys: string[] }
  /** A page with all that is below it, or alone. */
  | { kind: 'tree' | 'page'; spaceKey: string; pageId: string }
  /** What a CQL query finds in these spaces; no keys: in all that the credential sees. */
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
  /** Archived pages. */
  archived: boolean
  /** Archived spaces that are not named by their key. Absent: they are read like others. */
  archivedSpaces?: boolean | undefined
}

/** What an admin may change of a connection; what is absent stays. */
export type ConnectionChanges = {
  name?: string
  scope?: Scope
  exclusions?: Exclusions
  accessMode?: 'mirrored' | 'shared'
  schedule?: string
  timezone?: string
  autoSync?: boolean
  /** ISO 8601; null forgets it. */
  tokenExpiresAt?: string | null
}

export const defaultExclusions: Exclusions = { labels: [], titles: [], urls: [], templates: false, archived: true }

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
    /** Teams: where the connector of this tenant is reached; null in Slack and until somebody wrote to the bot. */
    serviceUrl: text('service_url'),
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
    /** What the site calls itself (Cloud: its cloudId, else its own base URL): tells one site behind two addresses; null until known. */
    siteKey: text('site_key'),
    credentialKind: text('credential_kind', { enum: ['token', 'scoped', 'oauth', 'pat', 'basic'] }).notNull(),
    /** AES-256-GCM over the credential's JSON, bound to this row's name. */
    credentialSealed: bytea('credential_sealed').notNull(),
    /** The secret that Data Center signs its webhooks with, sealed like the credential; null: no webhooks are taken. */
    webhookSecretSealed: bytea('webhook_secret_sealed'),
    accessMode: text('access_mode', { enum: ['mirrored', 'shared'] }).notNull(),
    scope: jsonb('scope').$type<Scope>().notNull(),
    exclusions: jsonb('exclusions').$type<Exclusions>().notNull().default(defaultExclusions),
    schedule: text('schedule').notNull(),
    timezone: text('timezone').notNull(),
    /** False: the schedule is kept but nothing is synced by itself. */
    autoSync: boolean('auto_sync').notNull().default(true),
    nextSyncAt: instant('next_sync_at'),
    /** Why it is paused: an admin wanted it, or the credential was refused. */
    pauseReason: text('pause_reason', { enum: ['asked', 'credential'] }),
    /** When its admins were told that the credential was refused; null while nobody needs to be told, or was. */
    lossToldAt: instant('loss_told_at'),
    /** As the admin gave it: Atlassian does not tell it. */
    tokenExpiresAt: instant('token_expires_at'),
    expiryToldAt: instant('expiry_told_at'),
    /** Until when a replica exchanges the refresh token; the others wait for what it stores. */
    refreshingUntil: instant('refreshing_until'),
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

/** Changes of a connection whose disclaimer is not accepted yet. */
export const connectionEdits = pgTable('connection_edits', {
  id: id(),
  connectionId: reference('connection_id')
    .notNull()
    .references(() => connections.id, { onDelete: 'cascade' }),
  changes: jsonb('changes').$type<ConnectionChanges>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
})

/** Somebody is asked by Atlassian to let Footnote in. Lives for an hour; the secret of its state is only known by its hash. */
export const authorizations = pgTable(
  'authorizations',
  {
    id: id(),
    stateHash: text('state_hash').notNull(),
    /** What will be connected with it, or which connection it renews: `{ request }` or `{ connectionId }`. */
    purpose: jsonb('purpose').$type<Record<string, unknown>>().notNull(),
    /** The tokens, sealed; null until Atlassian sent the person back. */
    grantSealed: bytea('grant_sealed'),
    /** Why it failed; a sentence for the person. */
    failure: text('failure'),
    createdBy: text('created_by').notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('authorizations_state').on(t.stateHash)],
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
