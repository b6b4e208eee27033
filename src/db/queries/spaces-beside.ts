import { and, eq, notInArray, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { spaces } from '../schema/content.ts'
import { blankAnswers } from './removal.ts'
import { countStoredPages } from './spaces.ts'

/** Deletes the spaces of a connection that are not among these keys, with their pages; says how much that was. */
export async function purgeSpacesBeside(
  db: Db,
  connectionId: number,
  keys: string[],
): Promise<{ spaces: number; pages: number }> {
  const kept = keys.map((key) => key.toLowerCase())
  const beside = and(eq(spaces.connectionId, connectionId), notInArray(sql`lower(${spaces.key})`, kept))
  const found = await db.select({ id: spaces.id }).from(spaces).where(beside)
  const ids = found.map(({ id }) => id)
  const stored = await countStoredPages(db, ids)
  if (ids.length > 0) {
    await blankAnswers(db, ids)
    await db.delete(spaces).where(beside)
  }
  return { spaces: ids.length, pages: [...stored.values()].reduce((sum, pages) => sum + pages, 0) }
}
