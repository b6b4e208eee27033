// What changes of a connection: from what was typed, compared with what is so, written down.
import type { Db } from '../../db/database.ts'
import { type Connection, insertAuditEntry, purgeDrafts, updateConnection } from '../../db/queries/connections.ts'
import { storeRefreshed } from '../../db/queries/refreshes.ts'
import type { ConnectionChanges, Exclusions } from '../../db/schema/connections.ts'
import { TransientError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { nextRunAt, parseSchedule } from '../jobs/next-run.ts'
import { checkName } from './draft.ts'
import { type AddedExclusions, describeExclusions } from './exclusion-rules.ts'
import { type Coverage, describeScope, parseName, parseTokenExpiry } from './request.ts'
import { openCredential, sealCredential } from './seal.ts'

/** What is absent stays; text is as typed. */
export type EditRequest = {
  name?: string | undefined
  coverage?: Coverage | undefined
  /** In place of the rules that there are. */
  exclusions?: ConnectionChanges['exclusions'] | undefined
  /** Drops the rules on labels, titles, addresses and templates. */
  clearsExclusions?: boolean | undefined
  /** Beside the rules that there are, or the only ones where these are dropped. */
  addedExclusions?: AddedExclusions | undefined
  access?: 'mirrored' | 'shared' | undefined
  schedule?: string | undefined
  timezone?: string | undefined
  autoSync?: boolean | undefined
  /** Empty: not known any more. */
  tokenExpires?: string | undefined
}

/** Everything that needs neither the site nor consent. */
export async function checkPlainChanges(
  core: Core,
  connection: Connection,
  request: EditRequest,
): Promise<ConnectionChanges> {
  const { autoSync, tokenExpires } = request
  const schedule = request.schedule === undefined ? undefined : parseSchedule(request.schedule)
  const timezone = request.timezone?.trim()
  if (schedule !== undefined || timezone !== undefined)
    nextRunAt(schedule ?? connection.schedule, timezone ?? connection.timezone, core.now())
  const isSameName = request.name?.trim().toLowerCase() === connection.name.toLowerCase()
  const name =
    request.name === undefined ? undefined : isSameName ? parseName(request.name) : await checkName(core, request.name)
  return {
    ...(name === undefined ? {} : { name }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(autoSync === undefined ? {} : { autoSync }),
    ...(tokenExpires === undefined
      ? {}
      : { tokenExpiresAt: parseTokenExpiry(tokenExpires, core.now())?.toISOString() ?? null }),
  }
}

/** The changes that change something. Pure. */
export function onlyDifferent(connection: Connection, changes: ConnectionChanges): ConnectionChanges {
  const current: Required<ConnectionChanges> = {
    name: connection.name,
    scope: connection.scope,
    exclusions: connection.exclusions,
    accessMode: connection.accessMode,
    schedule: connection.schedule,
    timezone: connection.timezone,
    autoSync: connection.autoSync,
    tokenExpiresAt: connection.tokenExpiresAt?.toISOString() ?? null,
  }
  const different = Object.entries(changes).filter(
    ([name, value]) => canonical(value) !== canonical(current[name as keyof ConnectionChanges]),
  )
  return Object.fromEntries(different) as ConnectionChanges
}

/** The database gives the fields of a value in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => a.localeCompare(b)))
      : part,
  )
}

/** Writes changes down, in the table and in the audit log. Within a transaction. */
export async function applyChanges(
  core: Core,
  tx: Db,
  connection: Connection,
  { name, tokenExpiresAt, ...changes }: ConnectionChanges,
  actor: string,
): Promise<void> {
  const after = { ...connection, ...changes }
  const isRescheduled = 'schedule' in changes || 'timezone' in changes || 'autoSync' in changes
  // While it is paused nothing is due; whatever makes it go on looks at the schedule anew (active-values.ts).
  const isDue = after.autoSync && after.state === 'active'
  const nextSyncAt = isDue ? nextRunAt(after.schedule, after.timezone, core.now()) : undefined
  const values = {
    ...changes,
    ...(isRescheduled ? { nextSyncAt: nextSyncAt ?? null } : {}),
    ...(tokenExpiresAt === undefined
      ? {}
      : { tokenExpiresAt: tokenExpiresAt === null ? null : new Date(tokenExpiresAt), expiryToldAt: null }),
  }
  // Only the name changes: that is written apart.
  if (Object.keys(values).length > 0) await updateConnection(tx, connection.id, values)
  if (name !== undefined) await rename(core, tx, connection, name)
  const said = describeChanges({ name, tokenExpiresAt, ...changes } as ConnectionChanges)
  await insertAuditEntry(tx, {
    actor,
    action: 'edit',
    subject: connection.name,
    details: { changes: said.join('; ') },
  })
}

/** The credential is sealed for one name. */
async function rename(core: Core, tx: Db, connection: Connection, name: string): Promise<void> {
  const key = core.encryptionKey()
  const credential = openCredential(connection.credentialSealed, key, connection.name)
  const isStored = await storeRefreshed(
    tx,
    connection.id,
    connection.credentialSealed,
    sealCredential(credential, key, name),
  )
  if (!isStored)
    throw new TransientError('credential_changed', `${connection.name} was just renewed: try again in a moment.`)
  // A draft that waits for its consent must not keep the name.
  await purgeDrafts(tx, name, new Date(0))
  await updateConnection(tx, connection.id, { name })
}

/** `covers HR, IT`, `access shared`. Pure. */
export function describeChanges(changes: ConnectionChanges): string[] {
  const { name, scope, exclusions, accessMode, schedule, timezone, autoSync, tokenExpiresAt } = changes
  return [
    ...(name === undefined ? [] : [`name ${name}`]),
    ...(scope === undefined ? [] : [`covers ${describeScope(scope)}`]),
    ...(exclusions === undefined ? [] : describeLeavesOut(exclusions)),
    ...(accessMode === undefined ? [] : [`access ${accessMode}`]),
    ...(schedule === undefined ? [] : [schedule === '' ? 'schedule by hand only' : `schedule ${schedule}`]),
    ...(timezone === undefined ? [] : [`time zone ${timezone}`]),
    ...(autoSync === undefined ? [] : [`automatic sync ${autoSync ? 'on' : 'off'}`]),
    ...(tokenExpiresAt === undefined
      ? []
      : [tokenExpiresAt === null ? 'token without known end' : `token ends ${tokenExpiresAt.slice(0, 10)}`]),
  ]
}

function describeLeavesOut(exclusions: Exclusions): string[] {
  const rules = describeExclusions(exclusions)
  return [
    rules.length === 0 ? 'no rule leaves pages out' : `leaves out ${rules.join(', ')}`,
    ...(exclusions.archived ? [] : ['reads archived pages too']),
    ...(exclusions.archivedSpaces === true ? ['leaves archived spaces out'] : []),
  ]
}
