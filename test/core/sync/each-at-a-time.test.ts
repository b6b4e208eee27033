import { expect, it } from 'vitest'
import { eachAtATime } from '../../../src/core/sync/each-at-a-time.ts'

const { signal } = new AbortController()
const turn = () => new Promise((resolve) => setImmediate(resolve))

it('works every value once, so many at a time', async () => {
  const worked: number[] = []
  let running = 0
  let most = 0
  await eachAtATime([1, 2, 3, 4, 5, 6, 7], 3, signal, async (value) => {
    most = Math.max(most, ++running)
    await turn()
    worked.push(value)
    running -= 1
  })
  expect([worked.toSorted((a, b) => a - b), most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3])
})

it('stops the others after a failure, and waits for their end', async () => {
  const ended: number[] = []
  const started: number[] = []
  const failure = new Error('the second')
  await expect(
    eachAtATime([1, 2, 3, 4, 5], 2, signal, async (value, ending) => {
      started.push(value)
      if (value === 2) throw failure
      while (!ending.aborted) await turn()
      await turn()
      ended.push(value)
    }),
  ).rejects.toBe(failure)
  expect([started, ended]).toEqual([[1, 2], [1]])
})

it('begins nothing when it is aborted already', async () => {
  await expect(
    eachAtATime([1], 1, AbortSignal.abort(new Error('over')), () => Promise.reject(new Error('begun'))),
  ).rejects.toThrow('over')
})
