import { expect, it } from 'vitest'
import { isSuspicious } from '../../../src/core/sync/retire-pages.ts'

it.each([
  [0, 0, false],
  [20, 20, false],
  [21, 21, true],
  [21, 105, false],
  [22, 105, true],
  [300, 1_500, false],
  [301, 1_500, true],
])('%i of %i pages vanish at once: suspicious %s', (gone, living, expected) => {
  expect(isSuspicious(gone, living)).toBe(expected)
})
