// What a CQL query finds, the same on both deployments but for the paging.
import { z } from 'zod'
import type { HttpClient } from './http.ts'
import type { iterateByCursor, iterateByOffset, Listing } from './paging.ts'
import type { SiteSpace } from './site.ts'

export type Searcher = { http: HttpClient; iterate: typeof iterateByCursor | typeof iterateByOffset }

export type Search<Row> = Omit<Listing<Row>, 'path' | 'query'> & {
  cql: string
  expand?: string
  /** Whether what it looks for may be in an archived space. */
  inArchivedSpaces: boolean
}

/** CQL for all pages and blog posts of a space, or for other content of it. */
export function contentOf(space: SiteSpace, content = 'type in (page, blogpost)'): string {
  return `space = "${space.key.replace(/["\\]/g, '\\$&')}" and ${content}`
}

/**
 * Only the broader search can be told to look into archived spaces (`includeArchivedSpaces`; the search for content does not
 * know it); its rows hold the content, and what is expanded is named below it.
 */
export async function* iterateSearch<Row>(
  { http, iterate }: Searcher,
  search: Search<Row>,
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  const { cql, expand, inArchivedSpaces, ...shape } = search
  const listing = { ...shape, hidesRows: true }
  if (!inArchivedSpaces) {
    yield* iterate(http, { ...listing, path: '/rest/api/content/search', query: { cql, expand } }, signal)
    return
  }
  const within = expand?.split(',').map((name) => `content.${name}`)
  const query = { cql, includeArchivedSpaces: 'true', excerpt: 'none', expand: within?.join(',') }
  const row = z.object({ content: listing.row.optional() }).transform(({ content }) => content)
  for await (const rows of iterate(http, { ...listing, path: '/rest/api/search', query, row }, signal))
    yield rows.flatMap((each) => each ?? [])
}

const match = z.object({ id: z.coerce.string() })

export async function* iterateMatches(
  searcher: Searcher,
  space: SiteSpace,
  cql: string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const search = {
    cql: `${contentOf(space)} and (${cql})`,
    inArchivedSpaces: space.status === 'archived',
    row: match,
    limit: 200,
    subject: `space ${space.key}`,
  }
  for await (const rows of iterateSearch(searcher, search, signal)) yield rows.map(({ id }) => id)
}
