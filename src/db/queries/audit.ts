import { desc } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { auditLog } from '../schema/connections.ts'

export type AuditRow = typeof auditLog.$inferSelect

/** The last entries, newest first. */
export function listAuditEntries(db: Db, limit: number): Promise<AuditRow[]> {
  return db.select().from(auditLog).orderBy(desc(auditLog.createdAt), desc(auditLog.id)).limit(limit)
}
