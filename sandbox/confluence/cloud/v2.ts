// Cloud's REST API v2, the read side: cursors in body and Link header, 404 for what is not there or not visible.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds, placeOf, positionAfter, sortIds, sortedPageIds } from '../content-order.ts'
import { makeCursor } from '../cursor.ts'
import type { FrontEnd } from '../front-end.ts'
import { commaParameter, cutResults, findVisible, parameter, principalOf, siteUrl } from '../front-end.ts'
import type { Content, Space } from '../model.ts'
import { listAncestors } from '../model.ts'
import { canRead, canReadSpace } from '../visibility.ts'
import type { CursorState } from './parameters.ts'
import {
  bodyFormat,
  cursorParameter,
  idPart,
  idsParameter,
  invalid,
  limitParameter,
  maxLimit,
  notFound,
  sortParameter,
} from './parameters.ts'
import { folderRecord, labelRecord, pageRecord, spaceRecord, userRecord } from './records.ts'

export function addV2Routes(server: FastifyInstance, front: FrontEnd): void {
  const { site } = front
  server.get('/api/v2/spaces', (request, reply) => listSpaces(front, request, reply))
  server.get('/api/v2/spaces/:id', (request) => withBase(front, spaceRecord(visibleSpace(front, request))))
  server.get('/api/v2/spaces/:id/pages', (request, reply) =>
    listPages(front, request, reply, [visibleSpace(front, request).id]),
  )
  server.get('/api/v2/spaces/:id/permissions', (request, reply) => listPermissions(front, request, reply))
  server.get('/api/v2/pages', (request, reply) => {
    const spaceIds = idsParameter(request, 'space-id', 100)
    return listPages(front, request, reply, spaceIds.length === 0 ? undefined : spaceIds)
  })
  server.get('/api/v2/pages/:id', (request) => {
    const page = visibleContent(front, request, 'page')
    const statuses = commaParameter(request, 'status')
    const isHidden = page.status === 'trashed' && front.switches.trashedNeedsStatus
    if (statuses.length === 0 ? isHidden : !statuses.includes(page.status)) throw notFound()
    return withBase(front, pageRecord(front, page, bodyFormat(request)))
  })
  server.get('/api/v2/pages/:id/ancestors', (request) => {
    const ancestors = listAncestors(site, visibleContent(front, request, 'page'))
    const nearest = ancestors.slice(-limitParameter(request, 25))
    const results = nearest.map(({ id, type }) => ({ id, type }))
    return { results, _links: { base: front.baseUrl } }
  })
  server.get('/api/v2/pages/:id/labels', (request, reply) => {
    const labels = visibleContent(front, request, 'page').labels.map(labelRecord)
    return answerList(front, request, reply, labels)
  })
  server.get('/api/v2/folders/:id', (request) =>
    withBase(front, folderRecord(front, visibleContent(front, request, 'folder'))),
  )
  server.post('/api/v2/users-bulk', (request) => listUsers(front, request))
}

function listSpaces(front: FrontEnd, request: FastifyRequest, reply: FastifyReply) {
  const { site } = front
  const ids = idsParameter(request, 'ids', maxLimit)
  const keys = commaParameter(request, 'keys').map((key) => key.toLowerCase())
  const [type, status, sort] = [
    parameter(request, 'type'),
    parameter(request, 'status'),
    parameter(request, 'sort') ?? 'id',
  ]
  const spaces = [...site.spaces.values()]
    .filter((space) => ids.length === 0 || ids.includes(space.id))
    .filter((space) => keys.length === 0 || keys.includes(space.key.toLowerCase()))
    .filter((space) => (type === undefined || space.type === type) && (status === undefined || space.status === status))
    .toSorted((one, other) => compareSpaces(one, other, sort))
  const principal = principalOf(request)
  return answerList(front, request, reply, spaces, (space) => canReadSpace(site, space, principal), spaceRecord)
}

function listPages(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, spaceIds: string[] | undefined) {
  const { site } = front
  const limit = limitParameter(request, 25)
  const sort = sortParameter(request)
  const withBody = bodyFormat(request)
  const title = parameter(request, 'title')
  const rootOnly = parameter(request, 'depth') === 'root'
  const statuses = commaParameter(request, 'status')
  const wanted = new Set(statuses.length === 0 ? ['current', 'archived'] : statuses)
  const given = idsParameter(request, 'id', maxLimit)
  const named = new Set(given.filter((id) => site.contents.get(id)?.type === 'page'))
  const ids = given.length === 0 ? sortedPageIds(site, spaceIds, sort) : sortIds(site, [...named], sort)
  const keeps = (id: string): boolean => {
    const page = site.contents.get(id)
    if (page === undefined || !wanted.has(page.status) || (title !== undefined && page.title !== title)) return false
    return (spaceIds?.includes(page.spaceId) ?? true) && !(rootOnly && page.parentId !== undefined)
  }
  const principal = principalOf(request)
  const state = cursorParameter(front, request)
  const start = state !== undefined && 'place' in state ? positionAfter(site, ids, state.place, sort) : 0
  const cut = cutResults(ids, start, limit, keeps, (id) => canRead(site, site.contents.get(id) as Content, principal))
  const next = cut.end === undefined ? undefined : { place: placeOf(site, cut.last ?? '', sort) }
  const results = cut.rows.map((id) => pageRecord(front, site.contents.get(id) as Content, withBody))
  return { results, _links: links(front, request, reply, next) }
}

