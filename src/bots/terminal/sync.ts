import { styleText } from 'node:util'
import type { OpenCore } from '../../core/open-core.ts'
import { type SpaceReport, readRuns, reportRuns } from '../../core/sync/report-runs.ts'
import { type StartedSync, startSync } from '../../core/sync/sync-target.ts'
import type { Output } from './output.ts'
import { plainLine } from './plain.ts'
import { renderBar, renderFailure } from './render.ts'
import { setTimeout as delay } from 'node:timers/promises'

type Runs = StartedSync['runs']

/** Spaces that are synced at the same time. */
export const syncConcurrency = 2
const pollMs = 200

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
async function waitForRuns(open: OpenCore, started: Runs, output: Output, signal: AbortSignal): Promise<SpaceReport[]> {
  const isGuest = open.core.database.kind === 'guest'
  if (isGuest) output.remark('Another Footnote process holds the database and does the work.')
  const workers = isGuest ? undefined : await open.startWorkers(syncConcurrency)
  const bar = createProgressBar(output)
  try {
    for (;;) {
      signal.throwIfAborted()
      const runs = await readRuns(open.core, started)
      bar.show(runs)
      if (runs.every((run) => run.finishedAt !== null)) return await reportRuns(open.core, runs)
      await delay(pollMs, undefined, { signal })
    }
  } finally {
    bar.end()
    await workers?.stop()
  }
}

function renderReport(space: SpaceReport): string {
  const mark = space.state === 'INGESTED' ? styleText('green', '✓') : styleText('red', '✗')
  const parts = [
    `${space.stored.toLocaleString('en')} of ${space.listed.toLocaleString('en')} pages`,
    `${space.updated} updated`,
    `${space.unchanged} unchanged`,
    ...(space.deleted > 0 ? [`${space.deleted} deleted`] : []),
    ...(space.failed > 0 ? [styleText('red', `${space.failed} failed`)] : []),
  ]
  return [
    `${mark} ${plainLine(space.space).padEnd(12)} ${parts.join(', ')}`,
    ...(space.error === undefined ? [] : [`  ${styleText('yellow', plainLine(space.error))}`]),
    ...space.failures.map((failure) => `  ${renderFailure(failure)}`),
  ].join('\n')
}

/** One line that rewrites itself on a terminal; elsewhere a line for each tenth. */
function createProgressBar(output: Output): { show: (runs: Runs) => void; end: () => void } {
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

function sum(runs: Runs, of: (counts: NonNullable<Runs[number]['counts']>) => number): number {
  return runs.reduce((total, run) => total + (run.counts === null ? 0 : of(run.counts)), 0)
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? '' : 's'}`
}
