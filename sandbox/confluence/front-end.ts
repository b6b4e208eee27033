// What both front ends share: the switches for behaviour that differs between real sites, the account behind a request,
// parameters, and errors thrown as ready answers.
import type { FastifyRequest } from 'fastify'
import type { Principal } from './visibility.ts'
import { canRead } from './visibility.ts'
import type { Content, Site } from './model.ts'

export type Switches = {
  /** E-mail addresses are empty (Cloud) or absent (Data Center), as people's privacy settings may have it. */
  hideEmails: boolean
  /** Cloud: cursors stand in `next` as they are, so that a `+` must be encoded by the client. */
  rawCursorsInNext: boolean
  /** Cloud, v1 search: what a cursor that is not one is answered with. */
  badV1Cursor: 'refuse' | 'first-page'
  /** Cloud: a trashed page is 404 unless the request names the status. */
  trashedNeedsStatus: boolean
  /** The v1 restriction endpoints know folders. */
  folderRestrictions: boolean
  /** Search finds pages in archived spaces even without `includeArchivedSpaces=true`. */
  searchArchivedSpaces: boolean
  /** IANA name of the zone in which search reads dates. */
  searchTimeZone: string
  /** How many entries a list within an expanded answer holds at most (restrictions, labels). */
  nestedListLimit: number
  /** Data Center's version: scan came with 7.18, space permissions with 9.1. */
  version: string
  /** Data Center: a dead token is answered as anonymous with status 200. */
  deadTokenIsAnonymous: boolean
  /** Data Center: user name and password are accepted. */
  basicAuth: boolean
  /** Data Center: `next` advances by the limit that was asked for, not by the one that was used (a known bug). */
  nextStartAsRequested: boolean
  /** Data Center's zone in dates, such as `+02:00`. */
  utcOffset: string
}

export const defaultSwitches: Switches = {
  hideEmails: false,
  rawCursorsInNext: false,
  badV1Cursor: 'refuse',
  trashedNeedsStatus: false,
  folderRestrictions: true,
  searchArchivedSpaces: false,
  searchTimeZone: 'UTC',
  nestedListLimit: 200,
  version: '10.0.3',
  deadTokenIsAnonymous: false,
  basicAuth: true,
  nextStartAsRequested: false,
  utcOffset: '+02:00',
}

export type FrontEnd = {
  site: Site
  switches: Switches
  /** `/wiki`, or Data Center's context path, which may be empty. */
  basePath: string
  /** Origin and base path; known once the server listens. */
  baseUrl: string
  cloudId: string
  /** Raised to make every cursor that is out there expire. */
  cursorGeneration: number
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

/** The page or folder when it is there and the principal may see it. */
export function findVisible(site: Site, contentId: string, principal: Principal): Content | undefined {
  const content = site.contents.get(contentId)
  return content !== undefined && canRead(site, content, principal) ? content : undefined
}

/**
 * One page of results as Confluence makes it: `limit` rows are cut first, those that the principal may not see are taken
 * out afterwards. `end` is the position behind the cut; undefined when nothing follows.
 */
export function cutResults<T>(
  rows: T[],
  start: number,
  limit: number,
  keeps: (row: T) => boolean,
  sees: (row: T) => boolean,
): { rows: T[]; end: number | undefined; last: T | undefined } {
  const cut: T[] = []
  for (let position = start; position < rows.length; position++) {
    const row = rows[position] as T
    if (!keeps(row)) continue
    if (cut.length === limit) return { rows: cut.filter(sees), end: position, last: cut.at(-1) }
    cut.push(row)
  }
  return { rows: cut.filter(sees), end: undefined, last: cut.at(-1) }
}
