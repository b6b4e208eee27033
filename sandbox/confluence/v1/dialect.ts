// The older REST API lives on in both flavours, with different people, dates, links and limits in it. A dialect is that
// difference; the routes and records in this folder are what they share.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerError, FrontEnd } from '../front-end.ts'
import { cutResults, findVisible, listParameter, parameter, pathPart, siteUrl } from '../front-end.ts'
import type { Account, Content, Group } from '../model.ts'
import type { Attachment } from '../parts.ts'
import { chargePoints } from '../rate-limits.ts'
import { refuseHeavy, rowText, sendRows } from '../rows.ts'

export type Json = Record<string, unknown>

export type Dialect = {
  front: FrontEnd
  renderUser: (account: Account | undefined) => Json
  renderGroup: (group: Group) => Json
  renderDate: (at: string) => string
  /** What a version holds besides what both know. */
  versionMarks: Json
  contentLinks: (content: Content) => Json
  /** Path and query below the base URL. */
  downloadLink: (attachment: Attachment) => string
  attachmentId: (attachment: Attachment) => string
  /** Parameters that `next` carries besides those of the request. */
  nextParameters: Record<string, string>
  notFound: (message: string) => AnswerError
  badRequest: (message: string) => AnswerError
}

/** The paths named by `expand`, each with everything above it. */
export type Expand = Set<string>

export function expandOf(request: FastifyRequest, byDefault = ''): Expand {
  const given = listParameter(request, 'expand').join(',') || byDefault
  const expand: Expand = new Set()
  for (const path of given.split(',').map((part) => part.trim())) {
    const steps = path === '' ? [] : path.split('.')
    for (let depth = 1; depth <= steps.length; depth++) expand.add(steps.slice(0, depth).join('.'))
  }
  return expand
}

/** The silent caps: 50 rows with a body, 200 with another expansion, 1000 bare. */
export function cappedLimit(request: FastifyRequest, expand: Expand): { asked: number; limit: number } {
  const asked = numberParameter(request, 'limit', 25)
  const isRendered = expand.has('body.export_view') || expand.has('body.styled_view')
  const other = expand.size > 0 ? 200 : 1000
  const cap = expand.has('body') ? 50 : other
  return { asked, limit: Math.min(asked, isRendered ? 25 : cap) }
}

/** A number that is none, or negative, counts as not given. */
export function numberParameter(request: FastifyRequest, name: string, byDefault: number): number {
  const given = parameter(request, name) ?? ''
  return /^\d{1,9}$/.test(given) ? Number(given) : byDefault
}

type Limits = { asked: number; limit: number }

/** A list that pages by `start`: rows that the request does not get to see are taken out after the cut. */
export function offsetList<T>(
  dialect: Dialect,
  request: FastifyRequest,
  _reply: FastifyReply,
  rows: T[],
  limits: Limits,
  render: (row: T) => unknown,
  sees: (row: T) => boolean = () => true,
): Json {
  const start = numberParameter(request, 'start', 0)
  const cut = cutResults(rows, start, limits.limit, () => true, sees)
  const results = cut.rows.map(render)
  chargePoints(dialect.front, request, results.length, 2)
  const next = cut.end === undefined ? undefined : nextOffset(dialect, start, limits)
  return { results, start, limit: limits.limit, size: results.length, _links: listLinks(dialect, request, next) }
}

/** The same for pages and blog posts, whose rows may be kept as text. */
export function contentList(
  dialect: Dialect,
  request: FastifyRequest,
  reply: FastifyReply,
  list: {
    contents: Content[]
    expand: Expand
    limits: Limits
    render: (content: Content) => Json
    sees: (content: Content) => boolean
  },
) {
  const { front } = dialect
  const { expand, limits } = list
  const start = numberParameter(request, 'start', 0)
  const cut = cutResults(list.contents, start, limits.limit, () => true, list.sees)
  const ids = cut.rows.map(({ id }) => id)
  refuseHeavy(front, ids, expand.has('body'))
  chargePoints(front, request, ids.length)
  const texts = cut.rows.map((content) => rowText(front, formOf(expand), content, () => list.render(content)))
  const next = cut.end === undefined ? undefined : nextOffset(dialect, start, limits)
  return sendRows(reply, texts, {
    start,
    limit: limits.limit,
    size: texts.length,
    _links: listLinks(dialect, request, next),
  })
}

export function formOf(expand: Expand): string {
  return `v1 ${[...expand].toSorted().join(' ')}`
}

export function nextOffset({ front: { traps } }: Dialect, start: number, limits: Limits): Record<string, string> {
  const step = traps.nextStartAsRequested ? limits.asked : limits.limit
  return { limit: String(limits.limit), start: String(start + step + traps.skipRowsInNext) }
}

/** `next` is a path below `base`: without the context path, unlike v2's. */
export function listLinks(dialect: Dialect, request: FastifyRequest, next: Record<string, string> | undefined): Json {
  const { baseUrl, basePath } = dialect.front
  const path = siteUrl(request).slice(basePath.length)
  const links: Json = { base: baseUrl, context: basePath, self: `${baseUrl}${path}` }
  if (next === undefined || dialect.front.traps.listsWithoutNext) return links
  const [route = '', query] = path.split('?')
  const parameters = new URLSearchParams(query)
  for (const [name, value] of Object.entries({ ...dialect.nextParameters, ...next })) {
    if (name !== 'cursor') parameters.set(name, value)
  }
  parameters.delete('cursor')
  const raw = dialect.front.traps.rawCursorsInNext
  const cursor = next.cursor === undefined ? '' : `&cursor=${raw ? next.cursor : encodeURIComponent(next.cursor)}`
  return { ...links, next: `${route}?${parameters.toString()}${cursor}` }
}

/** The page or folder of the path; rejects as "not found" when it is absent or invisible. */
export function visibleContent(dialect: Dialect, request: FastifyRequest): Content {
  const id = pathPart(request, 'id')
  const content = findVisible(dialect.front, request, id)
  if (content === undefined) throw dialect.notFound(`No content found with id: ContentId{id=${id}}`)
  return content
}