function listPermissions(front: FrontEnd, request: FastifyRequest, reply: FastifyReply) {
  const space = visibleSpace(front, request)
  const { users, groups, licensed, roles } = space.readers
  const readers = [
    ...[...groups].map((id) => ({ type: 'group', id })),
    ...[...users].map((id) => ({ type: 'user', id })),
    ...(licensed ? [{ type: 'access-class', id: 'ALL_LICENSED_USERS' }] : []),
    ...[...roles].map((id) => ({ type: 'role', id })),
  ]
  const rows = readers.flatMap((principal) => [
    { principal, operation: { key: 'read', targetType: 'space' } },
    { principal, operation: { key: 'create', targetType: 'comment' } },
  ])
  // Others may administer without being among the readers: only `read` on `space` is a right to read.
  const administrators = { type: 'access-class', id: 'ALL_PRODUCT_ADMINS' }
  rows.push({ principal: administrators, operation: { key: 'administer', targetType: 'space' } })
  const numbered = rows.map((row, position) => ({ id: String(Number(space.id) * 100 + position), ...row }))
  return answerList(front, request, reply, numbered)
}

function listUsers(front: FrontEnd, request: FastifyRequest) {
  const accountIds = (request.body as { accountIds?: unknown } | null)?.accountIds
  if (!Array.isArray(accountIds) || accountIds.length === 0 || accountIds.length > maxLimit) {
    throw invalid('accountIds', `must hold between 1 and ${maxLimit} ids`)
  }
  const accounts = accountIds.flatMap((id) => front.site.accounts.get(String(id)) ?? [])
  return { results: accounts.map((account) => userRecord(front, account)), _links: { base: front.baseUrl } }
}

function answerList<T, R = T>(
  front: FrontEnd,
  request: FastifyRequest,
  reply: FastifyReply,
  rows: T[],
  sees: (row: T) => boolean = () => true,
  render: (row: T) => R = (row) => row as unknown as R,
) {
  const state = cursorParameter(front, request)
  const start = state !== undefined && 'position' in state ? state.position : 0
  const cut = cutResults(rows, start, limitParameter(request, 25), () => true, sees)
  const next = cut.end === undefined ? undefined : { position: cut.end }
  return { results: cut.rows.map(render), _links: links(front, request, reply, next) }
}

/** `next` as path and query with `/wiki`, the base beside it and both in the Link header, even on the last page. */
function links(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, next: CursorState | undefined) {
  const base = `<${front.baseUrl}>; rel="base"`
  if (next === undefined) {
    void reply.header('link', base)
    return { base: front.baseUrl }
  }
  const [path = '', query] = siteUrl(request).split('?')
  const parameters = new URLSearchParams(query)
  parameters.delete('cursor')
  const cursor = makeCursor(next, front.cursorGeneration)
  const written = front.switches.rawCursorsInNext ? cursor : encodeURIComponent(cursor)
  const target = `${path}?${[parameters.toString(), `cursor=${written}`].filter((part) => part !== '').join('&')}`
  void reply.header('link', `<${target}>; rel="next", ${base}`)
  return { next: target, base: front.baseUrl }
}

function withBase(front: FrontEnd, record: Record<string, unknown>): Record<string, unknown> {
  return { ...record, _links: { ...(record._links as Record<string, string>), base: front.baseUrl } }
}

function visibleSpace(front: FrontEnd, request: FastifyRequest): Space {
  const space = front.site.spaces.get(idPart(request))
  if (space === undefined || !canReadSpace(front.site, space, principalOf(request))) throw notFound()
  return space
}

function visibleContent(front: FrontEnd, request: FastifyRequest, type: Content['type']): Content {
  const content = findVisible(front.site, idPart(request), principalOf(request))
  if (content?.type !== type) throw notFound()
  return content
}

function compareSpaces(one: Space, other: Space, sort: string): number {
  const by = sort.replace(/^-/, '')
  const [left, right] = by === 'key' ? [one.key, other.key] : [one.name, other.name]
  const order = by === 'id' ? compareIds(one.id, other.id) : left.localeCompare(right)
  return sort.startsWith('-') ? -order : order
}
