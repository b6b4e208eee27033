// The API's failures as ours, chosen by what can be done: wait, tell an admin, or tell the person. Pure.
import { ConnectionRevokedError, InvalidInputError, TransientError } from '../../errors.ts'

/** What is read of an error of the SDK: `status` is undefined when it came inside a stream or no answer came. */
export type ApiFailure = {
  status?: number | undefined
  type?: string | null | undefined
  headers?: Headers | undefined
}

const TRANSIENT_TYPES = new Set([
  'rate_limit_error',
  'timeout_error',
  'api_error',
  'overloaded_error',
  'conflict_error',
])

export function translateFailure(failure: ApiFailure, cause: unknown): Error {
  const { status, type } = failure
  if (status === 401 || status === 403 || type === 'authentication_error' || type === 'permission_error')
    return new ConnectionRevokedError(
      'claude_key_refused',
      'Anthropic refused the API key. An admin needs to check ANTHROPIC_API_KEY.',
      { cause },
    )
  if (status === 402 || type === 'billing_error')
    return new ConnectionRevokedError(
      'claude_unpaid',
      "Anthropic answers no more requests for this account until its billing is settled. An admin needs to check the account's plan.",
      { cause },
    )
  if (status === 404 || type === 'not_found_error')
    return new InvalidInputError(
      'claude_model_unknown',
      'Anthropic does not know the configured model. An admin needs to check ANTHROPIC_MODEL.',
      { cause, field: 'ANTHROPIC_MODEL' },
    )
  if (isTransient(status, type))
    return new TransientError('claude_unavailable', 'Claude is not available at the moment. Try again in a minute.', {
      cause,
      retryAfterMs: readRetryAfterMs(failure.headers),
    })
  if (status === 413) return tooLong(cause)
  return new InvalidInputError('claude_request_rejected', 'Claude could not read this question. Ask it differently.', {
    cause,
  })
}

export function tooLong(cause?: unknown): InvalidInputError {
  return new InvalidInputError('question_too_long', 'This is too long for Claude. Ask a shorter question.', { cause })
}

export function refused(): InvalidInputError {
  return new InvalidInputError('claude_refused', 'Claude declined to answer this question. Ask it differently.')
}

export function stalled(): TransientError {
  return new TransientError('claude_stalled', 'Claude stopped sending its answer. Try again in a minute.')
}

export function brokeOff(cause?: unknown): TransientError {
  return new TransientError('claude_broke_off', "Claude's answer broke off. Try again in a minute.", { cause })
}

function isTransient(status: number | undefined, type: string | null | undefined): boolean {
  if (type !== null && type !== undefined && TRANSIENT_TYPES.has(type)) return true
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500
}

function readRetryAfterMs(headers: Headers | undefined): number | undefined {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  if (Number.isFinite(ms)) return ms
  const seconds = Number.parseFloat(headers?.get('retry-after') ?? '')
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}
