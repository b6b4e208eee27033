// CQL search in both flavours: content as such, and the broader search that wraps it. Cloud pages by cursor, Data Center
// by offset.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CqlError } from '../cql.ts'
import { compareIds } from '../content-order.ts'
import { takeTurn } from '../cursor.ts'
import { cutResults, parameter, seesContent } from '../front-end.ts'
import type { Content } from '../model.ts'
import { listAncestors, spaceOf } from '../model.ts'
import { asContent, findPart } from '../parts.ts'
import { chargePoints } from '../rate-limits.ts'
import { refuseHeavy, rowText, sendRows } from '../rows.ts'
import { searchContent } from '../search.ts'
import { contentRecord } from './content.ts'
import type { Dialect, Expand, Json } from './dialect.ts'
import { partRecord } from './parts.ts'
import { cappedLimit, expandOf, formOf, listLinks, nextOffset, numberParameter } from './dialect.ts'

type Place = { after: string; position: number }
type Found = { ids: string[]; start: number; limit: number; next: Record<string, string> | undefined }

export function addSearchRoutes(server: FastifyInstance, dialect: Dialect, paging: 'cursor' | 'offset'): void {
  server.get('/rest/api/content/search', (request, reply) => {
    const expand = expandOf(request)
    const render = (content: Content) => recordOf(dialect, content, expand)
    const ids = findIds(dialect, request, false)
    return answer(dialect, request, reply, expand, { ids, paging, render, form: formOf(expand), more: {} })
  })
  server.get('/rest/api/search', (request, reply) => {
    const expand = new Set([...expandOf(request)].map((path) => path.replace(/^content\.?/, '')).filter(Boolean))
    const render = (content: Content) => resultRecord(dialect, content, expand)
    const ids = findIds(dialect, request, parameter(request, 'includeArchivedSpaces') === 'true')
    const more = {
      totalSize: ids.length,
      cqlQuery: parameter(request, 'cql'),
      searchDuration: 7,
      archivedResultCount: 0,
    }
    return answer(dialect, request, reply, expand, { ids, paging, render, form: `result ${formOf(expand)}`, more })
  })
}

function answer(
  dialect: Dialect,
  request: FastifyRequest,
  reply: FastifyReply,
  expand: Expand,
  shape: { ids: string[]; paging: 'cursor' | 'offset'; render: (content: Content) => Json; form: string; more: Json },
) {
  const { front } = dialect
  const { site } = front
  const find = shape.paging === 'cursor' ? findByCursor : findByOffset
  const found = find(dialect, request, shape.ids, cappedLimit(request, expand))
  const contents = found.ids.flatMap((id) => findContent(dialect, id) ?? [])
  if (front.traps.ancestorExpansionFails && expand.has('ancestors.restrictions')) {
    const isBad = (above: Content): boolean => above.status !== 'current' || !seesContent(front, request, above)
    const broken = contents.flatMap((content) => listAncestors(site, content)).find(isBad)
    if (broken !== undefined) throw dialect.notFound(`No content found with id: ContentId{id=${broken.id}}`)
  }
  refuseHeavy(front, found.ids, expand.has('body'))
  chargePoints(front, request, contents.length)
  const texts = contents.map((content) => rowText(front, shape.form, content, () => shape.render(content)))
  return sendRows(reply, texts, {
    start: found.start,
    limit: found.limit,
    size: texts.length,
    ...shape.more,
    _links: listLinks(dialect, request, found.next),
  })
}

function findByOffset(
  dialect: Dialect,
  request: FastifyRequest,
  ids: string[],
  limits: { asked: number; limit: number },
): Found {
  const start = numberParameter(request, 'start', 0)
  const cut = cutResults(ids, start, limits.limit, () => true, seeing(dialect, request))
  const next = cut.end === undefined ? undefined : nextOffset(dialect, start, limits)
  return { ids: cut.rows, start, limit: limits.limit, next }
}

