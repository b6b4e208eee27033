import { and, eq, isNull, lte, or } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'

/** True for the one that may exchange the refresh token of a connection until `until`. */
export async function claimRefresh(db: Db, id: number, now: Date, until: Date): Promise<boolean> {
  const claimed = await db
    .update(connections)
    .set({ refreshingUntil: until })
    .where(and(eq(connections.id, id), or(isNull(connections.refreshingUntil), lte(connections.refreshingUntil, now))))
    .returning({ id: connections.id })
  return claimed.length === 1
}

export async function releaseRefresh(db: Db, id: number, until: Date): Promise<void> {
  await db
    .update(connections)
    .set({ refreshingUntil: null })
    .where(and(eq(connections.id, id), eq(connections.refreshingUntil, until)))
}

/**
 * False when the credential is not the one that was exchanged any more: somebody reconnected or renamed meanwhile.
 * `expiresAt`: until when it may lie unused.
 */
export async function storeRefreshed(
  db: Db,
  id: number,
  before: Uint8Array,
  sealed: Uint8Array,
  expiresAt?: Date,
): Promise<boolean> {
  const stored = await db
    .update(connections)
    .set({
      credentialSealed: sealed,
      ...(expiresAt === undefined ? {} : { tokenExpiresAt: expiresAt, expiryToldAt: null }),
    })
    .where(and(eq(connections.id, id), eq(connections.credentialSealed, before)))
    .returning({ id: connections.id })
  return stored.length === 1
}
