// The runs that somebody waits for. What is asked for while a run is under way comes too late for it: the next one counts.
import { findFollower, listRuns } from '../../db/queries/sync-runs.ts'
import type { Core } from '../core.ts'
import type { RequestedRun } from './request-sync.ts'

/** The same runs as they stand now; in the place of one that is followed and has ended, the one that follows it. */
export async function followRuns({ database: { db } }: Core, runs: RequestedRun[]): Promise<RequestedRun[]> {
  const found = await listRuns(
    db,
    runs.map(({ id }) => id),
  )
  const current = new Map(found.map((run) => [run.id, run]))
  return Promise.all(
    runs.map(async (asked) => {
      const run = { ...asked, ...current.get(asked.id) }
      if (!run.isFollowed || run.finishedAt === null) return run
      return { ...((await findFollower(db, run)) ?? run), isFollowed: false }
    }),
  )
}
