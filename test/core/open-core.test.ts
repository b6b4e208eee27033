import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../sandbox/confluence/server.ts'
import type { Core } from '../../src/core/core.ts'
import { type OpenCore, openCore } from '../../src/core/open-core.ts'
import { startSync } from '../../src/core/sync/sync-target.ts'
import { openDatabase } from '../../src/db/database.ts'
import { claimRun } from '../../src/db/queries/sync-runs.ts'
import { spaces } from '../../src/db/schema/content.ts'
import { syncRuns } from '../../src/db/schema/sync-runs.ts'
import { createLog } from '../../src/log.ts'
import { smallSite } from '../sandbox/confluence/small-site.ts'
import { connect, openTestCore, soon, testConfig } from '../support/core.ts'
import { databaseKinds, openTestDatabase, readTemplate } from '../support/database.ts'

let site: RunningConfluence
const opened: OpenCore[] = []
beforeEach(async () => {
  site = await startConfluence({ flavour: 'cloud', site: smallSite() })
})
afterEach(async () => {
  for (const open of opened.splice(0).toReversed()) await open.close()
  await site.close()
})

const statesOf = async (core: Core): Promise<string[]> =>
  (await core.database.db.select().from(syncRuns)).map(({ state }) => state)

async function untilWorked(core: Core): Promise<void> {
  while ((await statesOf(core)).some((state) => state === 'queued' || state === 'running')) await delay(20)
}

describe.each(databaseKinds)('the core on %s', (kind) => {
  it('works the first runs of a connection as soon as there are workers', async () => {
    const open = await openTestCore(kind)
    opened.push(open)
    await connect(open.core, site)
    const { stop } = await open.startWorkers(2)
    await untilWorked(open.core)
    await stop()
    expect(await statesOf(open.core)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded'])
    expect(new Set((await open.core.database.db.select().from(spaces)).map(({ state }) => state))).toEqual(
      new Set(['INGESTED']),
    )
  })

  it('puts down what it is working on when its workers are stopped', async () => {
    const open = await openTestCore(kind)
    opened.push(open)
    await connect(open.core, site, { spaces: 'HR' })
    site.setLatency(60_000)
    const { stop } = await open.startWorkers(1)
    while (!(await statesOf(open.core)).includes('running')) await delay(10)
    await stop()
    expect(await statesOf(open.core)).toEqual(['queued'])
    site.setLatency(0)

    const again = await open.startWorkers(1)
    await untilWorked(open.core)
    await again.stop()
    expect(await statesOf(open.core)).toEqual(['succeeded'])
  })

  it('sends runs whose jobs were lost', async () => {
    const open = await openTestCore(kind)
    opened.push(open)
    await connect({ ...open.core, enqueueRun: async () => undefined }, site, { spaces: 'HR' })
    const { stop } = await open.startWorkers(1)
    await untilWorked(open.core)
    await stop()
    expect(await statesOf(open.core)).toEqual(['succeeded'])
  })

  it('knows whether what is marked as running can be at work', async () => {
    const database = await openTestDatabase(kind)
    const first = await openCore(testConfig(), createLog('silent'), { database })
    opened.push(first)
    await connect(first.core, site, { spaces: 'HR' })
    const { runs } = await startSync(first.core, 'HR', { isFull: false, requestedBy: 'test' }, soon())
    const hourAhead = new Date(Date.now() + 3_600_000)
    await claimRun(database.db, runs[0]?.id ?? 0, 'another process', new Date(), hourAhead)
    await openCore(testConfig(), createLog('silent'), { database })
    expect(await statesOf(first.core)).toEqual([kind === 'embedded' ? 'queued' : 'running'])
  })
})

describe('the core on a data folder', () => {
  it('makes its key there, and a second one beside it can use the same credentials', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'footnote-core-'))
    const log = createLog('silent')
    const loadDataDir = await readTemplate()
    await (await openDatabase({ databaseUrl: undefined, dataDir: folder, log, loadDataDir })).close()
    const config = { ...testConfig(), FOOTNOTE_ENCRYPTION_KEY: undefined, FOOTNOTE_DATA_DIR: folder }
    const holder = await openCore(config, createLog('silent'))
    await connect(holder.core, site, { spaces: 'HR' })
    expect((await readFile(join(folder, 'encryption.key'), 'utf8')).trim()).toHaveLength(44)

    const guest = await openCore(config, createLog('silent'))
    expect([holder.core.database.kind, guest.core.database.kind]).toEqual(['embedded', 'guest'])
    const { stop } = await holder.startWorkers(1)
    await untilWorked(guest.core)
    await startSync(guest.core, 'HR', { isFull: false, requestedBy: 'guest' }, soon())
    await untilWorked(guest.core)
    expect(await statesOf(guest.core)).toEqual(['succeeded', 'succeeded'])
    await stop()
    await guest.close()
    await holder.close()
    await rm(folder, { recursive: true })
  })
})
