import { findInstallation, upsertInstallation } from '../../db/queries/installations.ts'
import type { Core } from '../core.ts'

/** Our app runs in this Slack workspace or Teams tenant: its people can ask. */
export async function recordInstallation(
  core: Core,
  installation: { platform: 'slack' | 'teams'; tenantId: string; name?: string; serviceUrl?: string },
): Promise<void> {
  await upsertInstallation(core.database.db, installation)
}

/** Where the Teams connector of a tenant was last reached. */
export async function findServiceUrl(core: Core, tenantId: string): Promise<string | undefined> {
  return (await findInstallation(core.database.db, 'teams', tenantId))?.serviceUrl ?? undefined
}
