// How many requests one site gets at a time. Begins politely, goes up while answers come, halves when the site asks for
// fewer or breaks down, and stands still for as long as the site asks for.
import { setTimeout as delay } from 'node:timers/promises'
import PQueue from 'p-queue'
import { TransientError } from '../../errors.ts'

/**
 * Runs `request` as soon as there is room for it. Rejects with the signal's reason when aborted before, and with
 * `rate_limited` when the site wants to be left alone for longer than `patienceMs`.
 */
type RunAtPace = <Value>(request: () => Promise<Value>, signal: AbortSignal, patienceMs?: number) => Promise<Value>

export type Pace = { run: RunAtPace }

export type Pacer = Pace & {
  /** The same pace, before all that waits: for reads that somebody waits for. */
  urgent: Pace
  /** The most requests at a time from now on; at least one. */
  setMax: (max: number) => void
  /** No request from now on for so long; a longer hold stays. */
  hold: (forMs: number) => void
  /** Requests at a time that the site gets just now. */
  concurrency: () => number
}

export type PacerOptions = {
  max?: number
  now?: () => number
  /** Called before each request; may ask others about the site and tell this pacer. Must not reject. */
  beforeRequest?: () => Promise<void>
  /** The site asked to be left alone for so long. Must not reject. */
  onHold?: (forMs: number) => Promise<void>
}

const defaultMaxConcurrency = 8

/** Failures after which a site gets fewer requests. */
const overloadCodes = new Set(['rate_limited', 'server_error', 'timeout'])

const urgentPriority = 1

export function createPacer(options: PacerOptions = {}): Pacer {
  const now = options.now ?? Date.now
  let max = Math.max(1, options.max ?? defaultMaxConcurrency)
  let answeredInARow = 0
  let heldUntil = 0
  const queue = new PQueue({ concurrency: Math.ceil(max / 2) })

  const hold = (forMs: number): void => {
    heldUntil = Math.max(heldUntil, now() + forMs)
  }
  const onAnswer = (): void => {
    answeredInARow += 1
    if (answeredInARow < queue.concurrency || queue.concurrency >= max) return
    queue.concurrency += 1
    answeredInARow = 0
  }
  const onFailure = async (error: unknown): Promise<void> => {
    if (!(error instanceof TransientError) || !overloadCodes.has(error.code)) return
    answeredInARow = 0
    queue.concurrency = Math.max(1, Math.floor(queue.concurrency / 2))
    const forMs = error.retryAfterMs ?? 0
    if (forMs <= 0) return
    hold(forMs)
    await options.onHold?.(forMs)
  }
  /** Waits until the site may be asked; another failure, here or elsewhere, may prolong it meanwhile. */
  const untilFree = async (signal: AbortSignal, patienceMs: number): Promise<void> => {
    for (;;) {
      await options.beforeRequest?.()
      signal.throwIfAborted()
      const leftMs = heldUntil - now()
      if (leftMs <= 0) return
      if (leftMs > patienceMs) throw held(leftMs)
      await sleep(leftMs, signal)
    }
  }
  const runWith =
    (priority: number): RunAtPace =>
    async (request, signal, patienceMs = Infinity) => {
      // Outside too: the room may be full of requests that have more patience.
      if (patienceMs !== Infinity) await untilFree(signal, patienceMs)
      return queue.add(
        async () => {
          await untilFree(signal, patienceMs)
          try {
            const answer = await request()
            onAnswer()
            return answer
          } catch (error) {
            await onFailure(error)
            throw error
          }
        },
        { signal, priority },
      )
    }
  return {
    run: runWith(0),
    urgent: { run: runWith(urgentPriority) },
    setMax: (value) => {
      max = Math.max(1, Math.floor(value))
      queue.concurrency = Math.min(queue.concurrency, max)
    },
    hold,
    concurrency: () => queue.concurrency,
  }
}

function held(leftMs: number): TransientError {
  const seconds = Math.ceil(leftMs / 1000)
  return new TransientError(
    'rate_limited',
    `The site asks for fewer requests: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    { retryAfterMs: leftMs },
  )
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } finally {
    signal.throwIfAborted()
  }
}
