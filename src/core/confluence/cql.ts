// Content by CQL, the same on both deployments but for the paging.
import { z } from 'zod'
import type { HttpClient } from './http.ts'
import type { Listing } from './paging.ts'
import type { SiteSpace } from './site.ts'

const match = z.object({ id: z.coerce.string() })

/** CQL for all pages and blog posts of a space, or for other content of it. */
export function contentOf(space: SiteSpace, content = 'type in (page, blogpost)'): string {
  return `space = "${space.key.replace(/["\\]/g, '\\$&')}" and ${content}`
}

export async function* iterateMatches(
  iterate: (http: HttpClient, listing: Listing<{ id: string }>, signal: AbortSignal) => AsyncIterable<{ id: string }[]>,
  http: HttpClient,
  space: SiteSpace,
  cql: string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const listing = {
    path: '/rest/api/content/search',
    query: { cql: `${contentOf(space)} and (${cql})` },
    row: match,
    limit: 200,
    subject: `space ${space.key}`,
  }
  for await (const rows of iterate(http, listing, signal)) yield rows.map(({ id }) => id)
}
