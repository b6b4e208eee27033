// Complete listings. A listing ends only where Confluence says so: rows hidden by permissions make short and even empty
// pages, so row counts mean nothing. What cannot be finished rejects; it never just stops early.
import { z } from 'zod'
import { AccessDeniedError, TransientError } from '../../errors.ts'
import { HttpFailure } from './http-errors.ts'
import type { HttpClient, ReadRequest } from './http.ts'

export type Listing<Row> = {
  path: string
  query?: ReadRequest<unknown>['query']
  row: z.ZodType<Row>
  limit: number
  /** What is listed, for the error when Confluence says 404: `space IT`. */
  subject: string
  maxAttempts?: number
  retriesServerErrors?: boolean
  /** False where the caller splits the request itself. Default true. */
  mayShrink?: boolean
  /** No more rows than these can come: a listing by id needs no second page to know that. */
  maxRows?: number
  /** Rows that this account may not see are taken out of a page after it was cut. */
  hidesRows?: boolean
}

/** How many pages without a single row may follow each other: 200 pages of 250 hide 50,000 rows. */
const maxEmptyPages = 200
/** How many empty pages end a listing without any `next`: runs of up to so many hidden pages in the middle are bridged. */
const emptyPagesAtEnd = { ofShownRows: 1, ofHiddenRows: 5 }
/** Pages that bring nothing new: as many as a server gives that begins again at its first page, and a few more. */
const maxRepeatedPages = 3
/** The smallest page that is still worth asking for when a server breaks down under large ones. */
const minLimit = 5

const links = z.object({ next: z.string().optional() }).default({})

/** Servers whose lists always say that more follows; versions of Data Center before 7 never do, or not for searches. */
const saying = new WeakSet<HttpClient>()

export function trustMissingNext(http: HttpClient): void {
  saying.add(http)
}

/**
 * Pages of a listing that carries a cursor (Cloud v2, Cloud search, Data Center scan). Only the cursor of `next` is used, on
 * our own endpoint; a repeated one, pages of rows that came before, or a `next` on another origin reject with
 * `TransientError`.
 */
export async function* iterateByCursor<Row>(
  http: HttpClient,
  listing: Listing<Row>,
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  const schema = z.object({ results: z.array(listing.row), _links: links })
  const pageSize = { limit: listing.limit }
  const guard = createLoopGuard(listing)
  const seen = new Set<string>()
  let cursor: string | undefined
  for (;;) {
    const page = await fetchPage(http, listing, { cursor }, pageSize, schema, signal)
    if (guard(page.results)) yield page.results
    if (page._links.next === undefined) return
    cursor = cursorOf(http, listing, page._links.next)
    if (seen.has(cursor)) throw broken(listing, 'listing_loops', 'repeated a page')
    seen.add(cursor)
  }
}

/**
 * Pages of a listing by `start` and `limit` (Data Center, Cloud groups). `start` moves by the limit that the answer reports:
 * the server silently caps ours, and its own `next` may skip rows (CONFSERVER-95272).
 */
export async function* iterateByOffset<Row>(
  http: HttpClient,
  listing: Listing<Row>,
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  const schema = z.object({ results: z.array(listing.row), limit: z.number().int().optional(), _links: links })
  const pageSize = { limit: listing.limit }
  const guard = createLoopGuard(listing)
  const wantedEmpty = emptyPagesAtEnd[listing.hidesRows === true ? 'ofHiddenRows' : 'ofShownRows']
  let saysNext = saying.has(http)
  let emptyPages = 0
  for (let start = 0; ;) {
    const page = await fetchPage(http, listing, { start }, pageSize, schema, signal)
    const isFresh = guard(page.results)
    if (isFresh) yield page.results
    const step = page.limit !== undefined && page.limit > 0 ? page.limit : pageSize.limit
    start += step
    if (page._links.next !== undefined) {
      refuseOtherOrigin(http, listing, page._links.next)
      saysNext = true
      continue
    }
    emptyPages = page.results.length === 0 ? emptyPages + 1 : 0
    // Without a single `next`, a short page may have lost rows to permissions: only emptiness tells the end.
    if (saysNext ? page.results.length < step : emptyPages >= wantedEmpty) return
    if (listing.maxRows !== undefined && start >= listing.maxRows) return
    // The same short page again: this list does not know `start`, and that was all of it.
    if (!saysNext && !isFresh && page.results.length > 0 && page.results.length < step) return
  }
}

