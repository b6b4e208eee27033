import { TransientError } from '../../errors.ts'

/** A run in which nothing moves for this long is ended; the longest wait that a site may ask for is five minutes. */
export const stallMs = 30 * 60_000

export type StallGuard = Disposable & {
  /** Aborted by the caller's signal, or with a `TransientError` when nothing moved for too long. */
  signal: AbortSignal
  /** Something moved. */
  touch: () => void
}

export function startStallGuard(limitMs: number, outer: AbortSignal): StallGuard {
  const stalled = new AbortController()
  const timer = setTimeout(() => {
    const minutes = Math.round(limitMs / 60_000)
    stalled.abort(
      new TransientError(
        'stalled',
        `Nothing came from the site for ${minutes} minutes: the sync was ended, try again later.`,
      ),
    )
  }, limitMs)
  return {
    signal: AbortSignal.any([outer, stalled.signal]),
    touch: () => timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
