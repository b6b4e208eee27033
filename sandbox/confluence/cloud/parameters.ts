// What v2 accepts in a request, and how it says no.
import type { FastifyRequest } from 'fastify'
import type { Place, Sort, SortKey } from '../content-order.ts'
import { parseCursor } from '../cursor.ts'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, commaParameter, parameter, pathPart } from '../front-end.ts'

/** Where the next page of results begins: behind a row, or at a position of a short list. */
export type CursorState = { place: Place } | { position: number }

export const maxLimit = 250

export function idPart(request: FastifyRequest): string {
  const id = pathPart(request, 'id')
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

export function sortParameter(request: FastifyRequest): Sort {
  const given = parameter(request, 'sort') ?? 'id'
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

export function cursorParameter(front: FrontEnd, request: FastifyRequest): CursorState | undefined {
  const given = parameter(request, 'cursor')
  if (given === undefined) return undefined
  const state = parseCursor(given, front.cursorGeneration) as CursorState | null
  if (state === null) {
    throw invalid(
      'cursor',
      'is not the correct type. Expected type is Cursor.',
      'The provided cursor was not valid. You can get a new valid cursor by making the original pagination request again.',
    )
  }
  return state
}

export function notFound(): AnswerError {
  return new AnswerError(404, { errors: [{ status: 404, code: 'NOT_FOUND', title: 'Not Found', detail: null }] })
}

export function invalid(name: string, problem: string, detail: string | null = null): AnswerError {
  const title = `Provided value for '${name}' ${problem}`
  return new AnswerError(400, { errors: [{ status: 400, code: 'INVALID_REQUEST_PARAMETER', title, detail }] })
}
