// How v2 answers: lists with their cursor in body and Link header, single records with their base, 404 for what is not
// there or not visible.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { placeOf, positionAfter } from '../content-order.ts'
import type { Place, Sort } from '../content-order.ts'
import { takeTurn } from '../cursor.ts'
import type { Turn } from '../cursor.ts'
import type { FrontEnd } from '../front-end.ts'
import { cutResults, findVisible, parameter, principalOf, seesContent, seesSpace, siteUrl } from '../front-end.ts'
import type { Content, ContentType, Space } from '../model.ts'
import { chargePoints } from '../rate-limits.ts'
import { refuseHeavy, rowText, sendRows } from '../rows.ts'
import { badCursor, idPart, limitParameter, notFound } from './parameters.ts'

type Position = { position: number }

/** A short list, paged by position. */
export function answerList<T>(
  front: FrontEnd,
  request: FastifyRequest,
  reply: FastifyReply,
  rows: T[],
  options: { sees?: (row: T) => boolean; render?: (row: T) => unknown; byDefault?: number } = {},
) {
  const turn = turnOf<Position>(front, request, options.byDefault ?? 25)
  const start = turn.state?.position ?? 0
  const sees = options.sees ?? (() => true)
  const cut = cutResults(rows, start, turn.limit, () => true, sees, front.traps.skipRowsInNext)
  const next = turn.next(cut.end === undefined ? undefined : { position: cut.end })
  const shown = turn.isEmpty ? [] : cut.rows
  chargePoints(front, request, shown.length)
  return { results: shown.map(options.render ?? ((row) => row)), _links: links(front, request, reply, next) }
}

/** A list of pages or blog posts in a given order; the cursor holds a place, so that changes meanwhile skip nothing. */
export function answerContents(
  front: FrontEnd,
  request: FastifyRequest,
  reply: FastifyReply,
  list: {
    ids: string[]
    sort: Sort
    keeps: (content: Content) => boolean
    withBody: boolean
    render: (content: Content) => unknown
  },
) {
  const { site } = front
  const { ids, sort, withBody } = list
  const turn = turnOf<Place>(front, request, 25)
  const start = turn.state === undefined ? 0 : positionAfter(site, ids, turn.state, sort)
  const keeps = (id: string): boolean => {
    const content = site.contents.get(id)
    return content !== undefined && list.keeps(content)
  }
  const sees = (id: string): boolean => seesContent(front, request, site.contents.get(id) as Content)
  const cut = cutResults(ids, start, turn.limit, keeps, sees, front.traps.skipRowsInNext)
  const next = turn.next(cut.end === undefined ? undefined : placeOf(site, cut.last ?? '', sort))
  const shown = turn.isEmpty ? [] : cut.rows
  refuseHeavy(front, shown, withBody)
  chargePoints(front, request, shown.length)
  const form = withBody ? 'v2 storage' : 'v2'
  const texts = shown.map((id) => {
    const content = site.contents.get(id) as Content
    return rowText(front, form, content, () => list.render(content))
  })
  return sendRows(reply, texts, { _links: links(front, request, reply, next) })
}

/** `next` as path and query with `/wiki`, the base beside it and both in the Link header, even on the last page. */
export function links(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, cursor: string | undefined) {
  const base = `<${front.baseUrl}>; rel="base"`
  if (cursor === undefined) {
    void reply.header('link', base)
    return { base: front.baseUrl }
  }
  const [path = '', query] = siteUrl(request).split('?')
  const parameters = new URLSearchParams(query)
  parameters.delete('cursor')
  const written = front.traps.rawCursorsInNext ? cursor : encodeURIComponent(cursor)
  const target = `${path}?${[parameters.toString(), `cursor=${written}`].filter((part) => part !== '').join('&')}`
  void reply.header('link', `<${target}>; rel="next", ${base}`)
  return { next: target, base: front.baseUrl }
}

export function turnOf<S>(front: FrontEnd, request: FastifyRequest, byDefault: number): Turn<S> {
  const turn = takeTurn<S>(front, parameter(request, 'cursor'), limitParameter(request, byDefault))
  if (turn === undefined) throw badCursor()
  return turn
}

export function withBase(front: FrontEnd, record: Record<string, unknown>): Record<string, unknown> {
  return { ...record, _links: { ...(record._links as Record<string, string>), base: front.baseUrl } }
}

export function visibleSpace(front: FrontEnd, request: FastifyRequest): Space {
  const space = front.site.spaces.get(idPart(request))
  if (space === undefined || !seesSpace(front, request, space)) throw notFound()
  return space
}

/** A draft is there for whoever wrote it, and for nobody else. */
export function visibleContent(front: FrontEnd, request: FastifyRequest, types: ContentType[]): Content {
  const content = findVisible(front, request, idPart(request))
  if (content === undefined || !types.includes(content.type)) throw notFound()
  const principal = principalOf(request)
  const isOwn = principal !== 'anonymous' && principal.accountId === content.authorId
  if (content.status === 'draft' && !isOwn) throw notFound()
  return content
}
