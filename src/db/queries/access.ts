import { type SQL, sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { bigints, json } from '../sql.ts'

export type PrincipalRow = {
  kind: 'user' | 'group' | 'licensed' | 'anonymous'
  confluenceId: string
  name?: string
  email?: string
  isActive?: boolean
  isGuest?: boolean
  isMentionedOnly?: boolean
}

/** `kind:confluenceId`, unique within a connection. */
export function principalKey(principal: { kind: string; confluenceId: string }): string {
  return `${principal.kind}:${principal.confluenceId}`
}

/** Keeps what is known of a principal when the new row does not say it. Returns ids by `principalKey`. */
export async function upsertPrincipals(
  db: Db,
  connectionId: number,
  principals: PrincipalRow[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const distinct = [...new Map(principals.map((row) => [principalKey(row), row])).values()]
  // Always in the same order, so that two spaces that are synced at once cannot lock each other out.
  distinct.sort((a, b) => (principalKey(a) < principalKey(b) ? -1 : 1))
  for (let start = 0; start < distinct.length; start += 1_000) {
    const batch = distinct.slice(start, start + 1_000)
    const written = await rows<{ id: string | number; kind: string; confluenceId: string }>(
      db,
      sql`insert into principals (connection_id, kind, confluence_id, name, email, is_active, is_guest,
            is_mentioned_only)
          select ${connectionId}::bigint, r.kind, r."confluenceId", coalesce(r.name, ''), lower(r.email),
                 coalesce(r."isActive", known.is_active, true), coalesce(r."isGuest", known.is_guest, false),
                 coalesce(r."isMentionedOnly", false)
            from jsonb_to_recordset(${json(batch)})
              as r(kind text, "confluenceId" text, name text, email text, "isActive" boolean, "isGuest" boolean,
                "isMentionedOnly" boolean)
            left join principals known on known.connection_id = ${connectionId}::bigint and known.kind = r.kind
              and known.confluence_id = r."confluenceId"
          on conflict (connection_id, kind, confluence_id) do update set
            name = case when excluded.name = '' then principals.name else excluded.name end,
            email = coalesce(excluded.email, principals.email),
            is_active = excluded.is_active, is_guest = excluded.is_guest,
            is_mentioned_only = principals.is_mentioned_only and excluded.is_mentioned_only
          returning id, kind, confluence_id as "confluenceId"`,
    )
    for (const row of written) found.set(principalKey(row), Number(row.id))
  }
  return found
}

/** Confluence's ids of the accounts that are believed to be active. */
export async function listActiveUsers(db: Db, connectionId: number): Promise<string[]> {
  const found = await rows<{ id: string }>(
    db,
    sql`select confluence_id as id from principals where connection_id = ${connectionId} and kind = 'user' and is_active`,
  )
  return found.map(({ id }) => id)
}

export async function listUserNames(db: Db, connectionId: number, userIds: string[]): Promise<Map<string, string>> {
  const found = await rows<{ id: string; name: string }>(
    db,
    sql`select confluence_id as id, name from principals
         where connection_id = ${connectionId} and kind = 'user' and name <> ''
           and confluence_id in (select jsonb_array_elements_text(${json(userIds)}))`,
  )
  return new Map(found.map(({ id, name }) => [id, name]))
}

export type LayerRow = {
  carrierKind: 'space' | 'content'
  carrierId: string
  isKnown: boolean
  principalIds: number[]
}

/** Replaces the readers of these layers. Returns layer ids by carrier id. */
export async function replaceLayers(
  db: Db,
  connectionId: number,
  layers: LayerRow[],
  readAt: Date,
): Promise<Map<string, number>> {
  const written = await rows<{ id: string | number; carrierId: string }>(
    db,
    sql`insert into layers (connection_id, carrier_kind, carrier_id, is_known, read_at)
        select ${connectionId}::bigint, "carrierKind", "carrierId", "isKnown", ${readAt.toISOString()}::timestamptz
          from jsonb_to_recordset(${json(layers)}) as r("carrierKind" text, "carrierId" text, "isKnown" boolean)
         order by 2, 3
        on conflict (connection_id, carrier_kind, carrier_id) do update set
          is_known = excluded.is_known, read_at = excluded.read_at
        returning id, carrier_id as "carrierId"`,
  )
  const ids = new Map(written.map((row) => [row.carrierId, Number(row.id)]))
  const readers = layers.flatMap((layer) =>
    layer.principalIds.map((principalId) => ({ layerId: ids.get(layer.carrierId), principalId })),
  )
  const wanted = sql`select distinct "layerId", "principalId"
    from jsonb_to_recordset(${json(readers)}) as r("layerId" bigint, "principalId" bigint)`
  await db.execute(
    sql`delete from layer_principals where layer_id = any(${bigints([...ids.values()])})
          and (layer_id, principal_id) not in (${wanted})`,
  )
  await db.execute(sql`insert into layer_principals (layer_id, principal_id) ${wanted} on conflict do nothing`)
  return ids
}

/** Ids of the access sets with exactly these layers, made where missing; in the order given. */
export async function ensureAccessSets(db: Db, connectionId: number, layerIds: number[][]): Promise<number[]> {
  const keys = layerIds.map((ids) => [...new Set(ids)].toSorted((a, b) => a - b).join(','))
  const distinct = [...new Set(keys)].toSorted().map((layerKey) => ({ layerKey }))
  const written = await rows<{ id: string | number; layerKey: string }>(
    db,
    sql`insert into access_sets (connection_id, layer_key)
        select ${connectionId}::bigint, "layerKey" from jsonb_to_recordset(${json(distinct)}) as r("layerKey" text)
        on conflict (connection_id, layer_key) do update set layer_key = excluded.layer_key
        returning id, layer_key as "layerKey"`,
  )
  await db.execute(
    sql`insert into access_set_layers (access_set_id, layer_id)
        select s.id, layer::bigint from access_sets s, unnest(string_to_array(s.layer_key, ',')) layer
         where s.id = any(${bigints(written.map((row) => Number(row.id)))})
        on conflict do nothing`,
  )
  const idOf = new Map(written.map((row) => [row.layerKey, Number(row.id)]))
  return keys.map((key) => {
    const id = idOf.get(key)
    if (id === undefined) throw new Error(`access set ${key} was not written`)
    return id
  })
}

/** Groups of the connection whose members were not read since `readBefore`. */
export async function listStaleGroups(
  db: Db,
  connectionId: number,
  groupIds: number[],
  readBefore: Date,
): Promise<{ id: number; confluenceId: string; name: string }[]> {
  const found = await rows<{ id: string | number; confluenceId: string; name: string }>(
    db,
    sql`select id, confluence_id as "confluenceId", name from principals
         where connection_id = ${connectionId} and id = any(${bigints(groupIds)})
           and (members_read_at is null or members_read_at < ${readBefore.toISOString()}::timestamptz)`,
  )
  return found.map((row) => ({ ...row, id: Number(row.id) }))
}

/** Replaces a group's members; `readAt` null says that they could not be read, and then it has none. */
export async function replaceGroupMembers(
  db: Db,
  groupId: number,
  userIds: number[],
  readAt: Date | null,
): Promise<void> {
  await db.execute(sql`delete from group_members where group_id = ${groupId} and user_id <> all(${bigints(userIds)})`)
  await db.execute(
    sql`insert into group_members (group_id, user_id)
        select ${groupId}::bigint, u from unnest(${bigints(userIds)}) u on conflict do nothing`,
  )
  await db.execute(
    sql`update principals set members_read_at = ${readAt?.toISOString() ?? null}::timestamptz where id = ${groupId}`,
  )
}

/**
 * Forgets access sets that no page carries and restrictions that no access set holds. Not while another space of the
 * connection is synced: that run has written layers and sets which its pages are about to carry. The last one cleans up.
 */
export async function purgeUnusedLayers(db: Db, connectionId: number, spaceId: number): Promise<void> {
  const nobodyElse = sql`not exists (select 1 from sync_runs r join spaces o on o.id = r.space_id
    where o.connection_id = ${connectionId} and o.id <> ${spaceId} and r.state = 'running')`
  await db.execute(
    sql`delete from access_sets s where s.connection_id = ${connectionId} and ${nobodyElse}
          and not exists (select 1 from pages p where p.access_set_id = s.id)`,
  )
  await db.execute(
    sql`delete from layers l where l.connection_id = ${connectionId} and l.carrier_kind = 'content' and ${nobodyElse}
          and not exists (select 1 from access_set_layers sl where sl.layer_id = l.id)`,
  )
}

/** Those of these users whose e-mail address is not known. */
export async function listUsersWithoutEmail(db: Db, connectionId: number, userIds: string[]): Promise<string[]> {
  const found = await rows<{ id: string }>(
    db,
    sql`select value as id from jsonb_array_elements_text(${json(userIds)}) value
         where not exists (select 1 from principals p where p.connection_id = ${connectionId} and p.kind = 'user'
           and p.confluence_id = value and p.email is not null)`,
  )
  return found.map(({ id }) => id)
}

export type ViewerRights = {
  /** The viewer's user principals, one of a connection at most. */
  userIds: number[]
  /** Whether content shared by its connection with everyone is theirs too. */
  seesShared: boolean
  /** Whether "everyone licensed" includes them without a known account: a channel's audience, say. */
  isLicensedEverywhere: boolean
  /** Spaces marked internal are left out unless this is true. */
  seesInternal: boolean
}

/**
 * The principals that these users satisfy, as the query `mine (id)`: themselves, their groups, "anonymous", and "licensed"
 * where they are known as a reader or member of a group: somebody whom a page merely mentions may have no licence at all.
 */
function principalsOf(userIds: number[], isLicensedEverywhere: boolean): SQL {
  return sql`with me as (
      select id, connection_id, is_guest, is_mentioned_only from principals
       where kind = 'user' and is_active and id = any(${bigints(userIds)})
    ), mine as (
      select id from me
      union select gm.group_id from group_members gm join me on me.id = gm.user_id
        join principals g on g.id = gm.group_id and g.members_read_at is not null
      union select id from principals where kind = 'anonymous'
      union select id from principals where kind = 'licensed'
        and (${isLicensedEverywhere} or connection_id in (
          select connection_id from me where not is_guest and not is_mentioned_only))
    )`
}

/**
 * Ids of the access sets that the viewer satisfies: every layer known, and one of the viewer's principals in each.
 * Sets of removed connections are never among them.
 */
export async function resolveAccessSets(db: Db, viewer: ViewerRights): Promise<number[]> {
  const found = await rows<{ id: string | number }>(
    db,
    sql`${principalsOf(viewer.userIds, viewer.isLicensedEverywhere)}, satisfied as (
          select distinct l.id from layers l join layer_principals lp on lp.layer_id = l.id
           where l.is_known and lp.principal_id in (select id from mine)
        )
        select s.id from access_sets s join connections c on c.id = s.connection_id
         where c.state in ('active', 'paused')
           and (
             (${viewer.seesShared} and c.access_mode = 'shared')
             -- The counts guard against a set whose layers are not all there: it would be satisfied by everybody.
             or (select count(*) filter (where sl.layer_id in (select id from satisfied))
                   from access_set_layers sl where sl.access_set_id = s.id)
                = cardinality(string_to_array(s.layer_key, ','))
           )
           and (${viewer.seesInternal} or not exists (
             select 1 from access_set_layers sl join spaces sp on sp.layer_id = sl.layer_id
              where sl.access_set_id = s.id and sp.visibility = 'internal'
           ))`,
  )
  return found.map((row) => Number(row.id))
}

/** Active user principals with this confirmed e-mail, at most one of a connection: two that match prove nothing. */
export async function listUsersByEmail(db: Db, email: string): Promise<number[]> {
  const found = await rows<{ id: string | number }>(
    db,
    sql`select min(p.id) as id from principals p
         where p.kind = 'user' and p.is_active and p.email = lower(${email})
         group by p.connection_id having count(*) = 1`,
  )
  return found.map((row) => Number(row.id))
}

/** User principals with this Confluence account id (Cloud) or user key (Data Center). */
export async function listUsersByAccount(db: Db, accountId: string): Promise<number[]> {
  const found = await rows<{ id: string | number }>(
    db,
    sql`select id from principals where kind = 'user' and confluence_id = ${accountId}`,
  )
  return found.map((row) => Number(row.id))
}

export type LayerVerdict = {
  carrierKind: 'space' | 'content'
  carrierId: string
  isKnown: boolean
  isSatisfied: boolean
  readAt: string
}

/** The layers of an access set, and which of them these users satisfy by themselves, a group, or being licensed. */
export async function listLayerVerdicts(db: Db, accessSetId: number, userIds: number[]): Promise<LayerVerdict[]> {
  return rows<LayerVerdict>(
    db,
    sql`${principalsOf(userIds, false)}
        select l.carrier_kind as "carrierKind", l.carrier_id as "carrierId", l.is_known as "isKnown",
               l.is_known and exists (
                 select 1 from layer_principals lp where lp.layer_id = l.id and lp.principal_id in (select id from mine)
               ) as "isSatisfied",
               to_char(l.read_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "readAt"
          from access_set_layers sl join layers l on l.id = sl.layer_id
         where sl.access_set_id = ${accessSetId}
         order by l.carrier_kind desc, l.id`,
  )
}
