import { sql } from 'drizzle-orm'
import type { Db } from '../database.ts'

export async function isDatabaseAlive(db: Db): Promise<boolean> {
  try {
    await db.execute(sql`select 1`)
    return true
  } catch {
    return false
  }
}

/** What a server's autovacuum does by itself and the embedded database does not: the planner's statistics. */
export async function refreshStatistics(db: Db): Promise<void> {
  for (const table of ['pages', 'chunks', 'principals', 'group_members', 'layer_principals', 'access_set_layers'])
    await db.execute(sql.raw(`analyze ${table}`))
}
