// Bodies of many pages at once. A batch that the site cannot answer is halved until the page that it breaks down on is
// found; that page is reported, and all the others are delivered.
import { TransientError } from '../../errors.ts'
import type { PageBodies, PageBody } from './site.ts'

export type BodyReader = {
  /** Bodies of these pages; gone ones are absent. `maxAttempts` is undefined for the client's own number of attempts. */
  read: (pageIds: string[], maxAttempts: number | undefined, signal: AbortSignal) => Promise<PageBody[]>
  /** Rejects while the site answers nothing at all, so that no page is blamed for that. */
  verifySite: (signal: AbortSignal) => Promise<unknown>
}

/** Failures that a smaller request may avoid. */
const smallerMayHelp = new Set(['server_error', 'timeout', 'answer_too_large', 'answer_malformed', 'answer_truncated'])

/** When nothing but failures came, it is the site that is broken, however well it says who we are. */
const maxFailuresAlone = 5

export async function fetchPageBodies(reader: BodyReader, pageIds: string[], signal: AbortSignal): Promise<PageBodies> {
  const found: PageBodies = { bodies: [], failures: [] }
  const batches = [pageIds]
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
    if (batch.length === 0) continue
    try {
      const asked = new Set(batch)
      const answered = await reader.read(batch, batch === pageIds ? undefined : 2, signal)
      const bodies = answered.filter(({ pageId }) => asked.delete(pageId))
      found.bodies.push(...bodies)
      const missing = [...asked]
      // Gone, or skipped by an answer of several pages: what is asked for once more by itself fits into one.
      if (missing.length < batch.length) batches.push(missing)
    } catch (error) {
      if (!(error instanceof TransientError) || !smallerMayHelp.has(error.code)) throw error
      const middle = Math.ceil(batch.length / 2)
      if (batch.length > 1) batches.push(batch.slice(middle), batch.slice(0, middle))
      else await blame(reader, found, batch[0] ?? '', error, signal)
    }
  }
  return found
}

async function blame(
  reader: BodyReader,
  found: PageBodies,
  pageId: string,
  error: TransientError,
  signal: AbortSignal,
): Promise<void> {
  await reader.verifySite(signal)
  found.failures.push({ pageId, reason: error.message })
  if (found.bodies.length === 0 && found.failures.length >= maxFailuresAlone) throw error
}
