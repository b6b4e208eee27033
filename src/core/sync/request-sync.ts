import { type RunKind, type SyncRun, openRun } from '../../db/queries/sync-runs.ts'
import { type Space, updateSpace } from '../../db/queries/spaces.ts'
import type { Core } from '../core.ts'

/** Queues a run for each space, or joins the one that is open. A run that no worker hears of is sent again by the schedule. */
export async function requestSync(
  core: Core,
  spaces: Space[],
  options: { kind: RunKind; requestedBy: string },
): Promise<SyncRun[]> {
  const { db } = core.database
  const runs: SyncRun[] = []
  for (const space of spaces) {
    const { run, isNew } = await openRun(db, { spaceId: space.id, ...options })
    if (isNew && space.lastSyncedAt === null) await updateSpace(db, space.id, { state: 'PENDING' })
    if (run.state === 'queued') await core.enqueueRun(run.id)
    runs.push(run)
  }
  return runs
}