/** `start` counts on the first page of results only. */
function findByCursor(
  dialect: Dialect,
  request: FastifyRequest,
  ids: string[],
  { limit }: { asked: number; limit: number },
): Found {
  const { front } = dialect
  const given = parameter(request, 'cursor')
  const turn = takeTurn<Place>(front, given, limit) ?? takeTurnAgain(dialect, limit)
  const first = given === undefined ? numberParameter(request, 'start', 0) : 0
  const start = turn.state === undefined ? first : positionOf(ids, turn.state)
  const cut = cutResults(ids, start, turn.limit, () => true, seeing(dialect, request), front.traps.skipRowsInNext)
  const following = cut.end === undefined ? undefined : { after: cut.last ?? '', position: cut.end }
  const cursor = turn.next(following)
  const next = cursor === undefined ? undefined : { cursor, limit: String(limit), start: String(cut.end ?? start) }
  return { ids: turn.isEmpty ? [] : cut.rows, start, limit, next }
}

/** The first page again, where this site answers a bad cursor like that. */
function takeTurnAgain(dialect: Dialect, limit: number) {
  const turn =
    dialect.front.traps.badV1Cursor === 'refuse' ? undefined : takeTurn<Place>(dialect.front, undefined, limit)
  if (turn === undefined) throw dialect.badRequest('Invalid cursor')
  return turn
}

function seeing({ front }: Dialect, request: FastifyRequest): (id: string) => boolean {
  const { site } = front
  return (id) => {
    const { comment, attachment } = findPart(site, id, front.traps.searchKeepsDeletedParts)
    const content = site.contents.get((comment ?? attachment)?.contentId ?? id) ?? site.ghosts.get(id)
    return content !== undefined && site.spaces.has(content.spaceId) && seesContent(front, request, content)
  }
}

function findContent({ front: { site, traps } }: Dialect, id: string): Content | undefined {
  return site.contents.get(id) ?? asContent(site, id, traps.searchKeepsDeletedParts) ?? site.ghosts.get(id)
}

function recordOf(dialect: Dialect, content: Content, expand: Expand): Json {
  const { searchKeepsDeletedParts } = dialect.front.traps
  return partRecord(dialect, content.id, expand, searchKeepsDeletedParts) ?? contentRecord(dialect, content, expand)
}

/** The search for content does not know `includeArchivedSpaces`; only the broader one does. */
function findIds(dialect: Dialect, request: FastifyRequest, includeArchivedSpaces: boolean): string[] {
  const cql = parameter(request, 'cql')
  if (cql === undefined || cql.trim() === '') throw dialect.badRequest('cql query parameter is required')
  try {
    return searchContent(dialect.front.site, cql, { includeArchivedSpaces, traps: dialect.front.traps })
  } catch (error) {
    if (error instanceof CqlError) throw dialect.badRequest(`Could not parse cql : ${cql}: ${error.message}`)
    throw error
  }
}

/** Behind the last row of the page before, wherever that row is now. */
function positionOf(ids: string[], { after, position }: Place): number {
  if (ids[position - 1] === after) return position
  const known = ids.indexOf(after)
  if (known !== -1) return known + 1
  const following = ids.findIndex((id) => compareIds(id, after) > 0)
  return following === -1 ? ids.length : following
}

function resultRecord(dialect: Dialect, content: Content, expand: Expand): Json {
  const record = recordOf(dialect, content, expand)
  const space = spaceOf(dialect.front.site, content)
  return {
    content: record,
    title: content.title,
    excerpt: content.storage.replaceAll(/<[^>]*>/g, ' ').slice(0, 160),
    url: (record._links as Json).webui,
    resultGlobalContainer: { title: space.name, displayUrl: `/spaces/${space.key}` },
    breadcrumbs: [],
    entityType: 'content',
    iconCssClass: `aui-icon content-type-${content.type}`,
    lastModified: dialect.renderDate(content.version.createdAt),
    friendlyLastModified: content.version.createdAt.slice(0, 10),
    score: 0,
  }
}
