import type { Db } from '../../db/database.ts'
import { type StoredPage, holdPages, tombstonePages } from '../../db/queries/pages.ts'

/** A space that loses more than this many pages, and more than this share of them, at once has rather lost a permission. */
const maxPlainDeletions = 20
const maxPlainShare = 0.2

/**
 * Pages that a complete listing no longer holds are not served from now on. Few are deleted; where many vanish at once, or
 * where `isDoubtful` says so, they are only hidden, until an admin confirms it (`deleteVanished`) or they come back.
 */
export async function retirePages(
  db: Db,
  stored: StoredPage[],
  gone: StoredPage[],
  now: Date,
  isDoubtful = false,
): Promise<{ deleted: number; held: number }> {
  const living = stored.filter(({ tombstonedAt }) => tombstonedAt === null).length
  const ids = gone.map(({ id }) => id)
  if (isDoubtful || isSuspicious(gone.length, living)) {
    await holdPages(db, ids, now)
    return { deleted: 0, held: gone.length }
  }
  await tombstonePages(db, ids, now)
  return { deleted: gone.length, held: 0 }
}

export function isSuspicious(gone: number, living: number): boolean {
  return gone > maxPlainDeletions && gone > living * maxPlainShare
}
