// What a space holds and who may read it, listed completely before anything is written: two listings at a time, then what
// they left open page by page. A listing that ends early rejects; half a truth is never compared.
import { TransientError } from '../../errors.ts'
import type { CensusPage, ConfluenceSite, PagePermissions, SiteSpace } from '../confluence/site.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { type SpacePermissions, completePermissions } from './permission-census.ts'

export type SpaceListing = { census: Map<string, CensusPage>; permissions: SpacePermissions }

/** `onListed` is told how many pages are listed so far; `onProgress` that something else came. */
export async function listSpace(
  site: ConfluenceSite,
  space: SiteSpace,
  onListed: (pages: number) => Promise<void>,
  onProgress: () => void,
  signal: AbortSignal,
): Promise<SpaceListing> {
  const census = new Map<string, CensusPage>()
  const found = new Map<string, PagePermissions>()
  let spaceReaders: SpacePermissions['spaceReaders'] = 'unreadable'
  const listings = [
    async (ending: AbortSignal) => {
      spaceReaders = await site.fetchSpaceReaders(space, ending)
    },
    async (ending: AbortSignal) => {
      for await (const batch of site.iterateCensus(space, ending)) {
        for (const page of batch) if (page.status === 'current') census.set(page.pageId, page)
        await onListed(census.size)
      }
    },
    async (ending: AbortSignal) => {
      for await (const batch of site.iteratePermissions(space, ending)) {
        for (const page of batch) found.set(page.pageId, page)
        onProgress()
      }
    },
  ]
  await eachAtATime(listings, listings.length, signal, (list, ending) => list(ending))
  // A space that was just there and now lists nothing at all is a broken answer far more often than an emptied space.
  if (census.size === 0 && space.homepageId !== undefined)
    throw new TransientError(
      'census_empty',
      `The site listed no page of space ${space.key}, not even its home page. Check that the account may still read the space, then sync again.`,
    )
  return {
    census,
    permissions: await completePermissions(site, spaceReaders, census, found, onProgress, signal),
  }
}
