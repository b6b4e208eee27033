// Pages and blog posts of Data Center, listed and by id.
import { z } from 'zod'
import { InvalidInputError, TransientError } from '../../errors.ts'
import { isListed, kindOf } from './answers.ts'
import { askEach } from './ask-each.ts'
import { datacenterPage, datacenterPlacedPage } from './datacenter-answers.ts'
import { HttpFailure } from './http-errors.ts'
import { path, type HttpClient, type ReadRequest } from './http.ts'
import { iterateByCursor, iterateByOffset, trustMissingNext } from './paging.ts'
import type { CensusPage, CensusRow, ContentKind, SiteSpace } from './site.ts'
import { orUnreadable } from './unreadable.ts'

export async function* iterateCensus(
  http: HttpClient,
  space: SiteSpace,
  signal: AbortSignal,
): AsyncGenerator<CensusPage[]> {
  for await (const rows of iterateContent(http, space, 'version,history,ancestors', datacenterPage, signal))
    yield rows.filter(isListed).map(toCensusPage)
}

/** There is no list of many pages by id that reads the store: one request each. */
export async function fetchCensusRows(
  http: HttpClient,
  pages: Pick<CensusPage, 'pageId' | 'kind'>[],
  signal: AbortSignal,
): Promise<CensusRow[]> {
  const expand = 'version,history,ancestors,space'
  const rows = await askEach(new Set(pages.map(({ pageId }) => pageId)), (pageId) =>
    orUnreadable(fetchContent(http, pageId, expand, datacenterPlacedPage, signal)),
  )
  return rows.flatMap((row) => {
    if (row === undefined || row === 'unreadable' || !isListed(row) || !isPage(row)) return []
    return [{ ...toCensusPage(row), spaceId: row.space.id }]
  })
}

const isPage = ({ type = 'page' }: { type?: string | undefined }) => type === 'page' || type === 'blogpost'

function toCensusPage(row: z.infer<typeof datacenterPage> & { status: CensusPage['status'] }): CensusPage {
  const parentId = row.ancestors?.at(-1)?.id
  const position = row.extensions?.position
  return {
    pageId: row.id,
    kind: kindOf(row.type),
    title: row.title,
    status: row.status,
    parentId,
    parentType: parentId === undefined ? undefined : 'page',
    position: typeof position === 'number' ? position : undefined,
    versionNumber: row.version.number,
    versionAt: row.version.when,
    createdAt: row.history.createdDate,
    authorId: row.history.createdBy?.userKey,
    lastEditorId: row.version.by?.userKey,
    webPath: row._links.webui,
  }
}

/**
 * One page, blog post, part or ancestor from the store, whether current or archived; undefined when it is neither. Asked for
 * one status at a time: whether a list of them is understood is not documented.
 */
export async function fetchContent<Row>(
  http: HttpClient,
  contentId: string,
  expand: string,
  schema: z.ZodType<Row>,
  signal: AbortSignal,
  limits: Pick<ReadRequest<unknown>, 'maxAttempts'> = {},
): Promise<Row | undefined> {
  const request = { path: path`/rest/api/content/${contentId}`, schema, ...limits }
  const current = await http.send({ ...request, query: { expand, status: 'current' } }, signal)
  if (current !== undefined || archiving.get(http) === false) return current
  try {
    return await http.send({ ...request, query: { expand, status: 'archived' } }, signal)
  } catch (error) {
    if (archiving.get(http) !== true && isUnknownStatus(error)) return undefined
    throw error
  }
}

type List = { kind: ContentKind; status: CensusPage['status'] }

const lists: List[] = [
  { kind: 'page', status: 'current' },
  { kind: 'page', status: 'archived' },
  { kind: 'blogpost', status: 'current' },
]

/**
 * The current and archived pages and the current blog posts of a space, one list after the other: an answer holds one type.
 * `content/scan` (7.18 and newer) carries a cursor; with `start`, a page that is deleted while we list moves its successors
 * up, and one of them is missed. Older servers only know the latter.
 */
export async function* iterateContent<Row>(
  http: HttpClient,
  space: SiteSpace,
  expand: string,
  row: z.ZodType<Row>,
  signal: AbortSignal,
  limit = 200,
): AsyncGenerator<Row[]> {
  const isScanned = await hasScan(http, space, signal)
  for (const { kind, status } of lists) {
    if (status === 'archived' && !(await hasArchive(http, space, signal))) continue
    const query = { spaceKey: space.key, type: kind, status, expand }
    const listing = { query, row, limit, subject: `space ${space.key}`, hidesRows: true }
    yield* isScanned
      ? iterateByCursor(http, { ...listing, path: '/rest/api/content/scan' }, signal)
      : iterateByOffset(http, { ...listing, path: '/rest/api/content' }, signal)
  }
}

/** Servers that were asked whether they know archived pages. */
const archiving = new WeakMap<HttpClient, boolean>()

async function hasArchive(http: HttpClient, space: SiteSpace, signal: AbortSignal): Promise<boolean> {
  const known = archiving.get(http)
  if (known !== undefined) return known
  const query = { spaceKey: space.key, type: 'page', status: 'archived', limit: 1 }
  const schema = z.object({ results: z.array(z.unknown()) })
  let isKnown = true
  try {
    await http.send({ path: '/rest/api/content', query, schema, maxAttempts: 3 }, signal)
  } catch (error) {
    if (!isUnknownStatus(error)) throw error
    isKnown = false
  }
  archiving.set(http, isKnown)
  return isKnown
}

/** A status that the server does not know: 400, 501 "not implemented", or an exception of its own, which is 500. */
function isUnknownStatus(error: unknown): boolean {
  if (error instanceof InvalidInputError) return true
  const { cause } = error instanceof TransientError ? error : {}
  return cause instanceof HttpFailure && (cause.status === 500 || cause.status === 501)
}

/** Servers that are known to have it, so that each is asked once. */
const scanning = new WeakSet<HttpClient>()

async function hasScan(http: HttpClient, space: SiteSpace, signal: AbortSignal): Promise<boolean> {
  if (scanning.has(http)) return true
  const query = { spaceKey: space.key, type: 'page', status: 'current', limit: 1 }
  const schema = z.object({ results: z.array(z.unknown()) })
  try {
    const request = { path: '/rest/api/content/scan', query, schema, retriesServerErrors: false }
    const isThere = (await http.send(request, signal)) !== undefined
    if (isThere) {
      scanning.add(http)
      trustMissingNext(http)
    }
    return isThere
  } catch (error) {
    // Older servers take "scan" for a content id and say so with 400, 404 as a web page, or 500.
    if (error instanceof InvalidInputError || (error instanceof TransientError && error.code === 'server_error'))
      return false
    throw error
  }
}
