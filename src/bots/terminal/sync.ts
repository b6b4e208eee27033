import { styleText } from 'node:util'
import type { OpenCore } from '../../core/open-core.ts'
import { TransientError } from '../../errors.ts'
import { followRuns } from '../../core/sync/follow-runs.ts'
import { type SpaceReport, reportRuns } from '../../core/sync/report-runs.ts'
import { describeFetched, fetchPage } from '../../core/jobs/fetch-page.ts'
import { type StartedSync, startSync } from '../../core/sync/sync-target.ts'
import { describePartCounts } from '../commands/part-counts.ts'
import { describeHeld } from '../commands/status-words.ts'
import type { Output } from './output.ts'
import { plainLine } from './plain.ts'
import { renderBar, renderFailure, renderPartFailure } from './render.ts'
import { setTimeout as delay } from 'node:timers/promises'

type Runs = StartedSync['runs']

/** Spaces that are synced at the same time. */
export const syncConcurrency = 4
const pollMs = 200
/** A server takes up a run within a second; one that has other spaces to sync first takes longer. */
const patienceMs = 5_000
const pagePatienceMs = 60_000

/**
 * Opens everything again after the process that held the data folder has ended; rejects with `error` when that is not why
 * it was thrown.
 */
export type Reopen = (error: unknown) => Promise<OpenCore>

/** `footnote sync`. Returns the exit status: 1 when a space ends in ERROR or a connection could not be synced. */
export async function runSyncCommand(
  open: OpenCore,
  reopen: Reopen,
  target: string | undefined,
  options: { full?: boolean; wait?: boolean },
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const start = ({ core }: OpenCore): Promise<StartedSync> =>
    startSync(core, target, { isFull: options.full === true, requestedBy: 'terminal' }, signal)
  if (options.wait !== true) {
    const started = await start(open)
    remarkOn(started, output)
    if (started.page !== undefined && started.remarks.length === 0)
      return fetchPageHere(open, started.page, output, signal)
    const hint = hintOfWorkers(open.core.database.kind, 'add --wait')
    output.result(
      started.runs.map((run) => ({ run: run.id, state: run.state })),
      started.runs.length === 0 ? 'Nothing was queued.' : `${count(started.runs.length, 'space')} queued.${hint}`,
    )
    return isIncomplete(started) ? 1 : 0
  }
  let current = open
  let started: StartedSync | undefined
  for (;;) {
    try {
      if (started === undefined) remarkOn((started = await start(current)), output)
      const reports = await waitForRuns(current, started.runs, output, signal)
      output.result(reports, reports.map(renderReport).join('\n'))
      return isIncomplete(started) || reports.some((report) => report.state === 'ERROR') ? 1 : 0
    } catch (error) {
      if (signal.aborted) throw interrupted(error)
      current = await reopen(error)
      output.remark('The Footnote process that held the database has ended.')
    }
  }
}

/** What a queued run waits for; '' beside a server. On PostgreSQL nobody can say whether one runs somewhere. */
export function hintOfWorkers(kind: OpenCore['core']['database']['kind'], otherwise: string): string {
  if (kind === 'guest') return ''
  return kind === 'embedded'
    ? ` No server is running here: ${otherwise}, or start footnote serve.`
    : ` A server (footnote serve) does it; where none runs, ${otherwise}.`
}

function interrupted(cause: unknown): TransientError {
  return new TransientError('interrupted', 'Stopped; the sync goes on with the next run.', { cause })
}

/** One page needs no worker. */
async function fetchPageHere(
  { core }: OpenCore,
  { pageId, spaceKey, run }: NonNullable<StartedSync['page']>,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const fetched = await fetchPage(core, run, pageId, pagePatienceMs, signal)
  const said = describeFetched(fetched, spaceKey)
  const { id, state } = fetched.run
  output.result([{ run: id, state, page: fetched.outcome ?? { pageId, text: said } }], plainLine(said))
  return fetched.outcome?.what === 'failed' || fetched.run.state === 'failed' ? 1 : 0
}

/** A connection was not synced, or a space that it covers: those are in ERROR, without a run. */
function isIncomplete({ runs, missing, refusals }: StartedSync): boolean {
  return runs.length === 0 || missing.length + refusals.length > 0
}

