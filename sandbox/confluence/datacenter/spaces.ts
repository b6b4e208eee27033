// Data Center's spaces and who may do what in them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import { commaParameter, findVisible, parameter, pathPart, principalOf, seesSpace } from '../front-end.ts'
import type { Space } from '../model.ts'
import { contentRecord, spaceRecord } from '../v1/content.ts'
import { spaceOfKey } from '../v1/content-routes.ts'
import type { Dialect, Expand, Json } from '../v1/dialect.ts'
import { cappedLimit, expandOf, offsetList } from '../v1/dialect.ts'
import { requireAdministrator } from './credentials.ts'
import { failure, isAtLeast, licensedGroup } from './dialect.ts'

export function addSpaceRoutes(server: FastifyInstance, dialect: Dialect): void {
  server.get('/rest/api/space', (request, reply) => listSpaces(dialect, request, reply))
  server.get('/rest/api/space/:key', (request) => {
    const expand = expandOf(request)
    refusePermissions(request, expand)
    return renderSpace(dialect, spaceOfKey(dialect, request, pathPart(request, 'key')), request, expand)
  })
  server.get('/rest/api/space/:key/permissions', (request) => {
    requireAdmin(dialect, request)
    return listPermissions(dialect, spaceOfKey(dialect, request, pathPart(request, 'key')))
  })
  server.get('/rest/api/space/:key/permissions/anonymous', (request) => {
    requireAdmin(dialect, request)
    const space = spaceOfKey(dialect, request, pathPart(request, 'key'))
    return space.readers.anonymous ? [permission(space, { type: 'anonymous' })] : []
  })
}

function listSpaces(dialect: Dialect, request: FastifyRequest, reply: FastifyReply): Json {
  const { site } = dialect.front
  const expand = expandOf(request)
  refusePermissions(request, expand)
  const keys = [...commaParameter(request, 'spaceKey'), ...commaParameter(request, 'spaceKeys')].map((key) =>
    key.toLowerCase(),
  )
  const [type, status] = [parameter(request, 'type'), parameter(request, 'status')]
  const spaces = [...site.spaces.values()]
    .filter((space) => keys.length === 0 || keys.includes(space.key.toLowerCase()))
    .filter((space) => type === undefined || (space.type === 'personal') === (type === 'personal'))
    .filter((space) => status === undefined || space.status === status)
    .toSorted((one, other) => compareIds(one.id, other.id))
  const render = (space: Space) => renderSpace(dialect, space, request, expand)
  return offsetList(dialect, request, reply, spaces, cappedLimit(request, expand), render, (space) =>
    seesSpace(dialect.front, request, space),
  )
}

function renderSpace(dialect: Dialect, space: Space, request: FastifyRequest, expand: Expand): Json {
  const home = expand.has('homepage') ? findVisible(dialect.front, request, space.homepageId ?? '') : undefined
  return spaceRecord(dialect, space, home === undefined ? undefined : contentRecord(dialect, home, new Set()))
}

/** Rows for reading and for more than reading; anonymous readers have their own address. */
function listPermissions(dialect: Dialect, space: Space): Json[] {
  const { site } = dialect.front
  const { users, groups, licensed } = space.readers
  const names = [...groups].flatMap((id) => site.groups.get(id)?.name ?? [])
  if (licensed) names.push(licensedGroup(site).name)
  const subjects = [
    ...names.map((name) => ({ type: 'group', name })),
    ...[...users].flatMap((id) => site.accounts.get(id) ?? []).map(({ userKey }) => ({ type: 'user', userKey })),
    ...(space.readers.anonymous ? [{ type: 'anonymous' }] : []),
  ]
  const administrators = permission(space, { type: 'group', name: 'confluence-administrators' }, 'administer')
  return [...subjects.map((subject) => permission(space, subject)), administrators]
}

function permission(space: Space, subject: Json, operationKey = 'read'): Json {
  return { operation: { targetType: 'space', operationKey }, subject, spaceKey: space.key, spaceId: Number(space.id) }
}

/** Absent before 9.1; whoever is no administrator gets a 500 where a 403 belongs (a known bug). */
function requireAdmin(dialect: Dialect, request: FastifyRequest): void {
  if (!isAtLeast(dialect.front, 9, 1)) throw failure(404, 'null for uri', 'Not Found')
  requireAdministrator(dialect.front, request, () => failure(500, 'Not permitted', 'Internal Server Error'))
}

function refusePermissions(request: FastifyRequest, expand: Expand): void {
  const principal = principalOf(request)
  if (!expand.has('permissions')) return
  if (principal === 'anonymous' || !principal.isAdmin) throw failure(500, 'Not permitted', 'Internal Server Error')
}
