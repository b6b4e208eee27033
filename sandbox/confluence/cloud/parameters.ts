// What v2 accepts in a request, and how it says no.
import type { FastifyRequest } from 'fastify'
import type { Sort, SortKey } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, commaParameter, parameter, pathPart } from '../front-end.ts'

export const maxLimit = 250

export function idPart(request: FastifyRequest): string {
  const id = pathPart(request, 'id').replace(/^att(?=\d)/, '')
  if (!/^\d{1,19}$/.test(id)) throw invalid('id', 'is not the correct type. Expected type is long.')
  return id
}

export function idsParameter(request: FastifyRequest, name: string, max: number): string[] {
  const ids = commaParameter(request, name)
  if (ids.length > max) throw invalid(name, `may hold at most ${max} values`)
  if (ids.some((id) => !/^\d{1,19}$/.test(id))) throw invalid(name, 'is not the correct type. Expected type is long.')
  return ids
}

export function limitParameter(request: FastifyRequest, byDefault: number): number {
  const given = parameter(request, 'limit') ?? String(byDefault)
  const limit = /^\d{1,6}$/.test(given) ? Number(given) : 0
  if (limit < 1 || limit > maxLimit) throw invalid('limit', `must be between 1 and ${maxLimit}`)
  return limit
}

export function sortParameter(request: FastifyRequest, byDefault = 'id'): Sort {
  const given = parameter(request, 'sort') ?? byDefault
  const by = given.replace(/^-/, '')
  if (!['id', 'created-date', 'modified-date', 'title'].includes(by)) throw invalid('sort', 'is not a known order')
  return { by: by as SortKey, descending: given.startsWith('-') }
}

export function bodyFormat(request: FastifyRequest): boolean {
  const given = parameter(request, 'body-format')
  if (given !== undefined && given !== 'storage')
    throw invalid('body-format', 'is served as storage only by this sandbox')
  return given !== undefined
}

export function statusesParameter(request: FastifyRequest, known: string[], byDefault: string[]): Set<string> {
  const given = commaParameter(request, 'status')
  if (given.some((status) => !known.includes(status))) throw invalid('status', `must be among ${known.join(', ')}`)
  return new Set(given.length === 0 ? byDefault : given)
}

export function badCursor(): AnswerError {
  return invalid(
    'cursor',
    'is not the correct type. Expected type is Cursor.',
    'The provided cursor was not valid. You can get a new valid cursor by making the original pagination request again.',
  )
}

/** Refuses what the address does not know, where the trap says so. v1 is left alone. */
export function checkParameters({ traps }: FrontEnd, request: FastifyRequest, prefix: string): void {
  const route = (request.routeOptions.url ?? '').slice(prefix.length)
  if (traps.unknownParameters === 'ignore' || !route.startsWith('/api/v2/')) return
  const known = knownParameters.find(([pattern]) => pattern.test(route))?.[1] ?? []
  const unknown = Object.keys(request.query as object).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalid(unknown, 'belongs to no parameter of this address')
}

const paging = ['cursor', 'limit']
const listing = [...paging, 'sort', 'status', 'title', 'body-format']
const commentListing = [...paging, 'sort', 'status', 'body-format', 'resolution-status']
const includes = ['labels', 'properties', 'operations', 'likes', 'versions', 'version', 'collaborators', 'permissions']
const single = ['body-format', 'version', 'status', 'get-draft', ...includes.map((name) => `include-${name}`)]

/** The first pattern that fits the route decides. */
const knownParameters: [route: RegExp, names: string[]][] = [
  [/\/spaces$/, [...paging, 'ids', 'keys', 'type', 'status', 'labels', 'sort', 'description-format', 'include-icon']],
  [/\/spaces\/:id\/pages$/, [...listing, 'depth']],
  [/\/(pages|blogposts)$/, [...listing, 'id', 'space-id', 'subtype']],
  [
    /\/role-assignments$|\/space-roles$/,
    [...paging, 'role-id', 'role-type', 'principal-id', 'principal-type', 'space-id'],
  ],
  [/\/data-policies\/spaces$/, [...paging, 'ids', 'keys', 'sort']],
  [/\/attachments$/, [...paging, 'sort', 'status', 'mediaType', 'filename']],
  [/-comments$|-comments\/:id\/children$/, commentListing],
  [/\/(labels|direct-children|children|versions)$/, [...paging, 'sort', 'prefix', 'body-format']],
  [/\/descendants$/, [...paging, 'depth']],
  [/\/ancestors$/, ['limit']],
  [/\/permissions$/, paging],
  [/:id$/, [...single, 'description-format', 'include-icon', 'include-role-assignments', 'include-direct-children']],
]

export function notFound(): AnswerError {
  return new AnswerError(404, { errors: [{ status: 404, code: 'NOT_FOUND', title: 'Not Found', detail: null }] })
}

export function invalid(name: string, problem: string, detail: string | null = null): AnswerError {
  const title = `Provided value for '${name}' ${problem}`
  return new AnswerError(400, { errors: [{ status: 400, code: 'INVALID_REQUEST_PARAMETER', title, detail }] })
}
