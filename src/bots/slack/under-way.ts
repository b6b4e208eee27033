// What Slack has been acknowledged for and is still being worked on, so that stopping can wait for it.
import type { Logger } from '../../log.ts'

export type UnderWay = {
  /** Runs at once; never rejects. The signal aborts after `timeoutMs`, or when stopping has waited long enough. */
  run(name: string, timeoutMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<void>
  /** Waits at most `waitMs` for all of it, then aborts the rest and waits for that. */
  finish(waitMs: number): Promise<void>
}

/** Work that ignores its signal is not waited for longer than this. */
const abortGraceMs = 2000

export function createUnderWay(log: Logger): UnderWay {
  const works = new Set<Promise<void>>()
  const stopping = new AbortController()
  return {
    async run(name, timeoutMs, work) {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)])
      const running = work(signal).catch((error: unknown) => {
        log.error({ err: error, isAborted: signal.aborted }, `${name} failed`)
      })
      works.add(running)
      await running
      works.delete(running)
    },
    async finish(waitMs) {
      await settledWithin(works, waitMs)
      if (works.size > 0) log.warn({ left: works.size }, 'Stopping before everything in Slack was answered')
      stopping.abort(new Error('Stopping.'))
      await settledWithin(works, abortGraceMs)
    },
  }
}

async function settledWithin(works: Set<Promise<void>>, waitMs: number): Promise<void> {
  if (works.size === 0) return
  const { promise: waited, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, waitMs)
  await Promise.race([Promise.all(works), waited])
  clearTimeout(timer)
}
