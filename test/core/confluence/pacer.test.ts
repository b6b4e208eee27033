import { describe, expect, it } from 'vitest'
import { createPacer, type Pacer } from '../../../src/core/confluence/pacer.ts'
import { TransientError } from '../../../src/errors.ts'

const { signal } = new AbortController()
const overloaded = (retryAfterMs?: number) => new TransientError('rate_limited', 'Fewer, please.', { retryAfterMs })

async function answer(pacer: Pacer, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await pacer.run(() => Promise.resolve(), signal)
}

async function fail(pacer: Pacer, error: Error): Promise<void> {
  await expect(pacer.run(() => Promise.reject(error), signal)).rejects.toBe(error)
}

describe('a pacer', () => {
  it('begins with half of its most and goes up to it while answers come', async () => {
    const pacer = createPacer({ max: 5 })
    expect(pacer.concurrency()).toBe(3)
    await answer(pacer, 3)
    expect(pacer.concurrency()).toBe(4)
    await answer(pacer, 100)
    expect(pacer.concurrency()).toBe(5)
  })

  it('never runs more at a time', async () => {
    const pacer = createPacer({ max: 3 })
    await answer(pacer, 10)
    let running = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 20 }, () =>
        pacer.run(async () => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setImmediate(resolve))
          running -= 1
        }, signal),
      ),
    )
    expect(most).toBe(3)
  })

  it('halves when the site asks for fewer or breaks down, not when it refuses one request', async () => {
    const pacer = createPacer({ max: 8 })
    await answer(pacer, 100)
    await fail(pacer, new TransientError('answer_malformed', 'Strange.'))
    await fail(pacer, new Error('a bug'))
    expect(pacer.concurrency()).toBe(8)
    await fail(pacer, overloaded())
    expect(pacer.concurrency()).toBe(4)
    for (let i = 0; i < 5; i++) await fail(pacer, new TransientError('server_error', 'Down.'))
    expect(pacer.concurrency()).toBe(1)
  })

  it('makes every request wait for as long as the site asked one of them to', async () => {
    let nowMs = 1_000
    const pacer = createPacer({ now: () => nowMs })
    await fail(pacer, overloaded(60_000))
    const stop = new AbortController()
    let isRun = false
    const waiting = pacer.run(() => Promise.resolve((isRun = true)), stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    expect(isRun).toBe(false)
    nowMs += 60_001
    await answer(pacer, 1)
  })

  it('tells others how long the site wants to be left alone, and obeys what others were told', async () => {
    let nowMs = 1_000
    const told: number[] = []
    const pacer: Pacer = createPacer({ now: () => nowMs, onHold: async (forMs) => void told.push(forMs) })
    await fail(pacer, overloaded(60_000))
    await fail(createPacer({ onHold: async (forMs) => void told.push(forMs) }), overloaded(0))
    expect(told).toEqual([60_000])
    nowMs += 60_000
    await answer(pacer, 1)
    pacer.hold(20_000)
    pacer.hold(5_000)
    await expect(pacer.run(() => Promise.resolve(), signal, 19_999)).rejects.toMatchObject({
      code: 'rate_limited',
      message: 'The site asks for fewer requests: try again in 20 seconds.',
      retryAfterMs: 20_000,
    })
    nowMs += 20_000
    await pacer.run(() => Promise.resolve(), signal, 0)
  })

  it('asks before each request what others know, also after having waited', async () => {
    let heldForMs = 5
    let looks = 0
    const pacer: Pacer = createPacer({
      beforeRequest: async () => {
        looks += 1
        pacer.hold(heldForMs)
        heldForMs = 0
      },
    })
    await answer(pacer, 1)
    expect(looks).toBe(2)
  })

  it('lets those who do not wait for long know although all its room is taken by those who do', async () => {
    const pacer = createPacer({ max: 2 })
    pacer.hold(60_000)
    const stop = new AbortController()
    const patient = Array.from({ length: 3 }, () => pacer.run(() => Promise.resolve(), stop.signal))
    await expect(pacer.urgent.run(() => Promise.resolve(), signal, 5_000)).rejects.toMatchObject({
      code: 'rate_limited',
    })
    stop.abort(new Error('stopped'))
    for (const waiting of patient) await expect(waiting).rejects.toThrow('stopped')
  })

  it('takes first what is urgent', async () => {
    const pacer = createPacer({ max: 1 })
    const order: string[] = []
    const note = (name: string) => async () => void order.push(name)
    await Promise.all([
      pacer.run(note('first'), signal),
      pacer.run(note('second'), signal),
      pacer.urgent.run(note('urgent'), signal),
    ])
    expect(order).toEqual(['first', 'urgent', 'second'])
  })

  it('takes its share when it is told a smaller one, and never less than one', async () => {
    const pacer = createPacer({ max: 8 })
    await answer(pacer, 100)
    pacer.setMax(2)
    expect(pacer.concurrency()).toBe(2)
    await answer(pacer, 100)
    expect(pacer.concurrency()).toBe(2)
    pacer.setMax(0.3)
    expect(pacer.concurrency()).toBe(1)
  })
})
