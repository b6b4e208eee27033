// Four errors, chosen by what the caller must do. Each has a stable `code` and one sentence, shown to people as it
// stands, that names the object and the next step. Anything else that is thrown is a bug: fail the run or the request.

type ErrorOptions = { cause?: unknown }

abstract class FootnoteError extends Error {
  readonly code: string

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/** Back off and try again; `retryAfterMs` when the other side named a time. */
export class TransientError extends FootnoteError {
  readonly retryAfterMs: number | undefined

  constructor(code: string, message: string, options: ErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(code, message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The credential no longer works: pause the connection and tell its admin. */
export class ConnectionRevokedError extends FootnoteError {}

/** Treat the content as invisible. */
export class AccessDeniedError extends FootnoteError {}

/** Tell the person; `field` names the form field or command-line option that was wrong. */
export class InvalidInputError extends FootnoteError {
  readonly field: string | undefined

  constructor(code: string, message: string, options: ErrorOptions & { field?: string | undefined } = {}) {
    super(code, message, options)
    this.field = options.field
  }
}

/** True for the four errors whose message is written for people. */
export function isFootnoteError(
  error: unknown,
): error is TransientError | ConnectionRevokedError | AccessDeniedError | InvalidInputError {
  return error instanceof FootnoteError
}
