// What Cloud still serves of the older API: search, restrictions, people and groups; spaces with a warning that they go.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, commaParameter, findVisible, parameter, pathPart, principalOf, seesSpace } from '../front-end.ts'
import type { Account, Group, Site } from '../model.ts'
import { findSpace, spaceOf } from '../model.ts'
import { canRead, groupIdsOf } from '../visibility.ts'
import { spaceRecord } from '../v1/content.ts'
import type { Dialect, Json } from '../v1/dialect.ts'
import { expandOf, numberParameter, offsetList } from '../v1/dialect.ts'
import { addRestrictionRoutes } from '../v1/restrictions.ts'
import { addSearchRoutes } from '../v1/search-routes.ts'
import { downloadPath } from './attachments.ts'
import { pageLinks } from './records.ts'

export function addV1Routes(server: FastifyInstance, dialect: Dialect): void {
  const { front } = dialect
  addSearchRoutes(server, dialect, 'cursor')
  addRestrictionRoutes(server, dialect)
  server.post('/rest/api/content/:id/permission/check', (request) => checkPermission(dialect, request))
  server.get('/rest/api/user/current', (request) => currentUser(dialect, request))
  server.get('/rest/api/user', (request) => dialect.renderUser(accountParameter(dialect, request)))
  server.get('/rest/api/user/bulk', (request, reply) => {
    const accounts = commaParameter(request, 'accountId').flatMap((id) => front.site.accounts.get(id) ?? [])
    const limits = limitsOf(dialect, request)
    return offsetList(dialect, request, reply, accounts, limits, dialect.renderUser)
  })
  server.get('/rest/api/user/memberof', (request, reply) => {
    const account = accountParameter(dialect, request)
    const groups = groupsOf(front.site).filter(({ id }) => groupIdsOf(front.site, account.accountId).has(id))
    return offsetList(dialect, request, reply, groups, limitsOf(dialect, request), dialect.renderGroup)
  })
  server.get('/rest/api/group', (request, reply) =>
    offsetList(dialect, request, reply, groupsOf(front.site), limitsOf(dialect, request), dialect.renderGroup),
  )
  server.get('/rest/api/group/:id/membersByGroupId', (request, reply) => {
    const group = front.site.groups.get(pathPart(request, 'id'))
    if (group === undefined) throw dialect.notFound(`No group found with id: ${pathPart(request, 'id')}`)
    const members = membersOf(front.site, group)
    return offsetList(dialect, request, reply, members, limitsOf(dialect, request), dialect.renderUser)
  })
}

export function cloudDialect(front: FrontEnd): Dialect {
  return {
    front,
    renderUser: (account) => userRecord(front, account),
    renderGroup: ({ id, name }) => ({
      type: 'group',
      name,
      id,
      _links: { self: `${front.baseUrl}/rest/api/group/by-id?id=${id}` },
    }),
    renderDate: (at) => at,
    versionMarks: { contentTypeModified: false },
    contentLinks: (content) => ({
      ...pageLinks(spaceOf(front.site, content), content),
      self: `${front.baseUrl}/rest/api/content/${content.id}`,
    }),
    downloadLink: (attachment) => downloadPath(attachment),
    attachmentId: ({ id }) => `att${id}`,
    nextParameters: { next: 'true' },
    notFound: (message) => failure(404, 'NotFoundException', message),
    badRequest: (message) => failure(400, 'BadRequestException', message),
  }
}

/** Asking about somebody else takes an administrator. Folders and trashed pages are judged like any content. */
function checkPermission(dialect: Dialect, request: FastifyRequest): Json {
  const { site } = dialect.front
  const principal = principalOf(request)
  const { subject, operation } = (request.body ?? {}) as {
    subject?: { type?: string; identifier?: string }
    operation?: string
  }
  if (subject?.type !== 'user' || operation !== 'read')
    throw dialect.badRequest('A user and the operation read are needed')
  if (principal === 'anonymous' || !(principal.isAdmin || principal.accountId === subject.identifier)) {
    throw failure(403, 'PermissionException', 'Only an administrator may ask about others')
  }
  const content = findVisible(dialect.front, request, pathPart(request, 'id'))
  if (content === undefined)
    throw dialect.notFound(`No content found with id: ContentId{id=${pathPart(request, 'id')}}`)
  const account = site.accounts.get(subject.identifier ?? '')
  return { hasPermission: account !== undefined && canRead(site, content, account), errors: [] }
}

