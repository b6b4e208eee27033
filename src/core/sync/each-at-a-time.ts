/**
 * Works all values, at most `concurrency` at a time. The first failure stops the rest: the signal that the others were
 * given aborts, and this rejects with that failure once all of them have ended.
 */
export async function eachAtATime<Value>(
  values: Iterable<Value>,
  concurrency: number,
  signal: AbortSignal,
  work: (value: Value, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const ending = AbortSignal.any([signal, failed.signal])
  const waiting = values[Symbol.iterator]()
  const workOff = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      ending.throwIfAborted()
      await work(next.value, ending)
    }
  }
  await Promise.allSettled(
    Array.from({ length: concurrency }, () => workOff().catch((error: unknown) => failed.abort(error))),
  )
  if (failed.signal.aborted) throw failed.signal.reason
}
