import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Anthropic, startAnthropic } from '../../../sandbox/anthropic/anthropic.ts'
import type { Behaviour } from '../../../sandbox/anthropic/behaviour.ts'
import { askClaude, type ClaudeLimits } from '../../../src/core/answer/claude.ts'
import { wiki } from './passage.ts'

let api: Anthropic
beforeEach(async () => {
  api = await startAnthropic()
})
afterEach(() => api.close())

const attempts = (): number => api.requests.length

function ask({
  limits = {},
  signal = new AbortController().signal,
}: {
  limits?: Partial<ClaudeLimits>
  signal?: AbortSignal
}) {
  const settings = { apiKey: 'sk-ant-sandbox', baseUrl: api.url, model: 'claude-sonnet-5-5', limits }
  return askClaude(settings, 'How many days of annual leave do I have?', [], wiki, { signal })
}

describe('time', () => {
  test.each<[string, Behaviour]>([
    ['before the first event', { kind: 'stall' }],
    ['inside the stream', { kind: 'stall', afterBlocks: 0 }],
  ])('silence %s ends the call, once', async (_name, behaviour) => {
    api.script(behaviour)
    const startedAt = performance.now()
    await expect(ask({ limits: { idleMs: 200 } })).rejects.toMatchObject({ code: 'claude_stalled' })
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(attempts()).toBe(1)
  })

  test('a slow stream that goes on is no silence, however long it takes', async () => {
    api.script({ kind: 'slow', pauseMs: 100 })
    const startedAt = performance.now()
    expect((await ask({ limits: { idleMs: 700 } })).kind).toBe('answer')
    expect(performance.now() - startedAt).toBeGreaterThan(700)
  })

  test('the total limit ends the call although the idle limit is longer', async () => {
    api.script({ kind: 'stall' })
    await expect(ask({ limits: { totalMs: 200 } })).rejects.toMatchObject({ code: 'claude_stalled' })
  })

  test('no wait begins that would end after the total limit', async () => {
    api.script({ kind: 'status', status: 529, type: 'overloaded_error', headers: { 'retry-after': '4' } })
    await expect(ask({ limits: { totalMs: 1_000 } })).rejects.toMatchObject({ code: 'claude_unavailable' })
    expect(attempts()).toBe(1)
  })

  test.each<[string, Behaviour]>([
    ['while waiting for the stream', { kind: 'stall', afterBlocks: 0 }],
    [
      'while waiting for the next attempt',
      { kind: 'status', status: 429, type: 'rate_limit_error', headers: { 'retry-after': '4' } },
    ],
  ])('the caller may give up %s', async (_name, behaviour) => {
    api.script(behaviour)
    const controller = new AbortController()
    const pending = ask({ signal: controller.signal })
    await expect.poll(attempts).toBe(1)
    const reason = new Error('the person left')
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })
})