function currentUser(dialect: Dialect, request: FastifyRequest): Json {
  const principal = principalOf(request)
  return dialect.renderUser(principal === 'anonymous' ? undefined : principal)
}

/** Entries for everyone with a licence carry no `subjects`; anonymous readers are an entry with `anonymousAccess: true`. */
export function spaceWithPermissions(dialect: Dialect, request: FastifyRequest): Json {
  const { site } = dialect.front
  const key = pathPart(request, 'key')
  const space = findSpace(site, key)
  if (space === undefined || space.id === key || !seesSpace(dialect.front, request, space)) {
    throw dialect.notFound(`No space found with key: ${key}`)
  }
  if (!expandOf(request).has('permissions')) return spaceRecord(dialect, space)
  const { users, groups, licensed, anonymous } = space.readers
  const people = [...users].flatMap((id) => site.accounts.get(id) ?? [])
  const subjects = [
    ...people.map((account) => ({ user: { results: [dialect.renderUser(account)], size: 1 } })),
    ...[...groups]
      .flatMap((id) => site.groups.get(id) ?? [])
      .map((group) => ({ group: { results: [dialect.renderGroup(group)], size: 1 } })),
  ]
  const operation = { operation: 'read', targetType: 'space' }
  const permissions = [
    ...subjects.map((subject) => ({ subjects: subject, operation, anonymousAccess: false, unlicensedAccess: false })),
    ...(licensed ? [{ operation, anonymousAccess: false, unlicensedAccess: false }] : []),
    ...(anonymous ? [{ operation, anonymousAccess: true, unlicensedAccess: false }] : []),
  ]
  return { ...spaceRecord(dialect, space), permissions: permissions.map((entry, id) => ({ id: id + 1, ...entry })) }
}

function userRecord({ traps, baseUrl }: FrontEnd, account: Account | undefined): Json {
  if (account === undefined)
    return { type: 'anonymous', displayName: 'Anonymous', _links: { self: `${baseUrl}/rest/api/user/anonymous` } }
  return {
    type: 'known',
    accountId: account.accountId,
    accountType: 'atlassian',
    email: traps.hideEmails ? '' : account.email,
    publicName: account.displayName,
    displayName: account.displayName,
    profilePicture: { path: `/wiki/aa-avatar/${account.accountId}`, width: 48, height: 48, isDefault: false },
    timeZone: 'Etc/GMT',
    isExternalCollaborator: account.isGuest,
    isGuest: account.isGuest,
    accountStatus: account.isActive ? 'active' : 'inactive',
    _expandable: { operations: '', personalSpace: '' },
    _links: { self: `${baseUrl}/rest/api/user?accountId=${account.accountId}` },
  }
}

function accountParameter(dialect: Dialect, request: FastifyRequest): Account {
  const account = dialect.front.site.accounts.get(parameter(request, 'accountId') ?? '')
  if (account === undefined) throw dialect.notFound('No user found with this account id')
  return account
}

/** Groups within groups do not exist on Cloud: a nested group's members are simply members. */
function membersOf(site: Site, group: Group): Account[] {
  return [...site.accounts.values()].filter(({ accountId }) => groupIdsOf(site, accountId).has(group.id))
}

function groupsOf(site: Site): Group[] {
  return [...site.groups.values()].toSorted((one, other) => one.name.localeCompare(other.name))
}

function limitsOf(dialect: Dialect, request: FastifyRequest): { asked: number; limit: number } {
  if (principalOf(request) === 'anonymous') throw failure(403, 'PermissionException', 'Not permitted')
  const limit = numberParameter(request, 'limit', 200)
  if (limit > 200) throw dialect.badRequest('The limit may be 200 at most')
  return { asked: limit, limit }
}

export function failure(statusCode: number, exception: string, message: string): AnswerError {
  const errors = statusCode === 400 ? [{ message: { translation: message, args: [] } }] : []
  const outcome = { authorized: statusCode !== 403, valid: statusCode !== 400, errors, successful: false }
  const name = `com.atlassian.confluence.api.service.exceptions.${exception}`
  return new AnswerError(statusCode, { statusCode, data: outcome, message: `${name}: ${message}` })
}
