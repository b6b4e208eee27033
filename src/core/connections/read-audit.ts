import { listAuditEntries } from '../../db/queries/audit.ts'
import type { Core } from '../core.ts'

export type AuditLine = {
  at: string
  actor: string
  action: string
  subject: string
  details: Record<string, string | number | boolean>
}

const maxShown = 30

/** Who did what, newest first. */
export async function readAudit(core: Core): Promise<AuditLine[]> {
  const entries = await listAuditEntries(core.database.db, maxShown)
  return entries.map(({ createdAt, actor, action, subject, details }) => ({
    at: createdAt.toISOString(),
    actor,
    action,
    subject,
    details,
  }))
}
