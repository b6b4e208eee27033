import { z } from 'zod'
import { isFootnoteError } from '../../errors.ts'
import { createHttpClient } from './http.ts'
import { collect, iterateByCursor, iterateByOffset } from './paging.ts'
import { atSitePace, type SiteOptions } from './site-options.ts'
import type { SiteAddress } from './site.ts'

const row = z.object({ key: z.string() })

/** Keys of the spaces that anybody may read without signing in; undefined when the site does not say. Sends no credential. */
export async function listOpenSpaces(
  { deployment, baseUrl }: SiteAddress,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const http = createHttpClient(baseUrl, undefined, atSitePace(options, baseUrl))
  const listing = { row, limit: 200, subject: 'list of spaces', maxAttempts: 2 }
  try {
    const rows = await collect(
      deployment === 'cloud'
        ? iterateByCursor(http, { ...listing, path: '/api/v2/spaces' }, signal)
        : iterateByOffset(http, { ...listing, path: '/rest/api/space' }, signal),
    )
    return rows.map(({ key }) => key)
  } catch (error) {
    signal.throwIfAborted()
    if (!isFootnoteError(error)) throw error
    // A site that is closed to strangers refuses, or shows its sign-in page.
    const isClosed = ['AccessDeniedError', 'ConnectionRevokedError'].includes(error.name)
    return isClosed ? [] : undefined
  }
}
