// What the disclaimer says, with numbers from the site: what would be copied, who reads it in Confluence, who would be able
// to ask. Counting has a time limit; what it did not come to is said as such.
import { listInstallations } from '../../db/queries/installations.ts'
import { listOpenSpaces } from '../confluence/open-spaces.ts'
import type { ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import type { SiteOptions } from '../confluence/site-options.ts'
import type { Core } from '../core.ts'
import { eachAtATime } from '../sync/each-at-a-time.ts'
import { isSpaceArchivedAway } from '../sync/exclusions.ts'
import { type SpaceCount, type Wanted, countSpace } from './consent-counts.ts'
import { describeExclusions } from './exclusion-rules.ts'

export type ConsentFacts = {
  /** Pages that would be copied. */
  pages: number
  /** Counting took too long: there are more pages than these. */
  isMore: boolean
  /** Not every page's labels and restrictions were read in time: more may be left out by a label, and more restricted. */
  isPartlyRead: boolean
  spaces: string[]
  personalSpaces: number
  /** Pages that a rule leaves out, by the rule; every rule there is, also those that fit nothing. */
  excluded: Record<string, number>
  /** Of the pages that would be copied, those that Confluence shows to some people only; undefined: it did not say. */
  restricted: number | undefined
  /** Keys of those spaces that anybody reads without signing in; undefined: the site did not say. */
  openSpaces: string[] | undefined
  /** Slack workspaces and Teams tenants from which people will be able to ask. */
  askers: string[]
}

/** Somebody waits, and a chat waits for a minute at most: about 50,000 pages at 100 ms a request, several spaces at a time. */
const countForMs = 20_000

export async function collectFacts(
  core: Core,
  site: ConfluenceSite,
  wanted: Wanted & { selected: SiteSpace[] },
  options: SiteOptions,
  signal: AbortSignal,
  limitMs = countForMs,
): Promise<ConsentFacts> {
  const { scope, exclusions } = wanted
  const selected = wanted.selected.filter((space) => !isSpaceArchivedAway(space, scope, exclusions))
  const limit = AbortSignal.timeout(limitMs)
  const counted: SpaceCount[] = []
  await eachAtATime(selected, 4, signal, async (space, ending) => {
    counted.push(await countSpace(site, space, wanted, limit, ending))
  })
  const open = await listOpenSpaces(site.address, options, signal)
  const keys = selected.map(({ key }) => key)
  const installations = await listInstallations(core.database.db)
  return {
    ...sum(counted, describeExclusions(exclusions)),
    spaces: keys,
    personalSpaces: selected.filter(({ type }) => type === 'personal').length,
    openSpaces: open === undefined ? undefined : keys.filter((key) => open.includes(key)),
    askers: installations.map(
      ({ platform, tenantId, name }) =>
        `${platform === 'slack' ? 'the Slack workspace' : 'the Teams tenant'} ${name === '' ? tenantId : name}`,
    ),
  }
}

function sum(
  counted: SpaceCount[],
  rules: string[],
): Pick<ConsentFacts, 'pages' | 'isMore' | 'isPartlyRead' | 'excluded' | 'restricted'> {
  const excluded = Object.fromEntries(rules.map((rule) => [rule, 0]))
  for (const space of counted)
    for (const [rule, pages] of Object.entries(space.excluded)) excluded[rule] = (excluded[rule] ?? 0) + pages
  return {
    pages: counted.reduce((pages, space) => pages + space.pages, 0),
    isMore: counted.some(({ isMore }) => isMore),
    isPartlyRead: counted.some(({ isPartlyRead }) => isPartlyRead),
    excluded,
    restricted: counted.some(({ restricted }) => restricted === undefined)
      ? undefined
      : counted.reduce((pages, space) => pages + (space.restricted ?? 0), 0),
  }
}
