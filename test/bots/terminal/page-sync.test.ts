// One page, and what is asked for while a run is under way, as somebody types it.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { workRun } from '../../../src/core/jobs/worker.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { pageHints, syncRuns } from '../../../src/db/schema/sync-runs.ts'
import { connect, openTestCore, soon, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { company } from '../../support/flow.ts'
import { runInProcess } from '../../support/program.ts'

describe.each(databaseKinds)('footnote on %s', (kind) => {
  let open: OpenCore
  let site: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind, { config: { FOOTNOTE_PUBLIC_URL: 'https://footnote.acme.example' } })
    site = await startConfluence({ flavour: 'datacenter', site: createSite(company) })
    await connect(open.core, site)
    await syncAndWait(open)
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })
  const run = (...args: string[]) => runInProcess(open, args)
  const address = (pageId: string) => `${site.url}/pages/viewpage.action?pageId=${pageId}`

  it('sync PAGE-URL says what became of the page, with --wait and without', async () => {
    site.editPage('21', { storage: '<p>The toner is in cupboard nine.</p>' })
    expect(await run('sync', address('21'))).toMatchObject({ status: 0, stdout: 'Printers: updated to version 2.\n' })
    expect(await run('sync', address('21'), '--wait')).toMatchObject({
      status: 0,
      stdout: 'Printers: unchanged, version 2.\n',
    })
    const outcome = { pageId: '21', what: 'unchanged', text: 'Printers: unchanged, version 2.' }
    expect(JSON.parse((await run('sync', address('21'), '--json')).stdout)).toEqual([
      { run: expect.any(Number), state: 'succeeded', page: outcome },
    ])
    expect(JSON.parse((await run('sync', address('21'), '--wait', '--json')).stdout)).toMatchObject([
      { space: 'IT', state: 'INGESTED', listed: 1, unchanged: 1, failures: [], pages: [outcome] },
    ])
    expect(await run('sync', address('21'), '--full')).toMatchObject({
      stdout: 'Printers: indexed again, version 2.\n',
    })
    expect((await run('status', '--json')).stdout, 'the proof of the space is that of its last sync').toContain(
      '"listed": 3',
    )
  })

  it('sync PAGE-URL of a page that cannot be read ends with status 1', async () => {
    site.fail({ kind: 'status', status: 400, times: 50 })
    const { status, stdout } = await run('sync', address('21'))
    site.clearFaults()
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^The page could not be fetched: .+\.\n$/)])
    await open.core.database.db.delete(syncRuns)
    await open.core.database.db.delete(pageHints)
  })

  it('sync --wait --full beside a run that is under way waits for the full one that follows', async () => {
    const { db } = open.core.database
    const { runs } = await startSync(open.core, 'IT', { isFull: false, requestedBy: 'ann' }, soon())
    const first = runs[0]
    if (first === undefined) throw new Error('no run')
    // So that it is still under way when the second is asked for.
    site.fail({ kind: 'delay', delayMs: 1_500, path: /content\/scan|rest\/api\/content\?/, times: 1 })
    const working = workRun(open.core, first.id, soon())
    for (;;) {
      const [row] = await db.select().from(syncRuns).where(eq(syncRuns.id, first.id))
      if (row?.state === 'running') break
    }
    const { status, stdout, stderr } = await run('sync', 'IT', '--full', '--wait', '--json')
    await working
    expect(stderr).toContain('IT is syncing already; a full sync follows when that ends.')
    expect([status, JSON.parse(stdout)]).toMatchObject([0, [{ space: 'IT', listed: 3, updated: 3, unchanged: 0 }]])
    expect((await db.select().from(syncRuns).orderBy(syncRuns.id)).map((row) => `${row.kind} ${row.state}`)).toEqual([
      'incremental succeeded',
      'full succeeded',
    ])
  })

  it('webhook CONNECTION shows the secret once, with where and what to register', async () => {
    const { status, stdout } = await run('webhook', 'acme')
    expect(status).toBe(0)
    expect(stdout).toContain('https://footnote.acme.example/webhooks/confluence/acme')
    expect(stdout).toContain('page_created, page_updated')
    const [, secret = ''] = /Secret: (\S+)/.exec(stdout) ?? []
    expect(secret).toHaveLength(43)
    const again = await run('webhook', 'acme', '--json')
    expect([again.status, JSON.parse(again.stdout)]).toMatchObject([1, { error: { code: 'webhooks_on' } }])
    const renewed = JSON.parse((await run('webhook', 'acme', '--rotate', '--json')).stdout)
    expect(renewed).toMatchObject({
      connection: 'acme',
      url: 'https://footnote.acme.example/webhooks/confluence/acme',
      secret: expect.not.stringMatching(secret),
      events: expect.arrayContaining(['page_updated']),
    })
    expect((await run('webhook', 'acme', '--off')).stdout).toContain('No webhooks are taken for acme any more.')
    expect((await run('audit')).stdout).toMatch(/end webhooks/)
  })
})
