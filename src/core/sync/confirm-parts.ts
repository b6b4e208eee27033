// Attachments and comments are listed by search, whose index may lag behind, lose rows or answer with nothing at all. What it
// no longer lists is asked for by id, from the store, before it is forgotten.
import type { StoredPart } from '../../db/queries/page-parts.ts'
import type { ConfluenceSite } from '../confluence/site.ts'
import { takeTurns } from './take-turns.ts'

/** Asked for between two looks at the answer. Cloud's comments are one request then, all else is one for each. */
const askedAtATime = 100

/**
 * A part that is gone is asked for once and then forgotten, so the number of those needs no bound. One that lives although
 * the search does not list it is asked for again by each run: after this many of them the index is broken, and the rest is
 * not asked for. It is kept and served: its page is there and decides who may read it. Each run begins with others, so
 * that what is really gone among them is found in the end.
 */
const maxLiving = 300

/** Those that the site does not have any more. */
export async function findGoneParts(
  site: Pick<ConfluenceSite, 'fetchExistingParts'>,
  missing: StoredPart[],
  runId: number,
  onProgress: () => void,
  signal: AbortSignal,
): Promise<StoredPart[]> {
  const gone: StoredPart[] = []
  let living = 0
  const waiting = takeTurns(
    missing.toSorted((a, b) => a.id - b.id),
    maxLiving,
    runId,
  )
  for (let start = 0; start < waiting.length && living < maxLiving; start += askedAtATime) {
    const batch = waiting.slice(start, start + askedAtATime)
    const existing = await site.fetchExistingParts(batch, signal)
    onProgress()
    gone.push(...batch.filter(({ partId }) => !existing.has(partId)))
    living += existing.size
  }
  return gone
}
