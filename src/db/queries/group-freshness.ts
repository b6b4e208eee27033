import type { Db } from '../database.ts'
import { sql } from 'drizzle-orm'

/** The members of the groups, and who is licensed, are asked for again by the next run; until then they hold. */
export async function expireGroups(db: Db, connectionId: number, now: Date): Promise<void> {
  await db.execute(
    sql`update principals set members_read_at = least(members_read_at, ${now.toISOString()}::timestamptz - interval '1 hour')
         where connection_id = ${connectionId} and kind in ('group', 'licensed') and members_read_at is not null`,
  )
}
