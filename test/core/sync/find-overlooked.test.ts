import { describe, expect, it } from 'vitest'
import { missesMost } from '../../../src/core/sync/find-matches.ts'
import { takeSample } from '../../../src/core/sync/find-overlooked.ts'
import { fc } from '../../support/property.ts'

describe('a sample', () => {
  it('of few is all of them', () => {
    expect(takeSample([1, 2, 3], 3)).toEqual([[1, 2, 3], []])
    expect(takeSample([], 3)).toEqual([[], []])
  })

  it('is spread over all, and what is not in it is the rest', () => {
    expect(takeSample([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ])
    fc.assert(
      fc.property(fc.nat({ max: 500 }), fc.integer({ min: 1, max: 50 }), (amount, size) => {
        const values = Array.from({ length: amount }, (_, i) => i)
        const [sample, rest] = takeSample(values, size)
        expect(sample).toHaveLength(Math.min(amount, size))
        expect([...sample, ...rest].toSorted((a, b) => a - b)).toEqual(values)
      }),
    )
  })
})

it.each([
  [[], [], false],
  [['1'], [], true],
  [['1', '2'], ['1'], false],
  [['1', '2', '3'], ['1'], true],
  [['1', '2'], ['3'], true],
])('of %j a search that found %j misses most: %s', (before, found, expected) => {
  expect(missesMost(before, new Set(found))).toBe(expected)
})
