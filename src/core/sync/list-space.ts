// What a space holds and who may read it, listed completely before anything is written: two listings at a time, then what
// they left open page by page. A listing that ends early rejects; half a truth is never compared.
import { TransientError } from '../../errors.ts'
import type { CensusPage, ConfluenceSite, PagePermissions, SiteSpace } from '../confluence/site.ts'
import { eachAtATime } from './each-at-a-time.ts'
import { type ContentRow, findOverlooked } from './find-overlooked.ts'
import { type SpacePermissions, completePermissions } from './permission-census.ts'

export type SpaceListing = { census: Map<string, CensusPage>; permissions: SpacePermissions }

export type SpaceQuestion = {
  site: ConfluenceSite
  space: SiteSpace
  /** Pages that are stored: those that are not listed are asked for before they are believed to be gone. */
  known: ContentRow[]
  /** Whether nobody will be served the page (see `completePermissions`). */
  isLeftOut: (page: CensusPage) => boolean
  /** Is told how many pages are listed so far. */
  onListed: (pages: number) => Promise<void>
  /** Is told that something else came. */
  onProgress: () => void
}

export async function listSpace(question: SpaceQuestion, signal: AbortSignal): Promise<SpaceListing> {
  const { site, space, known, isLeftOut, onListed, onProgress } = question
  const census = new Map<string, CensusPage>()
  const found = new Map<string, PagePermissions>()
  let spaceReaders: SpacePermissions['spaceReaders'] = 'unreadable'
  const listings = [
    async (ending: AbortSignal) => {
      spaceReaders = await site.fetchSpaceReaders(space, ending)
    },
    async (ending: AbortSignal) => {
      for await (const batch of site.iterateCensus(space, ending)) {
        for (const page of batch) census.set(page.pageId, page)
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
  const missing = new Map([...known, ...found.values()].map(({ pageId, kind }) => [pageId, { pageId, kind }]))
  for (const pageId of census.keys()) missing.delete(pageId)
  for (const page of await findOverlooked(site, space, [...missing.values()], onProgress, signal))
    census.set(page.pageId, page)
  await onListed(census.size)
  const listing = { site, spaceReaders, listed: census, found, isLeftOut, onProgress }
  return { census, permissions: await completePermissions(listing, signal) }
}
