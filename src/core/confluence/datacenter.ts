// Confluence Data Center and Server: one REST API with offset paging, users by key, groups by name.
import { z } from 'zod'
import { AccessDeniedError, InvalidInputError, TransientError } from '../../errors.ts'
import { keepProvenAnonymous } from './anonymous.ts'
import { isListed, label, permissionExpansion, permissionRow } from './answers.ts'
import { fetchKnownUser } from './current-user.ts'
import { datacenterAncestors, datacenterPage, datacenterPermissions, datacenterSpace } from './datacenter-answers.ts'
import { fetchGroupMembers, fetchUsers, toUser } from './datacenter-people.ts'
import { bodyBatchSize, createBodyReader } from './datacenter-bodies.ts'
import { iterateMatches } from './cql.ts'
import { findDataCenterPage } from './find-page.ts'
import { createHttpClient, path, type HttpClient } from './http.ts'
import { fetchPageBodies } from './page-bodies.ts'
import { collect, iterateByCursor, iterateByOffset, type Listing } from './paging.ts'
import { commentBatchSize, downloadAttachment, fetchCommentBodies, iterateParts, type PartReader } from './parts.ts'
import { fetchReaders, labelNames, resolvePermissions, type PermissionReader } from './permissions.ts'
import type { SiteOptions } from './site-options.ts'
import type {
  CensusPage,
  ConfluenceSite,
  Credential,
  PagePermissions,
  SiteAddress,
  SitePrincipal,
  SiteSpace,
} from './site.ts'
import { orUnreadable, orUnreadableToOthers } from './unreadable.ts'

type DataCenterSiteOptions = SiteOptions & {
  address: SiteAddress
  credential: Extract<Credential, { kind: 'pat' | 'basic' }>
}

export function createDataCenterSite({ address, credential, ...options }: DataCenterSiteOptions): ConfluenceSite {
  const http = createHttpClient(address.baseUrl, renderAuthorization(credential), options)
  const nobody = createHttpClient(address.baseUrl, undefined, options)
  const reader: PermissionReader = {
    http,
    groupKey: 'name',
    fetchLabels: (pageId, signal) => fetchLabels(http, pageId, signal),
  }
  const fetchCurrentUser = async (signal: AbortSignal) => toUser(await fetchKnownUser(http, address, signal))
  const read = createBodyReader(http)
  const parts: PartReader = { deployment: 'datacenter', http, iterate: iterateByOffset, verifySite: fetchCurrentUser }
  return {
    address,
    bodyBatchSize,
    fetchCurrentUser,
    findPage: (reference, signal) => findDataCenterPage(http, reference, signal),
    // Access rules for apps are Cloud's.
    listBlockedSpaces: async () => [],
    iterateSpaces: (signal) => iterateSpaces(http, signal),
    iterateCensus: (space, signal) => iterateCensus(http, space, signal),
    iterateMatches: (space, cql, signal) => iterateMatches(iterateByOffset, http, space, cql, signal),
    fetchBodies: (pageIds, signal) => fetchPageBodies({ read, verifySite: fetchCurrentUser }, pageIds, signal),
    iterateParts: (space, signal) => iterateParts(parts, space, signal),
    fetchCommentBodies: (commentIds, signal) => fetchCommentBodies(parts, commentIds, signal),
    commentBatchSize,
    downloadAttachment: (part, maxBytes, signal) => downloadAttachment(parts, part, maxBytes, signal),
    fetchSpaceReaders: (space, signal) =>
      orUnreadableToOthers(fetchSpaceReaders(http, nobody, space, signal), () => fetchCurrentUser(signal)),
    iteratePermissions: (space, signal) => iteratePermissions(reader, space, signal),
    fetchContentReaders: (contentId, signal) => orUnreadable(fetchReaders(reader, contentId, signal)),
    fetchPagePermissions: (contentId, signal) => fetchPagePermissions(reader, contentId, signal),
    fetchAncestor: (contentId, _type, signal) => orUnreadable(fetchAncestor(http, contentId, signal)),
    fetchGroupMembers: (group, signal) =>
      orUnreadableToOthers(fetchGroupMembers(http, group.groupId, signal), () => fetchCurrentUser(signal)),
    fetchUsers: (userIds, signal) => fetchUsers(http, userIds, signal),
  }
}

function renderAuthorization(credential: DataCenterSiteOptions['credential']): string {
  if (credential.kind === 'pat') return `Bearer ${credential.secret}`
  return `Basic ${Buffer.from(`${credential.username}:${credential.secret}`).toString('base64')}`
}

/** Asked for once per status: versions differ in whether the unfiltered list holds archived spaces. */
async function* iterateSpaces(http: HttpClient, signal: AbortSignal): AsyncGenerator<SiteSpace[]> {
  const seen = new Set<string>()
  for (const status of ['current', 'archived'] as const) {
    const listing = {
      path: '/rest/api/space',
      query: { status, expand: 'homepage' },
      row: datacenterSpace,
      limit: 200,
      subject: 'list of spaces',
    }
    for await (const rows of iterateByOffset(http, listing, signal)) {
      const fresh = rows.filter((row) => !seen.has(row.id))
      for (const row of fresh) seen.add(row.id)
      yield fresh.map((row) => ({
        spaceId: row.id,
        key: row.key,
        name: row.name,
        type: row.type === 'global' || row.type === 'personal' ? row.type : 'other',
        status: (row.status ?? status) === 'archived' ? 'archived' : 'current',
        homepageId: row.homepage?.id,
      }))
    }
  }
}

