// How far runs are and how they ended, space by space: what `sync --wait` shows.
import { type PageFailure, type Space, findSpaceById, listFailures } from '../../db/queries/spaces.ts'
import type { SyncRun } from '../../db/queries/sync-runs.ts'
import { type PartReason, listPartFailures, listPartNotices } from '../../db/queries/page-parts.ts'
import type { PartCounts, RunCounts } from '../../db/schema/sync-runs.ts'
import type { Core } from '../core.ts'
import { noCounts } from './run-space.ts'

export type SpaceReport = RunCounts & {
  space: string
  state: Space['state']
  failures: { pageId: string; title: string; reason: string }[]
  parts: PartCounts
  /** Attachments and comments that failed, and those of which not all is searched. */
  partFailures: PartReport[]
  partNotices: PartReport[]
  error?: string
}

/** `page` is the title of the page that it hangs on. */
export type PartReport = { pageId: string; page: string; kind: 'attachment' | 'comment'; name: string; reason: string }

const maxReportedFailures = 100
const noParts: PartCounts = { listed: 0, stored: 0, unchanged: 0, failed: 0, excluded: 0 }

/** One report for each run that ended, by space key. */
export async function reportRuns(core: Core, runs: SyncRun[]): Promise<SpaceReport[]> {
  const { db } = core.database
  const spaces = await Promise.all(runs.map((run) => findSpaceById(db, run.spaceId)))
  const spaceIds = runs.map((run) => run.spaceId)
  const [failures, partFailures, partNotices] = await Promise.all([
    listFailures(db, spaceIds, maxReportedFailures),
    listPartFailures(db, spaceIds, maxReportedFailures),
    listPartNotices(db, spaceIds, maxReportedFailures),
  ])
  return runs
    .flatMap((run, i) => {
      const space = spaces[i]
      return space === undefined ? [] : [describe(run, space, { failures, partFailures, partNotices })]
    })
    .toSorted((a, b) => (a.space < b.space ? -1 : 1))
}

type Reasons = { failures: PageFailure[]; partFailures: PartReason[]; partNotices: PartReason[] }

function describe(run: SyncRun, space: Space, { failures, partFailures, partNotices }: Reasons): SpaceReport {
  const error = run.error ?? space.error
  return {
    space: space.key,
    state: run.state === 'succeeded' ? 'INGESTED' : 'ERROR',
    ...(run.counts ?? noCounts),
    failures: failures
      .filter((failure) => failure.spaceId === space.id)
      .map(({ pageId, title, reason }) => ({ pageId, title, reason })),
    parts: { ...noParts, ...run.counts?.parts },
    partFailures: partFailures.filter((reason) => reason.spaceId === space.id).map(describePart),
    partNotices: partNotices.filter((reason) => reason.spaceId === space.id).map(describePart),
    ...(error === null ? {} : { error }),
  }
}

export function describePart({ pageId, title, kind, name, reason }: PartReason): PartReport {
  return { pageId, page: title, kind, name: kind === 'comment' ? 'Comment' : name, reason }
}
