// Confluence Cloud: content from the v2 REST API, which reads the database; users, groups, restrictions and the permission
// census from what is left of v1.
import { z } from 'zod'
import { AccessDeniedError } from '../../errors.ts'
import { keepProvenAnonymous } from './anonymous.ts'
import { label, v1User, type V1User } from './answers.ts'
import { cloudAncestor, cloudPermission, cloudSpace, cloudUser } from './cloud-answers.ts'
import { listBlockedSpaces } from './blocked-spaces.ts'
import { type CloudSiteOptions, createCloudClient } from './cloud-client.ts'
import {
  bodyBatchSize,
  collections,
  fetchCensusRows,
  iterateCensus,
  parentTypeOf,
  readBodies,
} from './cloud-content.ts'
import { commentBatchSize, fetchCommentBodies } from './comment-bodies.ts'
import { fetchKnownUser } from './current-user.ts'
import { fetchExistingCloudParts } from './existing-parts.ts'
import { findCloudPage } from './find-page.ts'
import { createHttpClient, path, type HttpClient } from './http.ts'
import { fetchPageBodies } from './page-bodies.ts'
import { collect, iterateByCursor, iterateByOffset, trustMissingNext } from './paging.ts'
import { downloadAttachment, iterateParts, type PartReader } from './parts.ts'
import { fetchReaders, iteratePermissionSearch, labelNames, type PermissionReader } from './permissions.ts'
import { iterateMatches } from './search.ts'
import type { Ancestor, CensusPage, ConfluenceSite, ContentKind, SitePrincipal, SiteSpace, SiteUser } from './site.ts'
import { orUnreadable, orUnreadableToOthers } from './unreadable.ts'

export function createCloudSite(options: CloudSiteOptions): ConfluenceSite {
  const { address, credential: _credential, ...httpOptions } = options
  const http = createCloudClient(options)
  trustMissingNext(http)
  const nobody = createHttpClient(address.baseUrl, undefined, httpOptions)
  const reader: PermissionReader = {
    http,
    groupKey: 'id',
    fetchLabels: (kind, pageId, signal) => fetchLabels(http, kind, pageId, signal),
  }
  const fetchCurrentUser = async (signal: AbortSignal) => toUser(await fetchKnownUser(http, address, signal))
  const parts: PartReader = { deployment: 'cloud', http, iterate: iterateByCursor }
  return {
    address,
    bodyBatchSize,
    fetchCurrentUser,
    findPage: (reference, signal) => findCloudPage(http, reference, signal),
    listBlockedSpaces: (signal) => listBlockedSpaces(http, signal),
    iterateSpaces: (signal) => iterateSpaces(http, signal),
    iterateCensus: (space, signal) => iterateCensus(http, space, signal),
    iterateMatches: (space, cql, signal) => iterateMatches({ http, iterate: iterateByCursor }, space, cql, signal),
    fetchCensusRows: (pages, signal) => fetchCensusRows(http, pages, signal),
    fetchBodies: (kind, pageIds, signal) =>
      fetchPageBodies({ read: readBodies(http, kind), verifySite: fetchCurrentUser }, pageIds, signal),
    iterateParts: (space, signal) => iterateParts(parts, space, signal),
    fetchExistingParts: (wanted, signal) => fetchExistingCloudParts(http, wanted, signal),
    fetchCommentBodies: (commentIds, signal) =>
      fetchCommentBodies({ ...parts, verifySite: fetchCurrentUser }, commentIds, signal),
    iteratePageParts: () => undefined,
    findContainer: async () => undefined,
    commentBatchSize,
    downloadAttachment: (part, maxBytes, signal) => downloadAttachment(parts, part, maxBytes, signal),
    fetchSpaceReaders: (space, signal) =>
      orUnreadableToOthers(fetchSpaceReaders(http, nobody, space, signal), () => fetchCurrentUser(signal)),
    iteratePermissions: (space, signal) => iteratePermissionSearch(reader, space, signal),
    fetchContentReaders: (contentId, signal) => orUnreadable(fetchReaders(reader, contentId, signal)),
    fetchPagePermissions: async (kind, pageId, signal) => {
      const [readers, labels] = await Promise.all([
        orUnreadable(fetchReaders(reader, pageId, signal)),
        fetchLabels(http, kind, pageId, signal),
      ])
      return { pageId, kind, readers, labels }
    },
    fetchAncestor: (contentId, type, signal) => orUnreadable(fetchAncestor(http, contentId, type, signal)),
    fetchGroupMembers: (group, signal) =>
      orUnreadableToOthers(fetchGroupMembers(http, group.groupId, signal), () => fetchCurrentUser(signal)),
    fetchUsers: (userIds, signal) => fetchUsers(http, userIds, signal),
    // Cloud knows accounts by id alone.
    fetchUsersByName: async () => new Map(),
  }
}

