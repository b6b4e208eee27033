import { expect, test } from 'vitest'
import { takeTurns } from '../../../src/core/sync/take-turns.ts'
import { fc } from '../../support/property.ts'

test('all of them come, and each is among the first sooner or later', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), fc.nat(1_000), (count, step, run) => {
      const values = Array.from({ length: count }, (_, i) => i)
      expect(takeTurns(values, step, run).toSorted((a, b) => a - b)).toEqual(values)
      const runs = Math.ceil(count / step) + 1
      const first = Array.from({ length: runs }, (_, i) => takeTurns(values, step, run + i).slice(0, step)).flat()
      expect(new Set(first).size).toBe(count)
    }),
  )
})
