// Confluence Cloud: content from the v2 REST API, which reads the database; users, groups, restrictions and the permission
// census from what is left of v1.
import { z } from 'zod'
import { AccessDeniedError, TransientError } from '../../errors.ts'
import { keepProvenAnonymous } from './anonymous.ts'
import { isListed, label, permissionExpansion, permissionRow, v1User, type V1User } from './answers.ts'
import { cloudAncestor, cloudBody, cloudPage, cloudPermission, cloudSpace, cloudUser } from './cloud-answers.ts'
import { listBlockedSpaces } from './blocked-spaces.ts'
import { type CloudSiteOptions, createCloudClient } from './cloud-client.ts'
import { fetchKnownUser } from './current-user.ts'
import { findCloudPage } from './find-page.ts'
import { iterateMatches, pagesOf } from './cql.ts'
import { createHttpClient, path, type HttpClient } from './http.ts'
import { type BodyReader, fetchPageBodies } from './page-bodies.ts'
import { collect, iterateByCursor, iterateByOffset } from './paging.ts'
import { commentBatchSize, downloadAttachment, fetchCommentBodies, iterateParts, type PartReader } from './parts.ts'
import { fetchReaders, labelNames, resolvePermissions, type PermissionReader } from './permissions.ts'
import type { CensusPage, ConfluenceSite, PageBody, SitePrincipal, SiteSpace, SiteUser } from './site.ts'
import { orUnreadable, orUnreadableToOthers } from './unreadable.ts'

const bodyBatchSize = 250

