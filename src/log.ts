import { type Logger as PinoLogger, destination, pino } from 'pino'

export type Logger = PinoLogger

/** JSON lines on stderr, so that stdout stays the command's own. Credentials, page bodies and question text are never logged. */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      serializers: { err: describeError },
      redact: {
        paths: ['*.secret', '*.token', '*.password', '*.authorization', 'secret', 'token', 'headers.authorization'],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: true }),
  )
}

export type ErrorRecord = { type: string; code?: string; message: string; stack: string; cause?: ErrorRecord }

/**
 * An error for the log. The message of a failed query holds its parameters (page text, questions), and what the database
 * says of it may quote one (`invalid input syntax …`): both are left out; the code stays.
 */
export function describeError(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: '' }
  const isQuery = ('params' in error && 'query' in error) || ('severity' in error && 'routine' in error)
  const code = (error as { code?: unknown }).code
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: isQuery ? 'a query failed' : error.message,
    stack: frames.join('\n'),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}
