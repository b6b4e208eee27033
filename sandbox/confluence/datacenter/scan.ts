// Lists of Data Center that page by cursor: the scan of all content, and the trash of a space.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import { cutResults, parameter, pathPart, principalOf, seesContent } from '../front-end.ts'
import type { Content } from '../model.ts'
import { refuseHeavy, rowText, sendRows } from '../rows.ts'
import { contentRecord } from '../v1/content.ts'
import { contentsOf, spaceOfKey } from '../v1/content-routes.ts'
import type { Dialect, Expand } from '../v1/dialect.ts'
import { cappedLimit, expandOf, formOf, listLinks } from '../v1/dialect.ts'
import { failure, isAtLeast } from './dialect.ts'

export function addScanRoutes(server: FastifyInstance, dialect: Dialect): void {
  server.get('/rest/api/content/scan', (request, reply) => {
    if (!isAtLeast(dialect.front, 7, 18))
      throw failure(404, 'No content found with id: ContentId{id=scan}', 'Not Found')
    return scan(dialect, request, reply, contentsOf(dialect, request), expandOf(request))
  })
  server.get('/rest/api/space/:key/trash', (request, reply) => {
    const space = spaceOfKey(dialect, request, pathPart(request, 'key'))
    const principal = principalOf(request)
    if (principal === 'anonymous' || !principal.isAdmin) throw failure(403, 'Not permitted', 'Forbidden')
    const trashed = [...dialect.front.site.contents.values()].filter(
      ({ spaceId, status }) => spaceId === space.id && status === 'trashed',
    )
    const sorted = trashed.toSorted((one, other) => compareIds(one.id, other.id))
    return scan(dialect, request, reply, sorted, expandOf(request, 'ancestors,space'))
  })
}

/** The cursor holds the last id: no row is skipped whatever changes meanwhile. */
function scan(dialect: Dialect, request: FastifyRequest, reply: FastifyReply, all: Content[], expand: Expand) {
  const { front } = dialect
  const { limit } = cappedLimit(request, expand)
  const given = parameter(request, 'cursor')
  const after = given === undefined ? undefined : /^content:false:(\d+)$/.exec(given)?.[1]
  if (given !== undefined && after === undefined) throw dialect.badRequest(`Invalid cursor: ${given}`)
  const start = after === undefined ? 0 : positionAfter(all, after)
  const sees = (content: Content) => seesContent(front, request, content)
  const cut = cutResults(all, start, limit, () => true, sees, front.traps.skipRowsInNext)
  const ids = cut.rows.map(({ id }) => id)
  refuseHeavy(front, ids, expand.has('body'))
  const render = (content: Content) => contentRecord(dialect, content, expand)
  const texts = cut.rows.map((content) => rowText(front, formOf(expand), content, () => render(content)))
  const cursor = cut.end === undefined ? undefined : `content:false:${cut.last?.id}`
  const next = cursor === undefined ? undefined : { cursor, limit: String(limit) }
  return sendRows(reply, texts, {
    cursor: given ?? '',
    ...(cursor === undefined ? {} : { nextCursor: cursor }),
    limit,
    size: texts.length,
    _links: listLinks(dialect, request, next),
  })
}

function positionAfter(all: Content[], id: string): number {
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareIds(all[middle]?.id ?? '', id) > 0) high = middle
    else low = middle + 1
  }
  return low
}