function remarkOn({ missing, refusals, remarks }: StartedSync, output: Output): void {
  for (const sentence of [...remarks, ...refusals, ...missing]) output.remark(sentence)
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
  if (isGuest) output.remark('Another Footnote process holds the database, and does the work if it is a server.')
  const workers = isGuest ? undefined : await open.startWorkers(syncConcurrency)
  const bar = createProgressBar(output)
  const patienceEndsAt = performance.now() + patienceMs
  let isPatient = isGuest
  let runs = started
  try {
    for (;;) {
      signal.throwIfAborted()
      runs = await followRuns(open.core, runs)
      bar.show(runs)
      if (runs.every((run) => run.finishedAt !== null && !run.isFollowed)) return await reportRuns(open.core, runs)
      if (runs.some((run) => run.state !== 'queued')) isPatient = false
      if (isPatient && performance.now() > patienceEndsAt) {
        isPatient = false
        output.remark('That process has not begun with this. If it works no syncs, this goes on here when it ends.')
      }
      await delay(pollMs, undefined, { signal })
    }
  } finally {
    bar.end()
    await workers?.stop()
  }
}

export function renderReport(space: SpaceReport): string {
  if (space.pages !== undefined) return space.pages.map(({ text }) => plainLine(text)).join('\n')
  const mark = space.state === 'INGESTED' ? styleText('green', '✓') : styleText('red', '✗')
  const pages = [
    `${space.stored.toLocaleString('en')} of ${space.listed.toLocaleString('en')} pages`,
    `${space.updated} updated`,
    `${space.unchanged} unchanged`,
    ...(space.excluded > 0 ? [`${space.excluded} left out`] : []),
    ...(space.deleted > 0 ? [`${space.deleted} deleted`] : []),
    ...(space.held === undefined ? [] : [styleText('yellow', `${space.held} hidden`)]),
    ...(space.failed > 0 ? [styleText('red', `${space.failed} failed`)] : []),
  ]
  const parts = describePartCounts(space.parts).join(', ')
  return [
    `${mark} ${plainLine(space.space).padEnd(12)} ${pages.join(', ')}${parts === '' ? '' : ` · ${parts}`}`,
    ...(space.error === undefined ? [] : [`  ${styleText('yellow', plainLine(space.error))}`]),
    ...(space.held === undefined
      ? []
      : [`  ${styleText('yellow', plainLine(describeHeld({ held: space.held, key: space.space })))}`]),
    ...space.failures.map((failure) => `  ${renderFailure(failure)}`),
    ...space.partFailures.map((failure) => `  ${renderPartFailure(failure)}`),
    ...renderPartNotices(space.partNotices),
  ].join('\n')
}

/** There is one for every scanned PDF: the first say what kind of thing they are. */
const maxShownNotices = 5

function renderPartNotices(notices: SpaceReport['partNotices']): string[] {
  const shown = notices.slice(0, maxShownNotices).map(({ page, reason }) => `${reason} (${page})`)
  const rest = notices.length > shown.length ? [`… and ${notices.length - shown.length} more with --json`] : []
  return [...shown, ...rest].map((line) => `  ${styleText('dim', plainLine(line))}`)
}

/** One line that rewrites itself on a terminal; elsewhere a line for each tenth. */
function createProgressBar(output: Output): { show: (runs: Runs) => void; end: () => void } {
  let shownTenth = -1
  let shownLine = ''
  let isDrawn = false
  return {
    show: (runs) => {
      const listed = sum(runs, (counts) => counts.listed)
      const done = sum(runs, (counts) => counts.unchanged + counts.updated + counts.failed + counts.excluded)
      const ended = runs.filter((run) => run.finishedAt !== null).length
      const line = `${renderBar(done, listed, 32)} pages · ${ended} of ${count(runs.length, 'space')}`
      if (process.stderr.isTTY) {
        process.stderr.write(`\r\u001B[K${line}`)
        isDrawn = true
        return
      }
      const tenth = listed === 0 ? 0 : Math.floor((done / listed) * 10)
      // The last line is said however quick it all was.
      const isOver = ended === runs.length && line !== shownLine
      if ((tenth !== shownTenth || isOver) && listed > 0) output.remark((shownLine = line))
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
