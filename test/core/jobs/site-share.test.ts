import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveShare } from '../../../src/core/jobs/site-share.ts'

const settled = { budget: 8, settledShare: 1, isFresh: false }

describe("a process' share of a site's budget", () => {
  it.each([
    ['all of it for the only process with runs', { running: 3, own: 3 }, 8],
    ['as large as its part of the runs', { running: 4, own: 1 }, 2],
    ['rounded down', { running: 3, own: 2 }, 5],
    ['never less than one request at a time', { running: 12, own: 1 }, 1],
    ['one request for reads beside the runs of others', { running: 2, own: 0 }, 1],
    ['half of it for reads while nothing runs', { running: 0, own: 0 }, 4],
    ['all of it when its runs are not in the database any more', { running: 0, own: 1 }, 8],
  ])('is %s', (_what, load, share) => {
    expect(resolveShare({ ...settled, ...load })).toBe(share)
  })

  it('does not grow at the cost of others before they know of it', () => {
    const load = { budget: 8, running: 4, own: 2, settledShare: 2 }
    expect([resolveShare({ ...load, isFresh: true }), resolveShare({ ...load, isFresh: false })]).toEqual([2, 4])
    expect(resolveShare({ ...load, running: 2, isFresh: true }), 'nobody else is there').toBe(8)
  })

  it('is such that all together never have more than the budget', () => {
    const processes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(processes, fc.integer({ min: 0, max: 60 }), (runs, room) => {
        const running = runs.reduce((sum, own) => sum + own, 0)
        // No more runs than the budget: the rest waits.
        const budget = running + room
        const shares = runs.map((own) => resolveShare({ ...settled, budget, running, own }))
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(budget)
      }),
    )
  })
})
