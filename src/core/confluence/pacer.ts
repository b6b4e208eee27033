// How many requests one site gets at a time. Begins politely, goes up while answers come, halves when the site asks for
// fewer or breaks down, and stands still for as long as the site asks for.
import { setTimeout as delay } from 'node:timers/promises'
import PQueue from 'p-queue'
import { TransientError } from '../../errors.ts'

export type Pacer = {
  /** Runs `request` as soon as there is room for it. Rejects with the signal's reason when aborted before. */
  run: <Value>(request: () => Promise<Value>, signal: AbortSignal) => Promise<Value>
  /** The most requests at a time from now on; at least one. */
  setMax: (max: number) => void
  /** Requests at a time that the site gets just now. */
  concurrency: () => number
}

const defaultMaxConcurrency = 8

/** Failures after which a site gets fewer requests. */
const overloadCodes = new Set(['rate_limited', 'server_error', 'timeout'])

export function createPacer(options: { max?: number; now?: () => number } = {}): Pacer {
  const now = options.now ?? Date.now
  let max = Math.max(1, options.max ?? defaultMaxConcurrency)
  let answeredInARow = 0
  let heldUntil = 0
  const queue = new PQueue({ concurrency: Math.ceil(max / 2) })

  const onAnswer = (): void => {
    answeredInARow += 1
    if (answeredInARow < queue.concurrency || queue.concurrency >= max) return
    queue.concurrency += 1
    answeredInARow = 0
  }
  const onFailure = (error: unknown): void => {
    if (!(error instanceof TransientError) || !overloadCodes.has(error.code)) return
    answeredInARow = 0
    queue.concurrency = Math.max(1, Math.floor(queue.concurrency / 2))
    heldUntil = Math.max(heldUntil, now() + (error.retryAfterMs ?? 0))
  }
  return {
    run: (request, signal) =>
      queue.add(
        async () => {
          await waitFor(() => heldUntil - now(), signal)
          try {
            const answer = await request()
            onAnswer()
            return answer
          } catch (error) {
            onFailure(error)
            throw error
          }
        },
        { signal },
      ),
    setMax: (value) => {
      max = Math.max(1, Math.floor(value))
      queue.concurrency = Math.min(queue.concurrency, max)
    },
    concurrency: () => queue.concurrency,
  }
}

/** Waits until nothing is left to wait for; another failure may prolong it meanwhile. */
async function waitFor(leftMs: () => number, signal: AbortSignal): Promise<void> {
  for (let ms = leftMs(); ms > 0; ms = leftMs())
    try {
      await delay(ms, undefined, { signal })
    } finally {
      signal.throwIfAborted()
    }
}
