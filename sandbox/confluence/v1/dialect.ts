// The older REST API lives on in both flavours, with different people, dates, links and limits in it. A dialect is that
// difference; the routes and records in this folder are what they share.
import type { FastifyRequest } from 'fastify'
import type { AnswerError, FrontEnd } from '../front-end.ts'
import { cutResults, findVisible, listParameter, parameter, pathPart, principalOf, siteUrl } from '../front-end.ts'
import type { Account, Content, Group } from '../model.ts'

export type Json = Record<string, unknown>

export type Dialect = {
  front: FrontEnd
  renderUser: (account: Account | undefined) => Json
  renderGroup: (group: Group) => Json
  renderDate: (at: string) => string
  contentLinks: (content: Content) => Json
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

/** A list that pages by `start`: rows that the principal may not see are taken out after the cut. */
export function offsetList<T>(
  dialect: Dialect,
  request: FastifyRequest,
  rows: T[],
  limits: { asked: number; limit: number },
  render: (row: T) => unknown,
  sees: (row: T) => boolean = () => true,
): Json {
  const start = numberParameter(request, 'start', 0)
  const cut = cutResults(rows, start, limits.limit, () => true, sees)
  const results = cut.rows.map(render)
  const step = dialect.front.switches.nextStartAsRequested ? limits.asked : limits.limit
  const next = cut.end === undefined ? undefined : { limit: String(limits.limit), start: String(start + step) }
  return { results, start, limit: limits.limit, size: results.length, _links: listLinks(dialect, request, next) }
}

/** `next` is a path below `base`: without the context path, unlike v2's. */
export function listLinks(dialect: Dialect, request: FastifyRequest, next: Record<string, string> | undefined): Json {
  const { baseUrl, basePath } = dialect.front
  const path = siteUrl(request).slice(basePath.length)
  const links: Json = { base: baseUrl, context: basePath, self: `${baseUrl}${path}` }
  if (next === undefined) return links
  const [route = '', query] = path.split('?')
  const parameters = new URLSearchParams(query)
  for (const [name, value] of Object.entries({ ...dialect.nextParameters, ...next })) {
    if (name !== 'cursor') parameters.set(name, value)
  }
  parameters.delete('cursor')
  const raw = dialect.front.switches.rawCursorsInNext
  const cursor = next.cursor === undefined ? '' : `&cursor=${raw ? next.cursor : encodeURIComponent(next.cursor)}`
  return { ...links, next: `${route}?${parameters.toString()}${cursor}` }
}

/** The page or folder of the path; rejects as "not found" when it is absent or invisible. */
export function visibleContent(dialect: Dialect, request: FastifyRequest): Content {
  const id = pathPart(request, 'id')
  const content = findVisible(dialect.front.site, id, principalOf(request))
  if (content === undefined) throw dialect.notFound(`No content found with id: ContentId{id=${id}}`)
  return content
}
