import { insertAuditEntry } from '../../db/queries/connections.ts'
import type { Core } from '../core.ts'

/** Notes that somebody reads without a filter; whoever makes a viewer of kind `operator` calls this first. */
export async function auditOperator(core: Core, action: string): Promise<void> {
  await insertAuditEntry(core.database.db, {
    actor: 'terminal',
    action: `${action} as operator`,
    subject: 'all content',
  })
}