async function* iterateCensus(http: HttpClient, space: SiteSpace, signal: AbortSignal): AsyncGenerator<CensusPage[]> {
  const pages = iteratePages(http, space, 'version,history,ancestors', datacenterPage, signal)
  for await (const rows of pages) {
    yield rows.filter(isListed).map((row) => {
      const parentId = row.ancestors.at(-1)?.id
      const position = row.extensions?.position
      return {
        pageId: row.id,
        title: row.title,
        status: row.status,
        parentId,
        parentType: parentId === undefined ? undefined : 'page',
        position: typeof position === 'number' ? position : undefined,
        versionNumber: row.version.number,
        versionAt: row.version.when,
        createdAt: row.history.createdDate,
        authorId: row.history.createdBy?.userKey,
        lastEditorId: row.version.by?.userKey,
        webPath: row._links.webui,
      }
    })
  }
}

/**
 * The current pages of a space. `content/scan` (7.18 and newer) carries a cursor; with `start`, a page that is deleted while
 * we list moves its successors up, and one of them is missed. Older servers only know the latter.
 */
async function* iteratePages<Row>(
  http: HttpClient,
  space: SiteSpace,
  expand: string,
  row: z.ZodType<Row>,
  signal: AbortSignal,
): AsyncGenerator<Row[]> {
  const query = { spaceKey: space.key, type: 'page', status: 'current', expand }
  const listing = { query, row, limit: 200, subject: `space ${space.key}` }
  const scan = { ...listing, path: '/rest/api/content/scan' }
  yield* (await hasScan(http, scan, signal))
    ? iterateByCursor(http, scan, signal)
    : iterateByOffset(http, { ...listing, path: '/rest/api/content' }, signal)
}

async function hasScan(http: HttpClient, listing: Listing<unknown>, signal: AbortSignal): Promise<boolean> {
  const query = { spaceKey: listing.query?.['spaceKey'], type: 'page', status: 'current', limit: 1 }
  const schema = z.object({ results: z.array(z.unknown()) })
  try {
    const { path } = listing
    return (await http.send({ path, query, schema, retriesServerErrors: false }, signal)) !== undefined
  } catch (error) {
    // Older servers take "scan" for a content id and say so with 400, 404 as a web page, or 500.
    if (error instanceof InvalidInputError || (error instanceof TransientError && error.code === 'server_error'))
      return false
    throw error
  }
}

/** 9.1 and newer; not readable with older versions, and only by space admins. */
async function fetchSpaceReaders(
  http: HttpClient,
  nobody: HttpClient,
  space: SiteSpace,
  signal: AbortSignal,
): Promise<SitePrincipal[] | 'unreadable'> {
  const rows = await fetchSpacePermissions(http, space, signal)
  if (rows === undefined) return 'unreadable'
  const readers = rows
    .filter(({ operation }) => operation.operationKey === 'read' && operation.targetType === 'space')
    .map(({ subject }): SitePrincipal => {
      if (subject?.type === 'user' && subject.userKey !== undefined) return { kind: 'user', userId: subject.userKey }
      if (subject?.type === 'group' && subject.name !== undefined) {
        return { kind: 'group', groupId: subject.name, name: subject.name }
      }
      if (subject?.type === 'anonymous') return { kind: 'anonymous' }
      return { kind: 'unknown', description: subject?.type ?? 'nobody named' }
    })
  return keepProvenAnonymous(readers, nobody, path`/rest/api/space/${space.key}`, signal)
}

/** To others than admins it answers 500 instead of 403 (CONFSERVER-99908). */
async function fetchSpacePermissions(http: HttpClient, space: SiteSpace, signal: AbortSignal) {
  try {
    return await http.send(
      {
        path: path`/rest/api/space/${space.key}/permissions`,
        schema: datacenterPermissions,
        retriesServerErrors: false,
      },
      signal,
    )
  } catch (error) {
    if (error instanceof TransientError && error.code === 'server_error') return undefined
    throw error
  }
}

async function* iteratePermissions(reader: PermissionReader, space: SiteSpace, signal: AbortSignal) {
  for await (const rows of iteratePages(reader.http, space, permissionExpansion, permissionRow, signal)) {
    yield await Promise.all(rows.map((row) => resolvePermissions(reader, row, signal)))
  }
}

async function fetchPagePermissions(
  reader: PermissionReader,
  contentId: string,
  signal: AbortSignal,
): Promise<PagePermissions> {
  const query = { status: 'current', expand: permissionExpansion }
  const row = await orUnreadable(
    reader.http.send({ path: path`/rest/api/content/${contentId}`, query, schema: permissionRow }, signal),
  )
  if (row === undefined || row === 'unreadable') return { pageId: contentId, readers: 'unreadable', labels: [] }
  return resolvePermissions(reader, row, signal)
}

async function fetchLabels(http: HttpClient, pageId: string, signal: AbortSignal): Promise<string[]> {
  const listing = { path: path`/rest/api/content/${pageId}/label`, row: label, limit: 200, subject: `page ${pageId}` }
  return labelNames(await collect(iterateByOffset(http, listing, signal)))
}

async function fetchAncestor(http: HttpClient, contentId: string, signal: AbortSignal) {
  const query = { expand: 'ancestors' }
  const found = await http.send(
    { path: path`/rest/api/content/${contentId}`, query, schema: datacenterAncestors },
    signal,
  )
  if (found === undefined)
    throw new AccessDeniedError('not_visible', `Content ${contentId} is not visible to this account.`)
  if (found.status !== 'current' && found.status !== 'archived') return 'unreadable'
  const parentId = found.ancestors.at(-1)?.id
  return { parentId, parentType: parentId === undefined ? undefined : ('page' as const) }
}
