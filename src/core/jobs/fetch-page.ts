// One page that a person waits for: its run is worked here and now, unless a worker has it already.
import { setTimeout as delay } from 'node:timers/promises'
import { type SyncRun, findFollower, listRuns } from '../../db/queries/sync-runs.ts'
import type { PageOutcome } from '../../db/schema/sync-runs.ts'
import type { Core } from '../core.ts'
import type { RequestedRun } from '../sync/request-sync.ts'
import { workRun } from './worker.ts'

const pollMs = 100

export type FetchedPage = {
  run: SyncRun
  /** Undefined when the run has not come to the page yet, or failed before it. */
  outcome: PageOutcome | undefined
}

/** Waits for at most `patienceMs`. A run that is for the whole space is left to the workers. */
export async function fetchPage(
  core: Core,
  requested: RequestedRun,
  pageId: string,
  patienceMs: number,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const endsAt = performance.now() + patienceMs
  let run: SyncRun = requested
  if (run.kind === 'pages') await workRun(core, run.id, signal)
  for (;;) {
    ;[run = run] = await listRuns(core.database.db, [run.id])
    const outcome = run.counts?.pages?.find((page) => page.pageId === pageId)
    if (outcome !== undefined) return { run, outcome }
    if (run.finishedAt !== null) {
      // It was asked for too late for this run, or belonged to another space than was thought.
      const next = await findFollower(core.database.db, run)
      if (next === undefined || next.kind !== 'pages' || performance.now() > endsAt) return { run, outcome }
      run = next
      await workRun(core, run.id, signal)
    } else if (performance.now() > endsAt || run.kind !== 'pages') return { run, outcome }
    else await delay(pollMs, undefined, { signal })
  }
}

/** What to tell the person. */
export function describeFetched({ run, outcome }: FetchedPage, spaceKey: string): string {
  if (outcome !== undefined) return outcome.text
  if (run.error !== null) return `The page could not be fetched: ${run.error}`
  if (run.state === 'cancelled') return 'The page was not fetched: its connection was paused or removed meanwhile.'
  return `The page waits for space ${spaceKey}, which is being synced. See the progress with status.`
}
