import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Queue, createQueue } from '../../../src/core/jobs/queue.ts'
import type { Database } from '../../../src/db/database.ts'
import { createLog } from '../../../src/log.ts'
import { databaseKinds, openTestDatabase } from '../../support/database.ts'

const log = createLog('silent')

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10)
}

describe.each(databaseKinds)('the queue on %s', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  const withQueue = async (work: (queue: Queue) => Promise<void>): Promise<void> => {
    const queue = createQueue(database, log)
    try {
      await work(queue)
    } finally {
      await queue.stop(1000)
    }
  }

  it('delivers a run that was sent before anybody worked, and to a process that started later', async () => {
    await withQueue((queue) => queue.enqueueRun(7))
    const got: number[] = []
    await withQueue(async (queue) => {
      await queue.work(1, async (runId) => void got.push(runId))
      await until(() => got.length > 0)
    })
    expect(got).toEqual([7])
  })

  it('delivers a run once however often it was sent, to one of two workers', async () => {
    const got: string[] = []
    await withQueue(async (sender) => {
      for (const runId of [1, 2, 1, 3, 2, 1]) await sender.enqueueRun(runId)
    })
    await withQueue((one) =>
      withQueue(async (other) => {
        await one.work(1, async (runId) => void got.push(`one ${runId}`))
        await other.work(1, async (runId) => void got.push(`other ${runId}`))
        await until(() => got.length >= 3)
      }),
    )
    expect(got.map((each) => each.split(' ')[1]).toSorted((a, b) => Number(a) - Number(b))).toEqual(['1', '2', '3'])
  })

  it('works at most as many at a time as it was told, and goes on after one that failed', async () => {
    const started: number[] = []
    const release = Promise.withResolvers<void>()
    let atOnce = 0
    let most = 0
    await withQueue(async (queue) => {
      for (let runId = 10; runId < 15; runId++) await queue.enqueueRun(runId)
      await queue.work(2, async (runId) => {
        started.push(runId)
        most = Math.max(most, ++atOnce)
        await release.promise
        atOnce--
        if (runId === 10) throw new Error('on purpose')
      })
      await until(() => started.length === 2)
      release.resolve()
      await until(() => started.length === 5)
    })
    expect([most, started.toSorted((a, b) => a - b)]).toEqual([2, [10, 11, 12, 13, 14]])
  })

  it('may be sent the same run again while that is being worked', async () => {
    const got: number[] = []
    await withQueue(async (queue) => {
      await queue.work(1, async (runId) => {
        got.push(runId)
        if (got.length === 1) await queue.enqueueRun(runId)
      })
      await queue.enqueueRun(99)
      await until(() => got.length === 2)
    })
    expect(got).toEqual([99, 99])
  })

  it('tries again to start after the database was away', async () => {
    let isAway = true
    const queue = createQueue(
      {
        ...database,
        bossDatabase: {
          executeSql: (text, values) =>
            isAway ? Promise.reject(new Error('away')) : database.bossDatabase.executeSql(text, values),
        },
      },
      log,
    )
    await expect(queue.enqueueRun(50)).rejects.toThrow('away')
    await queue.stop(100)
    isAway = false
    const got: number[] = []
    await queue.enqueueRun(51)
    await queue.work(1, async (runId) => void got.push(runId))
    await until(() => got.length === 1)
    await queue.stop(1000)
    expect(got).toEqual([51])
  })

  it('that was never used has nothing to stop', async () => {
    await createQueue(database, log).stop(1)
  })
})
