// Data Center's people and groups. Groups may hold groups: a list of members is only those who are in it directly.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parameter, pathPart, principalOf } from '../front-end.ts'
import type { Account, Group, Site } from '../model.ts'
import { findAccount } from '../model.ts'
import { groupIdsOf } from '../visibility.ts'
import type { Dialect } from '../v1/dialect.ts'
import { expandOf, numberParameter, offsetList } from '../v1/dialect.ts'
import { failure, licensedGroup, singleUserRecord } from './dialect.ts'

export function addPeopleRoutes(server: FastifyInstance, dialect: Dialect): void {
  const { front } = dialect
  const { site } = front
  server.get('/rest/api/user/current', (request) => {
    const principal = principalOf(request)
    if (principal === 'anonymous') return dialect.renderUser(undefined)
    return singleUserRecord(front, principal, expandOf(request).has('status'))
  })
  server.get('/rest/api/user', (request) =>
    singleUserRecord(front, accountParameter(dialect, request), expandOf(request).has('status')),
  )
  server.get('/rest/api/user/memberof', (request, reply) => {
    const { accountId } = accountParameter(dialect, request)
    const groupIds = groupIdsOf(site, accountId)
    const groups = groupsOf(site).filter(({ id, members }) => groupIds.has(id) || members.has(accountId))
    return offsetList(dialect, request, reply, groups, limitsOf(request), dialect.renderGroup)
  })
  server.get('/rest/api/group', (request, reply) =>
    offsetList(dialect, request, reply, groupsOf(site), limitsOf(request), dialect.renderGroup),
  )
  server.get('/rest/api/group/:name', (request) => dialect.renderGroup(groupPart(dialect, request)))
  server.get('/rest/api/group/:name/member', (request, reply) => {
    const members = [...groupPart(dialect, request).members].flatMap((id) => site.accounts.get(id) ?? [])
    return offsetList(dialect, request, reply, members, limitsOf(request), dialect.renderUser)
  })
  server.get('/rest/api/group/:name/groupmember', (request, reply) => {
    const inner = [...groupPart(dialect, request).subgroups].flatMap((id) => site.groups.get(id) ?? [])
    return offsetList(dialect, request, reply, inner, limitsOf(request), dialect.renderGroup)
  })
}

function accountParameter(dialect: Dialect, request: FastifyRequest): Account {
  if (principalOf(request) === 'anonymous') throw failure(403, 'Not permitted', 'Forbidden')
  const name = parameter(request, 'key') ?? parameter(request, 'username') ?? ''
  const account = findAccount(dialect.front.site, name)
  if (account?.userKey !== name && account?.username !== name)
    throw dialect.notFound(`No user found with key : ${name}`)
  return account
}

function groupPart(dialect: Dialect, request: FastifyRequest): Group {
  const name = pathPart(request, 'name')
  const group = groupsOf(dialect.front.site).find((candidate) => candidate.name === name)
  if (group === undefined) throw dialect.notFound(`No group found with name : ${name}`)
  return group
}

function groupsOf(site: Site): Group[] {
  return [...site.groups.values(), licensedGroup(site)].toSorted((one, other) => one.name.localeCompare(other.name))
}

function limitsOf(request: FastifyRequest): { asked: number; limit: number } {
  if (principalOf(request) === 'anonymous') throw failure(403, 'Not permitted', 'Forbidden')
  const asked = numberParameter(request, 'limit', 200)
  return { asked, limit: Math.min(asked, 200) }
}
