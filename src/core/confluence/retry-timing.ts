// When a read is tried again. Pure: the clock and chance are arguments.

export type RetryPolicy = {
  /** Requests in all, the first one included. */
  attempts: number
  baseDelayMs: number
  maxDelayMs: number
  /** The longest wait that a `Retry-After` may impose; Data Center names 9223372036854775807 for blocked accounts. */
  maxRetryAfterMs: number
  /** The longest wait for which it is worth to try again; longer ones are the caller's. Default: any. */
  patienceMs?: number
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 5,
  baseDelayMs: 500,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 300_000,
}

/** Milliseconds that a `Retry-After` header asks for, capped; undefined when it says nothing usable. */
export function parseRetryAfter(header: string | null, nowMs: number, capMs: number): number | undefined {
  const value = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(Number(value) * 1000, capMs)
  if (!/^[a-z]{3}/i.test(value)) return undefined
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(atMs - nowMs, 0), capMs)
}

/**
 * The wait before the attempt that follows `attempt` (1, 2, …). A time named by the server is kept exactly, without jitter;
 * zero is no time: Data Center sends `retry-after: 0` on every answer while it has tokens left.
 */
export function resolveDelayMs(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  if (retryAfterMs !== undefined && retryAfterMs > 0) return retryAfterMs
  const fullMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1))
  return fullMs / 2 + (fullMs / 2) * random
}

/** Whoever asks does not wait for so long. */
export function isTooLong({ patienceMs }: RetryPolicy, retryAfterMs: number | undefined): boolean {
  return patienceMs !== undefined && (retryAfterMs ?? 0) > patienceMs
}
