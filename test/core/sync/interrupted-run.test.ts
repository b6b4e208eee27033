// A run that ends in the middle: another worker took it over, or the site hangs.
import { describe, expect, it, onTestFinished } from 'vitest'
import { openConnectionSite } from '../../../src/core/connections/open-site.ts'
import { type SpaceRun, runSpace } from '../../../src/core/sync/run-space.ts'
import { storePrincipals } from '../../../src/core/sync/store-principals.ts'
import { findConnection } from '../../../src/db/queries/connections.ts'
import { listSpaces } from '../../../src/db/queries/spaces.ts'
import { claimRun, finishRun, openRun } from '../../../src/db/queries/sync-runs.ts'
import { soon, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

const ann = 'ann@acme.example'
const bob = 'bob@acme.example'

/** A run for HR as a worker makes it, to be worked here. */
async function claim({ open: { core } }: Company, changes: Partial<SpaceRun> = {}): Promise<SpaceRun> {
  const { db } = core.database
  const acme = await findConnection(db, 'acme')
  const space = (await listSpaces(db, acme?.id ?? 0)).find(({ key }) => key === 'HR')
  if (acme === undefined || space === undefined) throw new Error('HR is not connected')
  const { run } = await openRun(db, { spaceId: space.id, kind: 'incremental', requestedBy: 'test' })
  const claimed = await claimRun(db, run.id, 'test', core.now(), new Date(core.now().getTime() + 60_000))
  if (claimed === undefined) throw new Error('the run is taken')
  return {
    database: core.database,
    site: openConnectionSite(core, acme),
    run: claimed,
    space,
    scope: acme.scope,
    exclusions: acme.exclusions,
    attachments: { types: [], maxBytes: 1 },
    now: core.now,
    requireLease: async () => {},
    ...changes,
  }
}

const end = ({ database: { db }, run, now }: SpaceRun) =>
  finishRun(db, run, { state: 'failed', error: 'interrupted', finishedAt: now() })

describe.each(databaseKinds)('a run on %s that loses its lease', (kind) => {
  it('lets nobody read in between what neither the old rights nor the new ones show', async () => {
    const company = await openCompany(kind, 'cloud')
    onTestFinished(company.close)
    const { site } = company
    site.restrict('5', { users: ['max'] })
    site.restrict('4', { users: ['ann'] })
    await syncAndWait(company.open)
    await company.expectMirror()
    // Bob may read what page 4 says of itself by now, but not what it hangs below.
    site.movePage('4', { parentId: '5' })
    site.restrict('4', { users: ['bob', 'max'] })
    for (let calls = 0; ; calls++) {
      let left = calls
      const requireLease = async (): Promise<void> => {
        if (left-- === 0) throw new Error('lease lost')
      }
      const job = await claim(company, { requireLease })
      const ending = await runSpace(job, soon()).then(
        () => 'succeeded',
        (error: unknown) => String(error),
      )
      await end(job)
      expect(await company.servedTo(bob), `after ${calls} writes`).not.toContain('4')
      if (ending === 'succeeded') break
      expect(ending).toBe('Error: lease lost')
    }
    await company.expectMirror()
  })
})

describe.each(everywhere)('a site on %s with %s that hangs', (kind, flavour) => {
  const isCloud = flavour === 'cloud'

  it.each<[string, RegExp | string]>([
    ['while it lists pages', isCloud ? '/api/v2/spaces/100/pages' : /content\/scan\?.*expand=version/],
    ['while it names the members of a group', isCloud ? 'membersByGroupId' : '/member'],
    ['while it gives texts', isCloud ? /body-format/ : /body\.storage/],
  ])('%s ends the run with a sentence, and takes nothing away', async (_name, path) => {
    const company = await openCompany(kind, flavour)
    onTestFinished(company.close)
    await syncAndWait(company.open)
    const before = await company.servedTo(ann)
    company.wait()
    company.site.editPage('4', { storage: '<p>quokka, edited</p>' })
    company.site.fail({ kind: 'delay', delayMs: 60_000, path })
    const job = await claim(company, { stallLimitMs: 500 })
    await expect(runSpace(job, soon())).rejects.toMatchObject({
      code: 'stalled',
      message: expect.stringContaining('Nothing came from the site for'),
    })
    await end(job)
    expect(await company.servedTo(ann)).toEqual(before)
  })

  it('only between answers does not end it: each group that is read is seen to come', async () => {
    const company = await openCompany(kind, flavour)
    onTestFinished(company.close)
    const { db } = company.open.core.database
    const { site, space } = await claim(company)
    let seen = 0
    await storePrincipals(
      { db, site, connectionId: space.connectionId, now: company.open.core.now(), onProgress: () => void seen++ },
      [
        ...['staff', 'leads', 'visitors'].map((name) => ({
          kind: 'group' as const,
          groupId: isCloud ? groupIdOf(company, name) : name,
          name,
        })),
        { kind: 'licensed' },
        { kind: 'user', userId: isCloud ? 'ann' : company.site.credentialsOf('ann').userKey },
      ],
      soon(),
    )
    // Three groups, everyone licensed, the one person.
    expect(seen).toBeGreaterThanOrEqual(5)
  })
})

function groupIdOf({ site }: Company, name: string): string {
  return site.site.groupIdByName.get(name) ?? ''
}
