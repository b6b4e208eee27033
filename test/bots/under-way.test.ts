import { once } from 'node:events'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createUnderWay } from '../../src/bots/under-way.ts'

function start() {
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { underWay: createUnderWay(log), lines }
}

const untilAborted = async (signal: AbortSignal) => {
  await once(signal, 'abort')
}

describe('work under way', () => {
  it('is waited for when it stops, without being aborted', async () => {
    const { underWay, lines } = start()
    const { promise, resolve } = Promise.withResolvers<void>()
    const done: string[] = []
    void underWay.run('Slow', 60_000, async (signal) => {
      await promise
      done.push(signal.aborted ? 'aborted' : 'finished')
    })
    expect(underWay.isStopping()).toBe(false)
    const finished = underWay.finish(60_000).then(() => done.push('stopped'))
    expect(underWay.isStopping()).toBe(true)
    expect(underWay.signal.aborted).toBe(false)
    resolve()
    await finished
    expect(done).toEqual(['finished', 'stopped'])
    expect(lines).toEqual([])
  })

  it('is aborted when stopping has waited long enough, and then waited for', async () => {
    const { underWay, lines } = start()
    const done: string[] = []
    void underWay.run('Endless', 60_000, async (signal) => {
      await untilAborted(signal)
      done.push('ended')
    })
    await underWay.finish(5)
    expect(done).toEqual(['ended'])
    expect(underWay.signal.aborted).toBe(true)
    expect(lines).toMatchObject([{ left: 1, msg: 'Stopping before everything was answered' }])
  })

  it('is aborted alone when its own time is over', async () => {
    const { underWay } = start()
    await underWay.run('Late', 5, untilAborted)
    expect(underWay.signal.aborted).toBe(false)
  })

  it('is logged, not passed on, when it fails', async () => {
    const { underWay, lines } = start()
    await underWay.run('A question', 60_000, () => Promise.reject(new Error('broken')))
    expect(lines).toMatchObject([{ msg: 'A question failed', err: { message: 'broken' }, isAborted: false }])
    await underWay.finish(60_000)
    expect(lines).toHaveLength(1)
  })
})