async function* iterateSpaces(http: HttpClient, signal: AbortSignal): AsyncGenerator<SiteSpace[]> {
  const listing = { path: '/api/v2/spaces', row: cloudSpace, limit: 250, subject: 'list of spaces' }
  for await (const rows of iterateByCursor(http, listing, signal)) {
    yield rows.map((row) => ({
      spaceId: row.id,
      key: row.key,
      name: row.name,
      type: row.type === 'global' || row.type === 'personal' ? row.type : 'other',
      status: row.status === 'archived' ? 'archived' : 'current',
      homepageId: row.homepageId ?? undefined,
    }))
  }
}

async function fetchSpaceReaders(
  http: HttpClient,
  nobody: HttpClient,
  space: SiteSpace,
  signal: AbortSignal,
): Promise<SitePrincipal[]> {
  const listing = {
    path: path`/api/v2/spaces/${space.spaceId}/permissions`,
    row: cloudPermission,
    limit: 250,
    subject: `space ${space.key}`,
  }
  const rows = await collect(iterateByCursor(http, listing, signal))
  const readers = rows
    .filter(({ operation }) => operation.key === 'read' && operation.targetType === 'space')
    .map(({ principal }) => toPrincipal(principal?.type ?? 'nothing', principal?.id ?? ''))
  return keepProvenAnonymous(readers, nobody, path`/api/v2/spaces/${space.spaceId}`, signal)
}

/** Roles are not resolved to their holders: on a site that uses them, their readers stay unknown. */
function toPrincipal(type: string, principalId: string): SitePrincipal {
  if (type === 'user' && principalId !== '') return { kind: 'user', userId: principalId }
  if (type === 'group' && principalId !== '') return { kind: 'group', groupId: principalId, name: '' }
  if (type === 'anonymous') return { kind: 'anonymous' }
  // Live answers write ALL_LICENSED_USERS, the specification all-licensed-users.
  const accessClass = /^access[-_]class$/i.test(type) ? principalId.toLowerCase().replaceAll('_', '-') : ''
  if (accessClass === 'all-licensed-users') return { kind: 'licensed' }
  if (accessClass === 'anonymous-users') return { kind: 'anonymous' }
  return { kind: 'unknown', description: `${type} ${principalId}`.trim() }
}

/** Empty where there are none to be had: folders carry no labels. */
async function fetchLabels(
  http: HttpClient,
  kind: ContentKind,
  pageId: string,
  signal: AbortSignal,
): Promise<string[]> {
  const below = path`/api/v2/${collections[kind]}/${pageId}/labels`
  const listing = { path: below, row: label, limit: 250, subject: `page ${pageId}` }
  const rows = await orUnreadable(collect(iterateByCursor(http, listing, signal)))
  return rows === 'unreadable' ? [] : labelNames(rows)
}

async function fetchAncestor(
  http: HttpClient,
  contentId: string,
  type: CensusPage['parentType'],
  signal: AbortSignal,
): Promise<Ancestor | 'unreadable'> {
  if (type === undefined || type === 'unknown') return 'unreadable'
  const found = await http.send(
    { path: path`/api/v2/${collections[type]}/${contentId}`, schema: cloudAncestor },
    signal,
  )
  // A trashed parent may still be answered with 200; only the status tells.
  const isThere = found !== undefined && ['current', 'archived', undefined, null].includes(found.status)
  if (!isThere) return 'unreadable'
  return { title: found.title ?? '', parentId: found.parentId ?? undefined, parentType: parentTypeOf(found) }
}

async function fetchGroupMembers(http: HttpClient, groupId: string, signal: AbortSignal): Promise<SiteUser[]> {
  const listing = {
    path: path`/rest/api/group/${groupId}/membersByGroupId`,
    query: { expand: 'isExternalCollaborator' },
    row: v1User,
    limit: 200,
    subject: `group ${groupId}`,
  }
  const members = await collect(iterateByOffset(http, listing, signal))
  return members.filter(({ accountId }) => accountId !== undefined).map(toUser)
}

async function fetchUsers(http: HttpClient, userIds: string[], signal: AbortSignal): Promise<SiteUser[]> {
  const wanted = [...new Set(userIds)]
  const users: SiteUser[] = []
  for (let start = 0; start < wanted.length; start += 250) {
    const accountIds = wanted.slice(start, start + 250)
    const schema = z.object({ results: z.array(cloudUser) })
    const answer = await http.send({ path: '/api/v2/users-bulk', body: { accountIds }, schema }, signal)
    if (answer === undefined) {
      throw new AccessDeniedError(
        'not_visible',
        'This account may not view user profiles: ask the Confluence admin for it.',
      )
    }
    users.push(...answer.results.map(toUser))
  }
  return users
}

function toUser(row: V1User | z.infer<typeof cloudUser>): SiteUser {
  const { accountId = '', displayName, email, accountStatus, isExternalCollaborator, isGuest } = row
  return {
    userId: accountId,
    displayName: displayName ?? accountId,
    email: email === null || email === undefined || email === '' ? undefined : email,
    isActive: accountStatus === undefined || accountStatus === null || accountStatus === 'active',
    isGuest: isExternalCollaborator === true || isGuest === true,
  }
}
