import { describe, expect, it } from 'vitest'
import { nextRunAt, parseSchedule } from '../../../src/core/jobs/next-run.ts'
import { InvalidInputError } from '../../../src/errors.ts'

/** A Saturday. */
const now = new Date('2026-11-28T13:30:00Z')

describe('the next run', () => {
  it.each([
    ['0 0 * * *', 'UTC', '2026-11-29T00:00'],
    ['30 6 * * *', 'Europe/Berlin', '2026-11-29T05:30'],
    ['15 23 * * *', 'America/New_York', '2026-11-29T04:15'],
    ['0 4 * * 1', 'Asia/Kolkata', '2026-11-29T22:30'],
    ['*/15 * * * *', 'UTC', '2026-11-28T13:45'],
    ['0 0 29 2 *', 'UTC', '2028-02-29T00:00'],
    ['0 8 * JAN MON', 'UTC', '2027-01-04T08:00'],
  ])('of "%s" in %s is at %s', (expression, zone, expected) => {
    expect(nextRunAt(expression, zone, now)?.toISOString().slice(0, 16)).toBe(expected)
  })

  it('goes by the clock that it is handed, and is always after it', () => {
    for (const at of ['1999-12-31T23:59:00Z', '2031-05-05T00:00:00Z']) {
      const next = nextRunAt('0 0 * * *', 'UTC', new Date(at))
      expect(next?.getTime()).toBe(Math.floor(Date.parse(at) / 86_400_000 + 1) * 86_400_000)
    }
  })

  it.each([
    ['at an hour that the clocks skip, right after it', '30 2 * * *', '2026-03-28T23:30:00Z', '2026-03-29T01:30'],
    ['once at an hour that comes twice', '30 2 * * *', '2026-10-25T00:45:00Z', '2026-10-26T01:30'],
    ['at midnight across the change', '0 0 * * *', '2026-03-28T23:30:00Z', '2026-03-29T22:00'],
  ])('comes %s', (_name, expression, at, expected) => {
    expect(nextRunAt(expression, 'Europe/Berlin', new Date(at))?.toISOString().slice(0, 16)).toBe(expected)
  })

  it('of no schedule is never', () => {
    expect(nextRunAt('', 'UTC', now)).toBeUndefined()
  })

  it.each([
    ['yearly', 'UTC', 'schedule'],
    ['60 * * * *', 'UTC', 'schedule'],
    ['* * * *', 'UTC', 'schedule'],
    ['0 0 31 13 *', 'UTC', 'schedule'],
    ['0 0 30 2 *', 'UTC', 'schedule'],
    ['0 0 * * *', 'Berlin', 'timezone'],
    ['0 0 * * *', '', 'timezone'],
    ['', '', 'timezone'],
    ['', 'Mars/Olympus', 'timezone'],
  ])('of "%s" in "%s" names the wrong field: %s', (expression, zone, field) => {
    expect(() => nextRunAt(expression, zone, now)).toThrow(InvalidInputError)
    expect(() => nextRunAt(expression, zone, now)).toThrow(expect.objectContaining({ field }))
  })

  it('has no seconds, and says so', () => {
    expect(() => nextRunAt('0 0 0 * * *', 'UTC', now)).toThrow('has six fields, the first of them for seconds')
  })
})

describe('a schedule', () => {
  it.each([
    ['hourly', '0 * * * *'],
    [' Daily ', '0 0 * * *'],
    ['WEEKLY', '0 0 * * 0'],
    ['by hand', ''],
    ['By-Hand', ''],
    ['', ''],
    ['  30  6 * *  * ', '30 6 * * *'],
    ['constructor', 'constructor'],
  ])('%j means %j', (typed, expected) => {
    expect(parseSchedule(typed)).toBe(expected)
  })
})
