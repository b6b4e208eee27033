import { desc, max, or, like } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { auditLog } from '../schema/connections.ts'

export type AuditRow = typeof auditLog.$inferSelect

/** The last entries, newest first. */
export function listAuditEntries(db: Db, limit: number): Promise<AuditRow[]> {
  return db.select().from(auditLog).orderBy(desc(auditLog.createdAt), desc(auditLog.id)).limit(limit)
}

/** Who did something in a chat, those who did it last first; at most twenty. */
export async function listActors(db: Db): Promise<string[]> {
  const found = await db
    .select({ actor: auditLog.actor, lastAt: max(auditLog.createdAt) })
    .from(auditLog)
    .where(or(like(auditLog.actor, 'slack:%'), like(auditLog.actor, 'teams:%')))
    .groupBy(auditLog.actor)
    .orderBy(desc(max(auditLog.createdAt)))
    .limit(20)
  return found.map(({ actor }) => actor)
}
