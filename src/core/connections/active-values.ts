import type { Connection } from '../../db/queries/connections.ts'
import { nextRunAt } from '../jobs/next-run.ts'

/** What makes a connection go on: also its next sync, which was forgotten when it was paused. */
export function activeValues({ autoSync, schedule, timezone }: Connection, now: Date) {
  return {
    state: 'active' as const,
    pauseReason: null,
    lossToldAt: null,
    nextSyncAt: (autoSync ? nextRunAt(schedule, timezone, now) : undefined) ?? null,
  }
}
