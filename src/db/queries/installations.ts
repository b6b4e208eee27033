import { and, eq } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { installations } from '../schema/connections.ts'

export type Installation = typeof installations.$inferSelect

/** Adds an installation, or refreshes what is given of a known one. */
export async function upsertInstallation(
  db: Db,
  {
    platform,
    tenantId,
    ...values
  }: { platform: 'slack' | 'teams'; tenantId: string; name?: string; serviceUrl?: string },
): Promise<void> {
  const added = db.insert(installations).values({ platform, tenantId, ...values })
  const target = [installations.platform, installations.tenantId]
  await (Object.keys(values).length === 0
    ? added.onConflictDoNothing({ target })
    : added.onConflictDoUpdate({ target, set: values }))
}

export function listInstallations(db: Db): Promise<Installation[]> {
  return db.select().from(installations).orderBy(installations.platform, installations.name, installations.tenantId)
}

export async function findInstallation(
  db: Db,
  platform: 'slack' | 'teams',
  tenantId: string,
): Promise<Installation | undefined> {
  const match = and(eq(installations.platform, platform), eq(installations.tenantId, tenantId))
  return (await db.select().from(installations).where(match))[0]
}
