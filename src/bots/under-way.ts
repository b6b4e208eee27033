// What a platform has been acknowledged for and is still being worked on, so that stopping can wait for it.
import type { Logger } from '../log.ts'
import { settledWithin } from './settled-within.ts'

export type UnderWay = {
  /** Aborts when stopping has waited long enough. */
  signal: AbortSignal
  /** Runs at once; never rejects: a failure is logged. The work's signal aborts after `timeoutMs`, or with `signal`. */
  run(name: string, timeoutMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<void>
  /** True from the moment `finish` was called. Nothing new should be run then. */
  isStopping(): boolean
  /** Waits at most `waitMs` for all of it, then aborts the rest and waits for that. */
  finish(waitMs: number): Promise<void>
}

/** Work that ignores its signal is not waited for longer than this. */
const abortGraceMs = 2_000

export function createUnderWay(log: Logger): UnderWay {
  const works = new Set<Promise<void>>()
  const controller = new AbortController()
  let isStopping = false
  return {
    signal: controller.signal,
    async run(name, timeoutMs, work) {
      const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(timeoutMs)])
      const running = work(signal).catch((error: unknown) => {
        log.error({ err: error, isAborted: signal.aborted }, `${name} failed`)
      })
      works.add(running)
      await running
      works.delete(running)
    },
    isStopping: () => isStopping,
    async finish(waitMs) {
      isStopping = true
      await settledWithin(Promise.all(works), waitMs)
      if (works.size > 0) log.warn({ left: works.size }, 'Stopping before everything was answered')
      controller.abort(new Error('the server is stopping'))
      await settledWithin(Promise.all(works), abortGraceMs)
    },
  }
}
