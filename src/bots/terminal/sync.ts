import pc from 'picocolors'
import type { OpenCore } from '../../core/open-core.ts'
import { startSync } from '../../core/sync/sync-target.ts'
import { type SyncRun, listRuns } from '../../db/queries/sync-runs.ts'
import { findSpaceById, listFailures, type PageFailure, type Space } from '../../db/queries/spaces.ts'
import type { Output } from './output.ts'
import { renderBar } from './render.ts'
import { setTimeout as delay } from 'node:timers/promises'

export type SpaceReport = {
  space: string
  state: Space['state']
  listed: number
  stored: number
  unchanged: number
  updated: number
  failed: number
  excluded: number
  deleted: number
  failures: { pageId: string; title: string; reason: string }[]
  error?: string
}

/** Spaces that are synced at the same time. */
export const syncConcurrency = 2
const pollMs = 200
const maxReportedFailures = 100

/** `footnote sync`. Returns the exit status: 1 when a space ends in ERROR. */
export async function runSyncCommand(
  open: OpenCore,
  target: string | undefined,
  options: { full?: boolean; wait?: boolean },
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const started = await startSync(open.core, target, { isFull: options.full === true, requestedBy: 'terminal' }, signal)
  for (const key of started.missingKeys)
    output.remark(`Space ${key} is selected but the account of the connection cannot see it.`)
  if (options.wait !== true) {
    const hint =
      open.core.database.kind === 'embedded' ? ' No server is running here: add --wait, or start footnote serve.' : ''
    output.result(
      started.runs.map((run) => ({ run: run.id, state: run.state })),
      `${count(started.runs.length, 'space')} queued.${hint}`,
    )
    return 0
  }
  const reports = await waitForRuns(open, started.runs, output, signal)
  output.result(reports, reports.map(renderReport).join('\n'))
  return reports.some((report) => report.state === 'ERROR') ? 1 : 0
}

/** Joins the open runs of a target, or starts them, and waits for their end. */
export async function waitForSync(
  open: OpenCore,
  target: string,
  output: Output,
  signal: AbortSignal,
): Promise<SpaceReport[]> {
  const { runs } = await startSync(open.core, target, { isFull: false, requestedBy: 'terminal' }, signal)
  return waitForRuns(open, runs, output, signal)
}

/** Works the runs here (beside whatever server there is) and shows how far they are until the last one has ended. */
async function waitForRuns(
  open: OpenCore,
  started: SyncRun[],
  output: Output,
  signal: AbortSignal,
): Promise<SpaceReport[]> {
  const { db } = open.core.database
  const ids = started.map((run) => run.id)
  const isGuest = open.core.database.kind === 'guest'
  if (isGuest) output.remark('Another Footnote process holds the database and does the work.')
  const workers = isGuest ? undefined : await open.startWorkers(syncConcurrency)
  const bar = createProgressBar(output)
  try {
    for (;;) {
      signal.throwIfAborted()
      const runs = await listRuns(db, ids)
      bar.show(runs)
      if (runs.every((run) => run.finishedAt !== null)) return await report(open, runs)
      await delay(pollMs, undefined, { signal })
    }
  } finally {
    bar.end()
    await workers?.stop()
  }
}

async function report(open: OpenCore, runs: SyncRun[]): Promise<SpaceReport[]> {
  const { db } = open.core.database
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
  const counts = run.counts ?? { listed: 0, stored: 0, unchanged: 0, updated: 0, failed: 0, excluded: 0, deleted: 0 }
  const error = run.error ?? space.error
  return {
    space: space.key,
    state: run.state === 'succeeded' ? 'INGESTED' : 'ERROR',
    listed: counts.listed,
    stored: counts.stored,
    unchanged: counts.unchanged,
    updated: counts.updated,
    failed: counts.failed,
    excluded: counts.excluded,
    deleted: counts.deleted,
    failures: failures
      .filter((failure) => failure.spaceId === space.id)
      .map(({ pageId, title, reason }) => ({ pageId, title, reason })),
    ...(error === null ? {} : { error }),
  }
}

function renderReport(space: SpaceReport): string {
  const mark = space.state === 'INGESTED' ? pc.green('✓') : pc.red('✗')
  const parts = [
    `${space.stored.toLocaleString('en')} of ${space.listed.toLocaleString('en')} pages`,
    `${space.updated} updated`,
    `${space.unchanged} unchanged`,
    ...(space.deleted > 0 ? [`${space.deleted} deleted`] : []),
    ...(space.failed > 0 ? [pc.red(`${space.failed} failed`)] : []),
  ]
  return [
    `${mark} ${space.space.padEnd(12)} ${parts.join(', ')}`,
    ...(space.error === undefined ? [] : [`  ${pc.yellow(space.error)}`]),
    ...space.failures.map((failure) => `  ${pc.red('×')} ${failure.title}: ${failure.reason}`),
  ].join('\n')
}

/** One line that rewrites itself on a terminal; elsewhere a line for each tenth. */
function createProgressBar(output: Output): { show: (runs: SyncRun[]) => void; end: () => void } {
  let shownTenth = -1
  let isDrawn = false
  return {
    show: (runs) => {
      const listed = sum(runs, (counts) => counts.listed)
      const done = sum(runs, (counts) => counts.unchanged + counts.updated + counts.failed)
      const ended = runs.filter((run) => run.finishedAt !== null).length
      const line = `${renderBar(done, listed, 32)} pages · ${ended} of ${count(runs.length, 'space')}`
      if (process.stderr.isTTY) {
        process.stderr.write(`\r\u001B[K${line}`)
        isDrawn = true
        return
      }
      const tenth = listed === 0 ? 0 : Math.floor((done / listed) * 10)
      if (tenth !== shownTenth && listed > 0) output.remark(line)
      if (listed > 0) shownTenth = tenth
    },
    end: () => void (isDrawn && process.stderr.write('\n')),
  }
}

function sum(runs: SyncRun[], of: (counts: NonNullable<SyncRun['counts']>) => number): number {
  return runs.reduce((total, run) => total + (run.counts === null ? 0 : of(run.counts)), 0)
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`
}
