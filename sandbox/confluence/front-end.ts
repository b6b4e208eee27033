// What both front ends share: the account behind a request, parameters, and errors thrown as ready answers.
import type { FastifyRequest } from 'fastify'
import type { Principal } from './visibility.ts'
import { canRead, canReadSpace } from './visibility.ts'
import type { Content, Site, Space } from './model.ts'
import type { Traps } from './traps.ts'

/** The older name of the traps. */
export type Switches = Traps

export type FrontEnd = {
  site: Site
  traps: Traps
  /** `/wiki`, or Data Center's context path, which may be empty. */
  basePath: string
  /** Origin and base path; known once the server listens. */
  baseUrl: string
  cloudId: string
  /** Raised to make every cursor that is out there expire. */
  cursorGeneration: number
  /** Whether rows of lists are kept as text until the site or the traps change. */
  cachesRows: boolean
  /** Counts up with every change of the traps. */
  trapGeneration: number
}

/** An answer other than 200, thrown from wherever it is found. */
export class AnswerError extends Error {
  readonly status: number
  readonly body: unknown
  readonly headers: Record<string, string>

  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    super(`answered ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

const principals = new WeakMap<FastifyRequest, Principal>()

export function setPrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal)
}

/** Undefined for requests that were answered before anybody looked at the credential. */
export function findPrincipal(request: FastifyRequest): Principal | undefined {
  return principals.get(request)
}

export function principalOf(request: FastifyRequest): Principal {
  return principals.get(request) ?? 'anonymous'
}

export function parameter(request: FastifyRequest, name: string): string | undefined {
  return listParameter(request, name)[0]
}

/** A parameter given several times; never split at commas. */
export function listParameter(request: FastifyRequest, name: string): string[] {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** A list given as `a,b`, as repeated parameters or both. */
export function commaParameter(request: FastifyRequest, name: string): string[] {
  return listParameter(request, name)
    .flatMap((value) => value.split(','))
    .filter((value) => value !== '')
}

/** Path and query as the site itself sees them, also when the request came through Cloud's gateway. */
export function siteUrl(request: FastifyRequest): string {
  return request.url.replace(/^\/ex\/confluence\/[^/]+/, '')
}

export function pathPart(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string | undefined>)[name] ?? ''
}

const throughGateway = new WeakSet<FastifyRequest>()

export function markGateway(request: FastifyRequest): void {
  throughGateway.add(request)
}

/** Whether the request gets to see it: its principal may read it, and no data security policy keeps it from apps. */
export function seesContent(front: FrontEnd, request: FastifyRequest, content: Content): boolean {
  return canRead(front.site, content, principalOf(request)) && !isBlocked(front, request, content.spaceId)
}

export function seesSpace(front: FrontEnd, request: FastifyRequest, space: Space): boolean {
  return canReadSpace(front.site, space, principalOf(request)) && !isBlocked(front, request, space.id)
}

function isBlocked({ site, traps }: FrontEnd, request: FastifyRequest, spaceId: string): boolean {
  if (traps.blockedSpaces.length === 0 || !throughGateway.has(request)) return false
  return traps.blockedSpaces.includes(site.spaces.get(spaceId)?.key ?? '')
}

/** The page or folder when it is there and the request gets to see it. */
export function findVisible(front: FrontEnd, request: FastifyRequest, contentId: string): Content | undefined {
  const content = front.site.contents.get(contentId)
  if (content === undefined || content.type === 'template') return undefined
  return seesContent(front, request, content) ? content : undefined
}

/**
 * One page of results as Confluence makes it: `limit` rows are cut first, those that the principal may not see are taken
 * out afterwards. `end` is the position behind the cut; undefined when nothing follows. `skip` rows are lost behind it.
 */
export function cutResults<T>(
  rows: T[],
  start: number,
  limit: number,
  keeps: (row: T) => boolean,
  sees: (row: T) => boolean,
  skip = 0,
): { rows: T[]; end: number | undefined; last: T | undefined } {
  const cut: T[] = []
  let last: T | undefined
  let behind = 0
  for (let position = start; position < rows.length; position++) {
    const row = rows[position] as T
    if (!keeps(row)) continue
    if (cut.length < limit) cut.push(row)
    else if (behind++ >= skip) return { rows: cut.filter(sees), end: position, last }
    last = row
  }
  return { rows: cut.filter(sees), end: undefined, last }
}
