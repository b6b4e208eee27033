// Restrictions as both flavours tell them: a page's own, in three forms, and on Data Center the inherited ones in a heap.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { pathPart } from '../front-end.ts'
import type { Content } from '../model.ts'
import { listAncestors } from '../model.ts'
import { restrictionRecord } from './content.ts'
import type { Dialect } from './dialect.ts'
import { expandOf, listLinks, numberParameter, visibleContent } from './dialect.ts'

export function addRestrictionRoutes(server: FastifyInstance, dialect: Dialect): void {
  const target = (request: FastifyRequest): Content => restrictable(dialect, request)
  server.get('/rest/api/content/:id/restriction/byOperation', (request) => {
    const content = target(request)
    const limit = dialect.front.traps.nestedListLimit
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

/**
 * Data Center: restrictions of the page and of everything above it in one flat list, 50 at most. What must be satisfied
 * together cannot be told from it.
 */
export function addRelevantRestrictions(server: FastifyInstance, dialect: Dialect): void {
  server.get('/rest/api/content/:id/restriction/relevantViewRestrictions', (request) => {
    const content = restrictable(dialect, request)
    const limit = Math.min(numberParameter(request, 'limit', 50), 50)
    const chain = [...listAncestors(dialect.front.site, content), content]
    const cut = { start: 0, limit, users: true, groups: true }
    const restricted = chain.filter(({ restriction }) => restriction !== undefined)
    const results = restricted.slice(0, limit).map((level) => restrictionRecord(dialect, level, 'read', cut))
    const viewContentRestrictions = { results, start: 0, limit, size: results.length }
    return { viewContentRestrictions, _links: listLinks(dialect, request, undefined) }
  })
}

function restrictable(dialect: Dialect, request: FastifyRequest): Content {
  const content = visibleContent(dialect, request)
  const isPage = content.type === 'page' || content.type === 'blogpost'
  if (isPage || dialect.front.traps.folderRestrictions) return content
  throw dialect.notFound(`No content found with id: ContentId{id=${content.id}}`)
}

function cutOf(request: FastifyRequest, limit: number, prefix = '') {
  const expand = expandOf(request, `${prefix}restrictions.user,${prefix}restrictions.group`)
  const [users, groups] = ['user', 'group'].map((subject) => expand.has(`${prefix}restrictions.${subject}`))
  return { start: numberParameter(request, 'start', 0), limit, users: users ?? false, groups: groups ?? false }
}
