// The numbers of the disclaimer on sites that are large, slow, or whose search knows less than their lists.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { openSite } from '../../../src/core/confluence/open-site.ts'
import { type ConsentFacts, collectFacts } from '../../../src/core/connections/consent.ts'
import { siteOptionsOf } from '../../../src/core/connections/credentials.ts'
import { disclaim } from '../../../src/core/connections/disclaimer.ts'
import { collectSpaces } from '../../../src/core/connections/sync-connection.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { type Exclusions, defaultExclusions } from '../../../src/db/schema/connections.ts'
import { openTestCore, soon } from '../../support/core.ts'
import { wideSite } from '../../sandbox/confluence/small-site.ts'

const pages = 6001
const restricted = 60

const said = (facts: ConsentFacts): string =>
  disclaim(facts, {
    accessMode: 'mirrored',
    scope: { kind: 'all' },
    host: 'h',
    accountName: 'A',
    readsArchived: false,
  }).join('\n')

describe.each(['cloud', 'datacenter'] as const)('on %s', (flavour) => {
  let open: OpenCore
  let site: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore('embedded')
    const company = wideSite(pages - 1, (index) => (index % 100 === 0 ? ['ada'] : undefined))
    site = await startConfluence({ flavour, site: company, cacheRows: true })
  })
  afterEach(() => {
    site.clearFaults()
    site.setTraps({ searchLagMs: 0 })
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })

  const count = async (limitMs?: number, exclusions: Exclusions = defaultExclusions): Promise<ConsentFacts> => {
    const { email, token: secret } = site.credentials
    const options = siteOptionsOf(open.core)
    const opened = openSite(
      { deployment: flavour, baseUrl: site.url },
      flavour === 'cloud' ? { kind: 'token', email, secret } : { kind: 'pat', secret },
      options,
    )
    const selected = await collectSpaces(opened, soon())
    const wanted = { scope: { kind: 'all' as const }, exclusions, selected }
    return collectFacts(open.core, opened, wanted, options, soon(), limitMs)
  }
  it('counts every page of a large site, and every restricted one', async () => {
    const facts = await count()
    expect(facts).toMatchObject({ pages, isMore: false, isPartlyRead: false, restricted })
    expect(said(facts)).toMatch(/^6,001 pages of 1 space \(W\) that A can read/)
    expect(said(facts)).toContain('\n60 of the pages are restricted to some people in Confluence')
  })

  it('says that there are more pages only where the time was over', async () => {
    site.fail({
      kind: 'delay',
      delayMs: 60_000,
      path: flavour === 'cloud' ? '/spaces/500/pages' : '/content/scan',
      after: 4,
    })
    const facts = await count(3_000)
    expect(facts).toMatchObject({ isMore: true, openSpaces: [] })
    expect(facts.pages).toBeLessThan(pages)
    expect(said(facts)).toMatch(/^More (than|pages)/)
  })

  it('says nothing for certain of restrictions and labels that were not read in time', async () => {
    if (flavour === 'datacenter') return
    site.fail({ kind: 'delay', delayMs: 60_000, path: 'content/search', after: 4 })
    const facts = await count(3_000, { ...defaultExclusions, labels: ['draft'] })
    expect(facts).toMatchObject({ pages, isMore: false, isPartlyRead: true })
    expect(facts.restricted).toBeLessThan(restricted)
    expect(said(facts)).toMatch(/^At most 6,001 pages/)
    expect(said(facts)).toContain('Left out: at least 0 pages by label draft.')
    expect(said(facts)).toMatch(/\nAt least \d+ of the pages are restricted/)
  })

  it('gives a lower bound, not silence, where search knows too few of the pages', async () => {
    if (flavour === 'datacenter') return
    site.setTraps({ searchLagMs: 3_600_000 })
    for (let index = 0; index < 300; index++)
      site.addPage({ id: String(90_000 + index), spaceKey: 'W', title: `New ${index}`, parentId: '999' })
    const facts = await count()
    expect(facts).toMatchObject({ pages: pages + 300, isMore: false, isPartlyRead: true, restricted })
    expect(said(facts)).toMatch(/^6,301 pages of/)
    expect(said(facts)).toContain('\nAt least 60 of the pages are restricted')
  })
})
