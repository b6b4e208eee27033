// Routes that read the same in both flavours: CQL search and restrictions.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CqlError } from '../cql.ts'
import { compareIds } from '../content-order.ts'
import { makeCursor, parseCursor } from '../cursor.ts'
import { cutResults, parameter, pathPart, principalOf } from '../front-end.ts'
import type { Content } from '../model.ts'
import { searchContent } from '../search.ts'
import { canRead } from '../visibility.ts'
import { contentRecord, restrictionRecord } from './content.ts'
import type { Dialect, Json } from './dialect.ts'
import { cappedLimit, expandOf, listLinks, numberParameter, offsetList, visibleContent } from './dialect.ts'

/** `paging`: Cloud's search hands out cursors, Data Center's counts rows. */
export function addSearchRoute(server: FastifyInstance, dialect: Dialect, paging: 'cursor' | 'offset'): void {
  server.get('/rest/api/content/search', (request) => {
    const expand = expandOf(request)
    const limits = cappedLimit(request, expand)
    const ids = findIds(dialect, request)
    const { site } = dialect.front
    const principal = principalOf(request)
    const render = (id: string) => contentRecord(dialect, site.contents.get(id) as Content, expand)
    const sees = (id: string) => canRead(site, site.contents.get(id) as Content, principal)
    if (paging === 'offset') return offsetList(dialect, request, ids, limits, render, sees)
    return cursorList(dialect, request, ids, limits.limit, render, sees)
  })
}

export function addRestrictionRoutes(server: FastifyInstance, dialect: Dialect): void {
  const target = (request: FastifyRequest): Content => {
    const content = visibleContent(dialect, request)
    if (content.type === 'page' || dialect.front.switches.folderRestrictions) return content
    throw dialect.notFound(`No content found with id: ContentId{id=${content.id}}`)
  }
  server.get('/rest/api/content/:id/restriction/byOperation', (request) => {
    const content = target(request)
    const limit = dialect.front.switches.nestedListLimit
    const read = restrictionRecord(dialect, content, 'read', { ...cutOf(request, limit, 'read.'), start: 0 })
    const update = restrictionRecord(dialect, content, 'update', { ...cutOf(request, limit, 'update.'), start: 0 })
    return { read, update, _links: {} }
  })
  server.get('/rest/api/content/:id/restriction/byOperation/:operation', (request) => {
    const content = target(request)
    const operation = pathPart(request, 'operation')
    if (operation !== 'read' && operation !== 'update') throw dialect.badRequest(`Unknown operation ${operation}`)
    return restrictionRecord(dialect, content, operation, cutOf(request, numberParameter(request, 'limit', 100)))
  })
  server.get('/rest/api/content/:id/restriction', (request) => {
    const content = target(request)
    const cut = { ...cutOf(request, numberParameter(request, 'limit', 100)), users: true, groups: true }
    const results = (['read', 'update'] as const).map((operation) =>
      restrictionRecord(dialect, content, operation, cut),
    )
    const links = listLinks(dialect, request, undefined)
    return { results, start: 0, limit: cut.limit, size: results.length, restrictionsHash: '', _links: links }
  })
}

function cutOf(request: FastifyRequest, limit: number, prefix = '') {
  const expand = expandOf(request, `${prefix}restrictions.user,${prefix}restrictions.group`)
  const [users, groups] = ['user', 'group'].map((subject) => expand.has(`${prefix}restrictions.${subject}`))
  return { start: numberParameter(request, 'start', 0), limit, users: users ?? false, groups: groups ?? false }
}

function findIds(dialect: Dialect, request: FastifyRequest): string[] {
  const cql = parameter(request, 'cql')
  if (cql === undefined || cql.trim() === '') throw dialect.badRequest('cql query parameter is required')
  const includeArchivedSpaces = parameter(request, 'includeArchivedSpaces') === 'true'
  try {
    return searchContent(dialect.front.site, cql, { includeArchivedSpaces, switches: dialect.front.switches })
  } catch (error) {
    if (error instanceof CqlError) throw dialect.badRequest(`Could not parse cql : ${cql}: ${error.message}`)
    throw error
  }
}

type SearchCursor = { after: string; position: number }

function cursorList(
  dialect: Dialect,
  request: FastifyRequest,
  ids: string[],
  limit: number,
  render: (id: string) => Json,
  sees: (id: string) => boolean,
): Json {
  const { front } = dialect
  const given = parameter(request, 'cursor')
  const state = given === undefined ? undefined : (parseCursor(given, front.cursorGeneration) as SearchCursor | null)
  if (state === null && front.switches.badV1Cursor === 'refuse') throw dialect.badRequest('Invalid cursor')
  const first = state === null ? 0 : numberParameter(request, 'start', 0)
  const start = state ? positionOf(ids, state) : first
  const cut = cutResults(ids, start, limit, () => true, sees)
  const results = cut.rows.map(render)
  const following: SearchCursor = { after: cut.last ?? '', position: cut.end ?? 0 }
  const cursor = makeCursor(following, front.cursorGeneration)
  const next = cut.end === undefined ? undefined : { cursor, limit: String(limit), start: String(cut.end) }
  return { results, start, limit, size: results.length, _links: listLinks(dialect, request, next) }
}

/** Behind the last row of the page before, wherever that row is now. */
function positionOf(ids: string[], { after, position }: SearchCursor): number {
  if (ids[position - 1] === after) return position
  const known = ids.indexOf(after)
  if (known !== -1) return known + 1
  const following = ids.findIndex((id) => compareIds(id, after) > 0)
  return following === -1 ? ids.length : following
}
