// One call to the Bot Connector: its timeout, its retries, and its failures in our words.
import { setTimeout as pause } from 'node:timers/promises'
import { AccessDeniedError, InvalidInputError, TransientError, isFootnoteError } from '../../errors.ts'

const timeoutMs = 15_000
const maxAttempts = 4
const maxPauseMs = 10_000

export type Call<T> = {
  /** True when sending it twice does no harm: then failures with unknown outcome are tried again too. */
  isIdempotent: boolean
  send: (signal: AbortSignal) => Promise<T>
}

/** Rejects with one of the four errors of `src/errors.ts`, or as `signal` says when it was aborted. */
export async function deliver<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call.send(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
    } catch (cause) {
      signal.throwIfAborted()
      const error = translate(cause)
      const pauseMs = findPause(error, call.isIdempotent, attempt)
      if (pauseMs === undefined) throw error
      await pause(pauseMs, undefined, { signal })
    }
  }
}

/** A throttled call was not carried out, so it may always be repeated. */
function findPause(error: unknown, isIdempotent: boolean, attempt: number): number | undefined {
  if (!(error instanceof TransientError) || attempt >= maxAttempts) return undefined
  if (error.code !== 'teams_throttled' && !isIdempotent) return undefined
  const pauseMs = error.retryAfterMs ?? 2 ** attempt * 250 * (1 + Math.random())
  return pauseMs <= maxPauseMs ? pauseMs : undefined
}

type HttpFailure = { statusCode?: unknown; response?: { headers?: { get?: (name: string) => string | undefined } } }

function translate(cause: unknown): unknown {
  if (isFootnoteError(cause)) return cause
  const { statusCode, response } = cause as HttpFailure
  if (typeof statusCode !== 'number') {
    return new TransientError('teams_unreachable', 'Microsoft Teams could not be reached.', { cause })
  }
  if (statusCode === 429) {
    const seconds = Number(response?.headers?.get?.('retry-after') ?? Number.NaN)
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined
    return new TransientError('teams_throttled', 'Microsoft Teams asks to slow down.', { cause, retryAfterMs })
  }
  if (statusCode >= 500 || statusCode === 408 || statusCode === 412) {
    return new TransientError('teams_unavailable', `Microsoft Teams answered ${statusCode}.`, { cause })
  }
  if (statusCode === 413) {
    return new InvalidInputError('teams_message_too_big', 'The message is too big for Microsoft Teams.', { cause })
  }
  if (statusCode === 400) {
    return new InvalidInputError('teams_message_invalid', 'Microsoft Teams did not accept the message.', { cause })
  }
  return new AccessDeniedError('teams_refused', `Microsoft Teams does not let the bot do this (${statusCode}).`, {
    cause,
  })
}
