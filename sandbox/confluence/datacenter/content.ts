// Data Center's content: lists that page by offset with silent caps, the scan that pages by cursor, single pages.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { lowerBound } from '../content-order.ts'
import { commaParameter, cutResults, listParameter, parameter, principalOf } from '../front-end.ts'
import type { Content, Site } from '../model.ts'
import { findSpace, listChildren } from '../model.ts'
import { canRead, canReadSpace } from '../visibility.ts'
import { labelRecord } from '../cloud/records.ts'
import { contentRecord } from '../v1/content.ts'
import type { Dialect, Json } from '../v1/dialect.ts'
import { cappedLimit, expandOf, listLinks, numberParameter, offsetList, visibleContent } from '../v1/dialect.ts'
import { addRestrictionRoutes, addSearchRoute } from '../v1/routes.ts'
import { failure, isAtLeast } from './dialect.ts'

const filtered = new WeakMap<Site, { epoch: number; lists: Map<string, string[]> }>()

export function addContentRoutes(server: FastifyInstance, dialect: Dialect): void {
  const { site } = dialect.front
  addSearchRoute(server, dialect, 'offset')
  addRestrictionRoutes(server, dialect)
  server.get('/rest/api/content', (request) => listContent(dialect, request))
  server.get('/rest/api/content/scan', (request) => scanContent(dialect, request))
  server.get('/rest/api/content/:id', (request) => {
    const content = visibleContent(dialect, request)
    if (!statusesOf(request).has(content.status)) {
      throw dialect.notFound(`No content found with id: ContentId{id=${content.id}}`)
    }
    const record = contentRecord(dialect, content, expandOf(request, 'history,space,version'))
    const { baseUrl, basePath } = dialect.front
    return { ...record, _links: { ...(record._links as Json), base: baseUrl, context: basePath } }
  })
  server.get('/rest/api/content/:id/label', (request) => {
    const limit = Math.min(numberParameter(request, 'limit', 200), 200)
    return offsetList(dialect, request, visibleContent(dialect, request).labels, { asked: limit, limit }, labelRecord)
  })
  server.get('/rest/api/content/:id/child/page', (request) => {
    const expand = expandOf(request)
    const pages = listChildren(site, visibleContent(dialect, request).id).filter(
      ({ type, status }) => type === 'page' && status === 'current',
    )
    const principal = principalOf(request)
    const render = (page: Content) => contentRecord(dialect, page, expand)
    return offsetList(dialect, request, pages, cappedLimit(request, expand), render, (page) =>
      canRead(site, page, principal),
    )
  })
}

function listContent(dialect: Dialect, request: FastifyRequest): Json {
  const expand = expandOf(request)
  const ids = idsOf(dialect, request)
  const title = parameter(request, 'title')
  const named = title === undefined ? ids : ids.filter((id) => dialect.front.site.contents.get(id)?.title === title)
  const { render, sees } = rowsOf(dialect, request)
  return offsetList(dialect, request, named, cappedLimit(request, expand), render, sees)
}

/** Came with 7.18. The cursor holds the last id: no row is skipped whatever changes meanwhile. */
function scanContent(dialect: Dialect, request: FastifyRequest): Json {
  if (!isAtLeast(dialect.front, 7, 18)) throw failure(404, 'No content found with id: ContentId{id=scan}', 'Not Found')
  const ids = idsOf(dialect, request)
  const { limit } = cappedLimit(request, expandOf(request))
  const given = parameter(request, 'cursor')
  const after = given === undefined ? undefined : /^content:false:(\d+)$/.exec(given)?.[1]
  if (given !== undefined && after === undefined) throw dialect.badRequest(`Invalid cursor: ${given}`)
  const first = after === undefined ? 0 : lowerBound(ids, after)
  const { render, sees } = rowsOf(dialect, request)
  const cut = cutResults(ids, ids[first] === after ? first + 1 : first, limit, () => true, sees)
  const results = cut.rows.map(render)
  const cursor = cut.end === undefined ? undefined : `content:false:${cut.last}`
  const next = cursor === undefined ? undefined : { cursor, limit: String(limit) }
  const nextCursor = cursor === undefined ? {} : { nextCursor: cursor }
  return {
    results,
    cursor: given ?? '',
    ...nextCursor,
    limit,
    size: results.length,
    _links: listLinks(dialect, request, next),
  }
}

function rowsOf(dialect: Dialect, request: FastifyRequest) {
  const { site } = dialect.front
  const expand = expandOf(request)
  const principal = principalOf(request)
  return {
    render: (id: string) => contentRecord(dialect, site.contents.get(id) as Content, expand),
    sees: (id: string) => canRead(site, site.contents.get(id) as Content, principal),
  }
}

/** By id; of one type only, `page` unless told otherwise. */
function idsOf(dialect: Dialect, request: FastifyRequest): string[] {
  const { site } = dialect.front
  const statuses = statusesOf(request)
  if ((parameter(request, 'type') ?? 'page') !== 'page') return []
  const named = commaParameter(request, 'ids')
  if (named.length > 0) return named.filter((id) => isPage(site.contents.get(id), statuses))
  const key = parameter(request, 'spaceKey')
  if (key === undefined) return filteredIds(site, undefined, statuses)
  const space = findSpace(site, key)
  if (space === undefined || space.id === key || !canReadSpace(site, space, principalOf(request))) {
    throw dialect.notFound(`No space with key : ${key}`)
  }
  return filteredIds(site, space.id, statuses)
}

/** Kept until the site changes, so that a deep offset costs nothing. */
function filteredIds(site: Site, spaceId: string | undefined, statuses: Set<string>): string[] {
  const known = filtered.get(site)
  const kept = known?.epoch === site.epoch ? known : { epoch: site.epoch, lists: new Map<string, string[]>() }
  filtered.set(site, kept)
  const name = `${spaceId ?? ''} ${[...statuses].toSorted().join(' ')}`
  const list = kept.lists.get(name)
  if (list !== undefined) return list
  const ids = spaceId === undefined ? site.pageIds : (site.pageIdsBySpace.get(spaceId) ?? [])
  const fresh = ids.filter((id) => isPage(site.contents.get(id), statuses))
  kept.lists.set(name, fresh)
  return fresh
}

function isPage(content: Content | undefined, statuses: Set<string>): boolean {
  return content?.type === 'page' && statuses.has(content.status)
}

/** `any` is current and trashed, not archived. */
function statusesOf(request: FastifyRequest): Set<string> {
  const given = listParameter(request, 'status').flatMap((value) => value.split(','))
  if (given.length === 0) return new Set(['current'])
  return new Set(given.flatMap((status) => (status === 'any' ? ['current', 'trashed'] : [status])))
}
