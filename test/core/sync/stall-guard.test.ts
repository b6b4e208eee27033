import { once } from 'node:events'
import { expect, it } from 'vitest'
import { startStallGuard } from '../../../src/core/sync/stall-guard.ts'

it('ends a run in which nothing moves', async () => {
  using guard = startStallGuard(1, new AbortController().signal)
  if (!guard.signal.aborted) await once(guard.signal, 'abort')
  expect(guard.signal.reason).toMatchObject({ name: 'TransientError', code: 'stalled' })
})

it('ends with the signal it was given, and not by itself while things move', () => {
  const outer = new AbortController()
  using guard = startStallGuard(60_000, outer.signal)
  guard.touch()
  expect(guard.signal.aborted).toBe(false)
  outer.abort(new Error('stopped'))
  expect(guard.signal.reason).toMatchObject({ message: 'stopped' })
})
