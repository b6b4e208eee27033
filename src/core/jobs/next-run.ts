// When a connection is synced by itself: what people write → a cron expression → its next time. Pure.
import { CronExpressionParser } from 'cron-parser'
import { InvalidInputError } from '../../errors.ts'

const words = new Map([
  ['hourly', '0 * * * *'],
  ['daily', '0 0 * * *'],
  ['weekly', '0 0 * * 0'],
  ['by hand', ''],
])

/** A word (`hourly`, `daily`, `weekly`, `by hand`) as its cron expression; others as they are. Empty: by hand only. */
export function parseSchedule(typed: string): string {
  const schedule = typed.trim().replaceAll(/\s+/g, ' ')
  return words.get(schedule.toLowerCase().replaceAll('-', ' ')) ?? schedule
}

/**
 * When `expression` is due next after `now`; undefined for an empty expression (by hand only), whose time zone is checked
 * all the same: it holds again with the next schedule. Throws `InvalidInputError`.
 */
export function nextRunAt(expression: string, timezone: string, now: Date): Date | undefined {
  requireTimezone(timezone, now)
  if (expression === '') return undefined
  const fields = expression.split(' ').length
  if (fields === 6)
    throw refuse(`"${expression}" has six fields, the first of them for seconds. Leave that out: a sync takes minutes.`)
  if (fields !== 5) throw notCron(expression)
  try {
    return CronExpressionParser.parse(expression, { tz: timezone, currentDate: now }).next().toDate()
  } catch (cause) {
    throw notCron(expression, cause)
  }
}

function requireTimezone(timezone: string, now: Date): void {
  try {
    // The one list of names that every part of this program goes by.
    now.toLocaleString('en', { timeZone: timezone })
  } catch (cause) {
    throw new InvalidInputError(
      'timezone_invalid',
      `"${timezone}" is no time zone. Write a name such as Europe/Berlin or UTC.`,
      { field: 'timezone', cause },
    )
  }
}

function notCron(expression: string, cause?: unknown): InvalidInputError {
  return refuse(
    `"${expression}" is no cron expression that is ever due. Write hourly, daily, weekly, by hand, or five fields, such as "0 0 * * *" for every day at midnight.`,
    cause,
  )
}

function refuse(sentence: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError('schedule_invalid', sentence, { field: 'schedule', cause })
}
