// Who may read what, as Confluence says it, and who is who in chat.
import { boolean, index, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { connections } from './connections.ts'
import { id, instant, reference } from './columns.ts'

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
