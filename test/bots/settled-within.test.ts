import { expect, test } from 'vitest'
import { settledWithin } from '../../src/bots/settled-within.ts'

test('gives what the promise gives in time', async () => {
  expect(await settledWithin(Promise.resolve('done'), 60_000)).toBe('done')
})

test('passes on a rejection', async () => {
  await expect(settledWithin(Promise.reject(new Error('broken')), 60_000)).rejects.toThrow('broken')
})

test('gives undefined when it takes too long, and leaves the promise alone', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  expect(await settledWithin(promise, 5)).toBeUndefined()
  resolve('late')
  expect(await promise).toBe('late')
})

test('leaves no timer behind', async () => {
  const before = countTimers()
  await settledWithin(Promise.resolve(), 60_000)
  await settledWithin(Promise.reject(new Error('broken')), 60_000).catch(() => {})
  expect(countTimers()).toBe(before)
})

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
}