/** All rows at once, for listings that are short by nature. */
export async function collect<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const page of pages) rows.push(...page)
  return rows
}

/** One page; halves `pageSize.limit` for good when the server breaks down under a page of that size. */
async function fetchPage<Page>(
  http: HttpClient,
  listing: Listing<unknown>,
  position: { cursor?: string | undefined; start?: number },
  pageSize: { limit: number },
  schema: z.ZodType<Page>,
  signal: AbortSignal,
): Promise<Page> {
  for (let maxAttempts = listing.maxAttempts; ; maxAttempts = 2) {
    const query = { ...listing.query, ...position, limit: pageSize.limit }
    try {
      const { path, retriesServerErrors = true } = listing
      const page = await http.send(
        { path, query, schema, retriesServerErrors, ...(maxAttempts === undefined ? {} : { maxAttempts }) },
        signal,
      )
      if (page !== undefined) return page
    } catch (error) {
      const mayShrink = listing.mayShrink !== false && listing.retriesServerErrors !== false
      if (!mayShrink || !isTooHeavy(error) || pageSize.limit <= minLimit) throw error
      pageSize.limit = Math.max(minLimit, Math.floor(pageSize.limit / 2))
      continue
    }
    throw new AccessDeniedError(
      'not_visible',
      `The ${listing.subject} does not exist, or this account may not see it.`,
      {
        cause: new HttpFailure(`GET ${listing.path}`, 404),
      },
    )
  }
}

/** True for failures that a smaller request may avoid. */
function isTooHeavy(error: unknown): boolean {
  return error instanceof TransientError && ['server_error', 'timeout', 'answer_too_large'].includes(error.code)
}

/** Says whether a page brings a row that no page before it had; rejects when pages go on without. */
function createLoopGuard<Row>(listing: Listing<Row>): (rows: Row[]) => boolean {
  const known = new Set<string>()
  const pages = { fresh: 0, repeated: 0, empty: 0 }
  return (rows) => {
    const before = known.size
    for (const row of rows) known.add(nameOf(row))
    pages.empty = rows.length === 0 ? pages.empty + 1 : 0
    if (pages.empty >= maxEmptyPages)
      throw broken(listing, 'listing_endless', `gave ${maxEmptyPages} empty pages in a row`)
    if (known.size > before) {
      pages.fresh += 1
      pages.repeated = 0
      return true
    }
    if (rows.length > 0) pages.repeated += 1
    if (pages.repeated > pages.fresh + maxRepeatedPages) throw broken(listing, 'listing_loops', 'repeated its pages')
    return false
  }
}

function nameOf(row: unknown): string {
  const { id } = typeof row === 'object' && row !== null ? (row as { id?: unknown }) : {}
  return typeof id === 'string' ? id : JSON.stringify(row)
}

/** Not searchParams.get: it would turn a literal `+` of the cursor into a blank. */
function cursorOf(http: HttpClient, listing: Listing<unknown>, next: string): string {
  const url = refuseOtherOrigin(http, listing, next)
  const raw = /[?&]cursor=([^&]+)/.exec(url.search)?.[1]
  if (raw === undefined) throw broken(listing, 'listing_broken', 'gave a next page without a cursor')
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

function refuseOtherOrigin(http: HttpClient, listing: Listing<unknown>, next: string): URL {
  const base = http.origins[0]
  const url = URL.canParse(next, base) ? new URL(next, base) : undefined
  if (url === undefined || !http.origins.includes(url.origin)) {
    throw broken(listing, 'listing_elsewhere', 'pointed to a next page on another host')
  }
  return url
}

function broken(listing: Listing<unknown>, code: string, what: string): TransientError {
  return new TransientError(
    code,
    `Confluence's listing of ${listing.path} ${what}: the listing is not complete, try again later.`,
  )
}
