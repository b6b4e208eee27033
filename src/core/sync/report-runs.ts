// How far runs are and how they ended, space by space: what `sync --wait` shows.
import { type PageFailure, type Space, findSpaceById, listFailures } from '../../db/queries/spaces.ts'
import { type SyncRun, listRuns } from '../../db/queries/sync-runs.ts'
import type { RunCounts } from '../../db/schema/sync-runs.ts'
import type { Core } from '../core.ts'
import { noCounts } from './run-space.ts'

export type SpaceReport = RunCounts & {
  space: string
  state: Space['state']
  failures: { pageId: string; title: string; reason: string }[]
  error?: string
}

const maxReportedFailures = 100

/** The same runs as they stand now. */
export async function readRuns(core: Core, runs: SyncRun[]): Promise<SyncRun[]> {
  return listRuns(
    core.database.db,
    runs.map((run) => run.id),
  )
}

/** One report for each run that ended, by space key. */
export async function reportRuns(core: Core, runs: SyncRun[]): Promise<SpaceReport[]> {
  const { db } = core.database
  const spaces = await Promise.all(runs.map((run) => findSpaceById(db, run.spaceId)))
  const failures = await listFailures(
    db,
    runs.map((run) => run.spaceId),
    maxReportedFailures,
  )
  return runs
    .flatMap((run, i) => {
      const space = spaces[i]
      return space === undefined ? [] : [describe(run, space, failures)]
    })
    .toSorted((a, b) => (a.space < b.space ? -1 : 1))
}

function describe(run: SyncRun, space: Space, failures: PageFailure[]): SpaceReport {
  const error = run.error ?? space.error
  return {
    space: space.key,
    state: run.state === 'succeeded' ? 'INGESTED' : 'ERROR',
    ...(run.counts ?? noCounts),
    failures: failures
      .filter((failure) => failure.spaceId === space.id)
      .map(({ pageId, title, reason }) => ({ pageId, title, reason })),
    ...(error === null ? {} : { error }),
  }
}