export function createCloudSite(options: CloudSiteOptions): ConfluenceSite {
  const { address, credential: _credential, ...httpOptions } = options
  const http = createCloudClient(options)
  const nobody = createHttpClient(address.baseUrl, undefined, httpOptions)
  const reader: PermissionReader = {
    http,
    groupKey: 'id',
    fetchLabels: (pageId, signal) => fetchLabels(http, pageId, signal),
  }
  const fetchCurrentUser = async (signal: AbortSignal) => toUser(await fetchKnownUser(http, address, signal))
  const bodyReader: BodyReader = {
    read: (pageIds, maxAttempts, signal) => readBodies(http, pageIds, maxAttempts, signal),
    verifySite: fetchCurrentUser,
  }
  const parts: PartReader = { deployment: 'cloud', http, iterate: iterateByCursor, verifySite: fetchCurrentUser }
  return {
    address,
    bodyBatchSize,
    fetchCurrentUser,
    findPage: (reference, signal) => findCloudPage(http, reference, signal),
    listBlockedSpaces: (signal) => listBlockedSpaces(http, signal),
    iterateSpaces: (signal) => iterateSpaces(http, signal),
    iterateCensus: (space, signal) => iterateCensus(http, space, signal),
    iterateMatches: (space, cql, signal) => iterateMatches(iterateByCursor, http, space, cql, signal),
    fetchBodies: (pageIds, signal) => fetchPageBodies(bodyReader, pageIds, signal),
    iterateParts: (space, signal) => iterateParts(parts, space, signal),
    fetchCommentBodies: (commentIds, signal) => fetchCommentBodies(parts, commentIds, signal),
    commentBatchSize,
    downloadAttachment: (part, maxBytes, signal) => downloadAttachment(parts, part, maxBytes, signal),
    fetchSpaceReaders: (space, signal) =>
      orUnreadableToOthers(fetchSpaceReaders(http, nobody, space, signal), () => fetchCurrentUser(signal)),
    iteratePermissions: (space, signal) => iteratePermissions(reader, space, signal),
    fetchContentReaders: (contentId, signal) => orUnreadable(fetchReaders(reader, contentId, signal)),
    fetchPagePermissions: async (pageId, signal) => {
      const [readers, labels] = await Promise.all([
        orUnreadable(fetchReaders(reader, pageId, signal)),
        fetchLabels(http, pageId, signal),
      ])
      return { pageId, readers, labels }
    },
    fetchAncestor: (contentId, type, signal) => orUnreadable(fetchAncestor(http, contentId, type, signal)),
    fetchGroupMembers: (group, signal) =>
      orUnreadableToOthers(fetchGroupMembers(http, group.groupId, signal), () => fetchCurrentUser(signal)),
    fetchUsers: (userIds, signal) => fetchUsers(http, userIds, signal),
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

async function* iterateCensus(http: HttpClient, space: SiteSpace, signal: AbortSignal): AsyncGenerator<CensusPage[]> {
  const listing = {
    path: path`/api/v2/spaces/${space.spaceId}/pages`,
    query: { status: 'current', depth: 'all' },
    row: cloudPage,
    limit: 250,
    subject: `space ${space.key}`,
  }
  for await (const rows of iterateByCursor(http, listing, signal)) {
    yield rows.filter(isListed).map((row) => ({
      pageId: row.id,
      title: row.title,
      status: row.status,
      parentId: row.parentId ?? undefined,
      parentType: parentTypeOf(row),
      position: row.position ?? undefined,
      versionNumber: row.version.number,
      versionAt: row.version.createdAt,
      createdAt: row.createdAt ?? undefined,
      authorId: row.authorId ?? undefined,
      lastEditorId: row.version.authorId ?? undefined,
      webPath: row._links.webui,
    }))
  }
}

async function readBodies(
  http: HttpClient,
  pageIds: string[],
  maxAttempts: number | undefined,
  signal: AbortSignal,
): Promise<PageBody[]> {
  const listing = {
    path: '/api/v2/pages',
    query: { id: pageIds, status: 'current', 'body-format': 'storage' },
    row: cloudBody,
    limit: bodyBatchSize,
    subject: 'list of pages',
    mayShrink: false,
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
  }
  const rows = await collect(iterateByCursor(http, listing, signal))
  return rows.filter(({ status }) => status === 'current').map(toBody)
}

function toBody(row: z.infer<typeof cloudBody>): PageBody {
  if (row.body.storage === undefined) {
    throw new TransientError(
      'answer_malformed',
      `Confluence gave page ${row.id} without its storage format: try again later.`,
    )
  }
  return { pageId: row.id, versionNumber: row.version.number, status: row.status, storage: row.body.storage.value }
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

async function* iteratePermissions(reader: PermissionReader, space: SiteSpace, signal: AbortSignal) {
  const listing = {
    path: '/rest/api/content/search',
    query: { cql: pagesOf(space), expand: permissionExpansion },
    row: permissionRow,
    limit: 200,
    subject: `space ${space.key}`,
  }
  for await (const rows of iterateByCursor(reader.http, listing, signal)) {
    yield await Promise.all(rows.map((row) => resolvePermissions(reader, row, signal)))
  }
}

/** Empty where there are none to be had: folders carry no labels. */
async function fetchLabels(http: HttpClient, pageId: string, signal: AbortSignal): Promise<string[]> {
  const listing = { path: path`/api/v2/pages/${pageId}/labels`, row: label, limit: 250, subject: `page ${pageId}` }
  const rows = await orUnreadable(collect(iterateByCursor(http, listing, signal)))
  return rows === 'unreadable' ? [] : labelNames(rows)
}

const collections = {
  page: 'pages',
  folder: 'folders',
  whiteboard: 'whiteboards',
  database: 'databases',
  embed: 'embeds',
} as const

async function fetchAncestor(
  http: HttpClient,
  contentId: string,
  type: CensusPage['parentType'],
  signal: AbortSignal,
): Promise<{ parentId: string | undefined; parentType: CensusPage['parentType'] } | 'unreadable'> {
  if (type === undefined || type === 'unknown') return 'unreadable'
  const found = await http.send(
    { path: path`/api/v2/${collections[type]}/${contentId}`, schema: cloudAncestor },
    signal,
  )
  // A trashed parent may still be answered with 200; only the status tells.
  const isThere = found !== undefined && ['current', 'archived', undefined, null].includes(found.status)
  return isThere ? { parentId: found.parentId ?? undefined, parentType: parentTypeOf(found) } : 'unreadable'
}

function parentTypeOf(row: {
  parentId?: string | null | undefined
  parentType?: string | null | undefined
}): CensusPage['parentType'] {
  if (row.parentId === null || row.parentId === undefined) return undefined
  const type = row.parentType ?? ''
  return Object.hasOwn(collections, type) ? (type as keyof typeof collections) : 'unknown'
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
