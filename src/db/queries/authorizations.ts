import { and, eq, gt, isNull, lte, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { authorizations } from '../schema/connections.ts'

export type Authorization = typeof authorizations.$inferSelect

export async function insertAuthorization(
  db: Db,
  values: { stateHash: string; purpose: Record<string, unknown>; createdBy: string; createdAt: Date },
): Promise<number> {
  const [written] = await db.insert(authorizations).values(values).returning({ id: authorizations.id })
  if (written === undefined) throw new Error('the authorization was not written')
  return written.id
}

/** Takes the authorization that was begun with this state, once: the state is worth nothing afterwards. */
export async function claimAuthorization(
  db: Db,
  stateHash: string,
  createdAfter: Date,
): Promise<Authorization | undefined> {
  const [claimed] = await db
    .update(authorizations)
    .set({ stateHash: sql`'used ' || ${authorizations.id}` })
    .where(
      and(
        eq(authorizations.stateHash, stateHash),
        isNull(authorizations.grantSealed),
        gt(authorizations.createdAt, createdAfter),
      ),
    )
    .returning()
  return claimed
}

export async function findAuthorization(db: Db, id: number, createdAfter: Date): Promise<Authorization | undefined> {
  const match = and(eq(authorizations.id, id), gt(authorizations.createdAt, createdAfter))
  return (await db.select().from(authorizations).where(match))[0]
}

export async function endAuthorization(
  db: Db,
  id: number,
  values: { grantSealed: Uint8Array } | { failure: string },
): Promise<void> {
  await db.update(authorizations).set(values).where(eq(authorizations.id, id))
}

export async function purgeAuthorization(db: Db, id: number): Promise<void> {
  await db.delete(authorizations).where(eq(authorizations.id, id))
}

/** Those that nobody finished in time go, with the tokens that they may hold. */
export async function purgeExpiredAuthorizations(db: Db, createdUntil: Date): Promise<void> {
  await db.delete(authorizations).where(lte(authorizations.createdAt, createdUntil))
}
