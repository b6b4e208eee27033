import { and, eq, gt, lte } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connectionEdits } from '../schema/connections.ts'

export type ConnectionEdit = typeof connectionEdits.$inferSelect

export async function insertEdit(db: Db, values: typeof connectionEdits.$inferInsert): Promise<number> {
  const [written] = await db.insert(connectionEdits).values(values).returning({ id: connectionEdits.id })
  if (written === undefined) throw new Error('the edit was not written')
  return written.id
}

/** Takes a change that waits for its confirmation by whoever began it, once. */
export async function takeEdit(
  db: Db,
  id: number,
  createdBy: string,
  createdAfter: Date,
): Promise<ConnectionEdit | undefined> {
  const [taken] = await db
    .delete(connectionEdits)
    .where(
      and(
        eq(connectionEdits.id, id),
        eq(connectionEdits.createdBy, createdBy),
        gt(connectionEdits.createdAt, createdAfter),
      ),
    )
    .returning()
  return taken
}

export async function purgeExpiredEdits(db: Db, createdUntil: Date): Promise<void> {
  await db.delete(connectionEdits).where(lte(connectionEdits.createdAt, createdUntil))
}
