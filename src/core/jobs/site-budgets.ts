// One budget of requests a site for all replicas. Within a process everything that asks a site shares one pacer; among
// processes the budget is divided by the runs that the database says are at work, and a site's wish to be left alone is
// written down there for all.
import { randomUUID } from 'node:crypto'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/database.ts'
import { type SiteLoad, holdSite, readSiteLoad } from '../../db/queries/site-load.ts'
import type { Logger } from '../../log.ts'
import { type Pacer, createPacer } from '../confluence/pacer.ts'
import { resolveShare } from './site-share.ts'

export type SiteBudgets = {
  /** What the names of this process' workers begin with. */
  owner: string
  /** The pacer of a site in this process. */
  pacerOf: (baseUrl: string) => Pacer
  /** Before its next request the site's load is looked up: a run begins here. */
  refresh: (baseUrl: string) => void
}

/** How old what a process knows of the others' runs and of a hold may be when it sends a request. */
const lookEveryMs = 1_000
/** When all others have surely seen a run that began. */
const settleMs = 2 * lookEveryMs

type Parts = { config: Config; log: Logger; database: Database; now: () => Date }
type SiteBudget = { pacer: Pacer; refresh: () => void }

export function createSiteBudgets(parts: Parts): SiteBudgets {
  const owner = randomUUID()
  const budgets = new Map<string, SiteBudget>()
  const budgetOf = (baseUrl: string): SiteBudget => {
    const known = budgets.get(baseUrl) ?? createSiteBudget(parts, owner, baseUrl)
    budgets.set(baseUrl, known)
    return known
  }
  return {
    owner,
    pacerOf: (baseUrl) => budgetOf(baseUrl).pacer,
    refresh: (baseUrl) => budgetOf(baseUrl).refresh(),
  }
}

function createSiteBudget({ config, log, database, now }: Parts, owner: string, baseUrl: string): SiteBudget {
  const budget = config.FOOTNOTE_SITE_CONCURRENCY
  let looking: Promise<void> | undefined
  // Not the clock of `now`: that may be set back, or stand still in tests.
  let lookedAt = -Infinity
  let grownAt = -Infinity
  let own = 0
  let share = 1

  const apply = (load: SiteLoad): void => {
    pacer.hold(load.heldForMs)
    if (load.own > own) grownAt = performance.now()
    const settledShare = own === 0 ? 1 : share
    own = load.own
    share = resolveShare({ ...load, budget, settledShare, isFresh: performance.now() - grownAt < settleMs })
    pacer.setMax(share)
  }
  const look = async (): Promise<void> => {
    lookedAt = performance.now()
    try {
      apply(await readSiteLoad(database.db, baseUrl, owner, now()))
    } catch (error) {
      // A run without its database ends by itself; whoever else asks keeps to what was known.
      log.warn({ err: error }, 'no look at what a site gets from others')
    }
  }
  const pacer = createPacer({
    max: budget,
    beforeRequest: async () => {
      if (performance.now() - lookedAt >= lookEveryMs) looking = look()
      await looking
    },
    onHold: (forMs) =>
      holdSite(database.db, baseUrl, forMs).catch((error: unknown) =>
        log.warn({ err: error }, 'other processes were not told to leave a site alone'),
      ),
  })
  return { pacer, refresh: () => void (lookedAt = -Infinity) }
}
