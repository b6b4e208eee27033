import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { auditLog, connections } from '../schema/connections.ts'
import { spaces } from '../schema/content.ts'

export type Connection = typeof connections.$inferSelect
export type NewConnection = typeof connections.$inferInsert

const living = inArray(connections.state, ['active', 'paused'])

export async function insertConnection(db: Db, connection: NewConnection): Promise<Connection> {
  const [written] = await db.insert(connections).values(connection).returning()
  if (written === undefined) throw new Error('the connection was not written')
  return written
}

export function listConnections(db: Db): Promise<Connection[]> {
  return db.select().from(connections).where(living).orderBy(connections.name)
}

export async function findConnection(db: Db, name: string): Promise<Connection | undefined> {
  const found = await db
    .select()
    .from(connections)
    .where(and(living, sql`lower(${connections.name}) = lower(${name})`))
  return found[0]
}

/** The last one of this name that was removed without its content. */
export async function findRemovedConnection(db: Db, name: string): Promise<Connection | undefined> {
  const found = await db
    .select()
    .from(connections)
    .where(and(eq(connections.state, 'removed'), sql`lower(${connections.name}) = lower(${name})`))
    .orderBy(desc(connections.id))
    .limit(1)
  return found[0]
}

export async function findConnectionById(db: Db, id: number): Promise<Connection | undefined> {
  return (await db.select().from(connections).where(eq(connections.id, id)))[0]
}

export async function updateConnection(db: Db, id: number, values: Partial<NewConnection>): Promise<void> {
  await db.update(connections).set(values).where(eq(connections.id, id))
}

/**
 * The credential was refused: nothing is read with it until it works again, and what waits to be synced is cancelled. Its
 * admins are not told yet. `connection` as it was when its credential was used: one that got another meanwhile is left alone
 * (OAuth renews its own). Within a transaction.
 */
export async function pauseConnection(
  tx: Db,
  connection: Pick<Connection, 'id' | 'credentialKind' | 'credentialSealed'>,
  reason: string,
  now: Date,
): Promise<void> {
  const isSame =
    connection.credentialKind === 'oauth' ? undefined : eq(connections.credentialSealed, connection.credentialSealed)
  const [paused] = await tx
    .update(connections)
    .set({
      state: 'paused',
      pauseReason: 'credential',
      lossToldAt: null,
      nextSyncAt: null,
      testResult: 'Auth Failed',
      testRemedy: reason,
      testedAt: now,
    })
    .where(and(eq(connections.id, connection.id), eq(connections.state, 'active'), isSame))
    .returning({ name: connections.name })
  if (paused === undefined) return
  const details = { reason }
  await insertAuditEntry(tx, { actor: 'footnote', action: 'connection lost', subject: paused.name, details })
}

/** Keeps the result of a live test; state and pause stay. `remedy` says the cause too. */
export async function recordTest(
  db: Db,
  id: number,
  test: { result: string; remedy: string | undefined },
  now: Date,
): Promise<void> {
  await db
    .update(connections)
    .set({ testResult: test.result, testRemedy: test.remedy ?? null, testedAt: now })
    .where(and(eq(connections.id, id), living))
}

/** A connection that was paused because of its credential goes on; false when it was not, or somebody else was faster. */
export async function reviveConnection(db: Db, id: number, values: Partial<NewConnection>): Promise<boolean> {
  const revived = await db
    .update(connections)
    .set(values)
    .where(and(eq(connections.id, id), eq(connections.state, 'paused'), eq(connections.pauseReason, 'credential')))
    .returning({ id: connections.id })
  return revived.length === 1
}

/** Drafts that nobody confirmed in time, and any other draft of the same name, give their name free. */
export async function purgeDrafts(db: Db, name: string, createdBefore: Date): Promise<void> {
  await db
    .delete(connections)
    .where(
      and(
        eq(connections.state, 'draft'),
        sql`(${lt(connections.createdAt, createdBefore)} or lower(${connections.name}) = lower(${name}))`,
      ),
    )
}

/** Removes a connection with everything that hangs on it. Within a transaction. */
export async function purgeConnection(db: Db, id: number): Promise<void> {
  // First what refers to access sets and layers: those go with the connection, in no order that we decide.
  await db.delete(spaces).where(eq(spaces.connectionId, id))
  await db.delete(connections).where(eq(connections.id, id))
}

/** Takes the connections that are due and gives them their next time in one statement, so that one of many replicas wins. */
export async function claimDueConnections(db: Db, now: Date, holdUntil: Date): Promise<Connection[]> {
  return db
    .update(connections)
    .set({ nextSyncAt: holdUntil })
    .where(and(eq(connections.state, 'active'), eq(connections.autoSync, true), lt(connections.nextSyncAt, now)))
    .returning()
}

/**
 * Makes a connection due now, or `everyMs` after its spaces were last listed, also one that is synced by hand only. A time
 * that is nearer stays.
 */
export async function hastenSync(db: Db, id: number, now: Date, everyMs: number): Promise<void> {
  const last = sql`(select max(r.queued_at) from sync_runs r join spaces s on s.id = r.space_id
    where s.connection_id = ${id} and r.kind <> 'pages')`
  const soonest = sql`greatest(${now.toISOString()}::timestamptz, ${last} + ${everyMs} * interval '1 millisecond')`
  await db
    .update(connections)
    .set({ nextSyncAt: sql`least(${connections.nextSyncAt}, ${soonest})` })
    .where(and(eq(connections.id, id), eq(connections.state, 'active'), eq(connections.autoSync, true)))
}

export type AuditEntry = {
  actor: string
  action: string
  subject: string
  details?: Record<string, string | number | boolean>
}

export async function insertAuditEntry(db: Db, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry)
}
