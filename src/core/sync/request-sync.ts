import { type RunKind, type SyncRun, openRun } from '../../db/queries/sync-runs.ts'
import { type Space, updateSpace } from '../../db/queries/spaces.ts'
import type { Core } from '../core.ts'

/** `isFollowed`: it was under way already; what was asked for follows when it ends. */
export type RequestedRun = SyncRun & { isFollowed: boolean }

/**
 * Queues a run for each space, or joins the one that is open. A run that no worker hears of is sent again by the schedule.
 * The schedule itself only wants a sync now and then: it asks for nothing after one that is under way.
 */
export async function requestSync(
  core: Core,
  spaces: Space[],
  options: { kind: RunKind; requestedBy: string },
): Promise<RequestedRun[]> {
  const { db } = core.database
  const opened: RequestedRun[] = []
  for (const space of spaces) {
    const joins = options.requestedBy === 'schedule'
    const one = await openRun(db, { spaceId: space.id, ...options, joins })
    if (one.isNew && options.kind !== 'pages' && space.lastSyncedAt === null)
      await updateSpace(db, space.id, { state: 'PENDING' })
    // What webhooks ask for again and again was sent when it was new.
    const isSent = !one.isNew && options.requestedBy === 'webhook'
    if (one.run.state === 'queued' && !isSent) await core.enqueueRun(one.run.id)
    opened.push({ ...one.run, isFollowed: one.isFollowed })
  }
  return opened
}
