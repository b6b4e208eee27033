// Confluence Data Center and Server: one REST API with offset paging, users by key, groups by name.
import { AccessDeniedError, TransientError } from '../../errors.ts'
import { keepProvenAnonymous } from './anonymous.ts'
import { label, permissionExpansion, permissionRow } from './answers.ts'
import { commentBatchSize, fetchCommentBodies } from './comment-bodies.ts'
import { fetchKnownUser } from './current-user.ts'
import { datacenterAncestors, datacenterPermissions, datacenterSpace } from './datacenter-answers.ts'
import { fetchGroupMembers, fetchUsers, fetchUsersByName, toUser } from './datacenter-people.ts'
import { bodyBatchSize, createBodyReader } from './datacenter-bodies.ts'
import { fetchCensusRows, fetchContent, iterateCensus, iterateContent } from './datacenter-content.ts'
import { fetchExistingDataCenterParts } from './existing-parts.ts'
import { findContainer } from './find-container.ts'
import { findDataCenterPage } from './find-page.ts'
import { createHttpClient, path, type HttpClient } from './http.ts'
import { fetchPageBodies } from './page-bodies.ts'
import { collect, iterateByOffset } from './paging.ts'
import { downloadAttachment, iteratePageParts, iterateParts, type PartReader } from './parts.ts'
import { fetchReaders, labelNames, resolvePermissions, type PermissionReader } from './permissions.ts'
import { iterateMatches } from './search.ts'
import type { SiteOptions } from './site-options.ts'
import type {
  Ancestor,
  ConfluenceSite,
  ContentKind,
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
    fetchLabels: (_kind, pageId, signal) => fetchLabels(http, pageId, signal),
  }
  const fetchCurrentUser = async (signal: AbortSignal) => toUser(await fetchKnownUser(http, address, signal))
  const read = createBodyReader(http)
  const parts: PartReader = { deployment: 'datacenter', http, iterate: iterateByOffset }
  return {
    address,
    bodyBatchSize,
    fetchCurrentUser,
    findPage: (reference, signal) => findDataCenterPage(http, reference, signal),
    // Access rules for apps are Cloud's.
    listBlockedSpaces: async () => [],
    iterateSpaces: (signal) => iterateSpaces(http, signal),
    iterateCensus: (space, signal) => iterateCensus(http, space, signal),
    iterateMatches: (space, cql, signal) => iterateMatches({ http, iterate: iterateByOffset }, space, cql, signal),
    fetchCensusRows: (pages, signal) => fetchCensusRows(http, pages, signal),
    // Ids are unique among all content: the search and the single page want no kind.
    fetchBodies: (_kind, pageIds, signal) => fetchPageBodies({ read, verifySite: fetchCurrentUser }, pageIds, signal),
    iterateParts: (space, signal) => iterateParts(parts, space, signal),
    fetchExistingParts: (wanted, signal) => fetchExistingDataCenterParts(http, wanted, signal),
    fetchCommentBodies: (commentIds, signal) =>
      fetchCommentBodies({ ...parts, verifySite: fetchCurrentUser }, commentIds, signal),
    iteratePageParts: (pageIds, signal) => iteratePageParts(http, pageIds, signal),
    findContainer: (contentId, signal) => findContainer(http, contentId, signal),
    commentBatchSize,
    downloadAttachment: (part, maxBytes, signal) => downloadAttachment(parts, part, maxBytes, signal),
    fetchSpaceReaders: (space, signal) =>
      orUnreadableToOthers(fetchSpaceReaders(http, nobody, space, signal), () => fetchCurrentUser(signal)),
    iteratePermissions: (space, signal) => iteratePermissions(reader, space, signal),
    fetchContentReaders: (contentId, signal) => orUnreadable(fetchReaders(reader, contentId, signal)),
    fetchPagePermissions: (kind, contentId, signal) => fetchPagePermissions(reader, kind, contentId, signal),
    fetchAncestor: (contentId, _type, signal) => orUnreadable(fetchAncestor(http, contentId, signal)),
    fetchGroupMembers: (group, signal) =>
      orUnreadableToOthers(fetchGroupMembers(http, group.groupId, signal), () => fetchCurrentUser(signal)),
    fetchUsers: (userIds, signal) => fetchUsers(http, userIds, signal),
    fetchUsersByName: (usernames, signal) => fetchUsersByName(http, usernames, signal),
  }
}

/** The header that Data Center knows an account by. */
export function renderAuthorization(credential: DataCenterSiteOptions['credential']): string {
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
      hidesRows: true,
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

/**
 * Rows in an answer: not as many as the census asks for. Where a list loses the rows behind an answer, the two then lose
 * different ones, and what either named is asked for by its id.
 */
const unlikeCensus = 190

async function* iteratePermissions(reader: PermissionReader, space: SiteSpace, signal: AbortSignal) {
  for await (const rows of iterateContent(
    reader.http,
    space,
    permissionExpansion,
    permissionRow,
    signal,
    unlikeCensus,
  )) {
    yield await Promise.all(rows.map((row) => resolvePermissions(reader, row, signal)))
  }
}

async function fetchPagePermissions(
  reader: PermissionReader,
  kind: ContentKind,
  contentId: string,
  signal: AbortSignal,
): Promise<PagePermissions> {
  const row = await orUnreadable(fetchContent(reader.http, contentId, permissionExpansion, permissionRow, signal))
  if (row === undefined || row === 'unreadable') return { pageId: contentId, kind, readers: 'unreadable', labels: [] }
  return resolvePermissions(reader, row, signal)
}

async function fetchLabels(http: HttpClient, pageId: string, signal: AbortSignal): Promise<string[]> {
  const listing = { path: path`/rest/api/content/${pageId}/label`, row: label, limit: 200, subject: `page ${pageId}` }
  return labelNames(await collect(iterateByOffset(http, listing, signal)))
}

async function fetchAncestor(
  http: HttpClient,
  contentId: string,
  signal: AbortSignal,
): Promise<Ancestor | 'unreadable'> {
  const found = await fetchContent(http, contentId, 'ancestors', datacenterAncestors, signal)
  if (found === undefined)
    throw new AccessDeniedError('not_visible', `Content ${contentId} is not visible to this account.`)
  if (found.status !== 'current' && found.status !== 'archived') return 'unreadable'
  const parentId = found.ancestors.at(-1)?.id
  return { title: found.title, parentId, parentType: parentId === undefined ? undefined : 'page' }
}
