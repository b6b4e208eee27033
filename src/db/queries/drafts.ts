import { and, eq, gt, lte, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'
import type { Connection, NewConnection } from './connections.ts'

/** Keeps other confirmations waiting until the transaction ends: two at once could take the same space. */
export async function lockConfirmations(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(4801002)`)
}

/** Turns a draft made after `createdAfter` into a connection; undefined when it is none any more. */
export async function activateDraft(
  db: Db,
  id: number,
  values: Partial<NewConnection>,
  createdAfter: Date,
): Promise<Connection | undefined> {
  const [activated] = await db
    .update(connections)
    .set({ ...values, state: 'active' })
    .where(and(eq(connections.id, id), eq(connections.state, 'draft'), gt(connections.createdAt, createdAfter)))
    .returning()
  return activated
}

/** Drafts that nobody confirmed in time go, with the credential that they hold. */
export async function purgeExpiredDrafts(db: Db, createdUntil: Date): Promise<void> {
  await db.delete(connections).where(and(eq(connections.state, 'draft'), lte(connections.createdAt, createdUntil)))
}
