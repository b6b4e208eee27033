import { type Logger as PinoLogger, destination, pino } from 'pino'

export type Logger = PinoLogger

/** JSON lines on stderr, so that stdout stays the command's own. Credentials, page bodies and question text are never logged. */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: ['*.secret', '*.token', '*.password', '*.authorization', 'secret', 'token', 'headers.authorization'],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: true }),
  )
}
