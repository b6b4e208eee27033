// v2's rights on spaces: permissions, roles and who holds them, and the data security policies that keep spaces from apps.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { principalOf } from '../front-end.ts'
import type { Space } from '../model.ts'
import { stableHex } from '../model.ts'
import { canReadSpace } from '../visibility.ts'
import { answerList, visibleSpace } from './lists.ts'

type Principal = { type: string; id: string }

export function addRightsRoutes(server: FastifyInstance, front: FrontEnd): void {
  const { site, traps } = front
  server.get('/api/v2/spaces/:id/permissions', (request, reply) => listPermissions(front, request, reply))
  server.get('/api/v2/space-role-mode', () => ({ mode: traps.spaceRoleMode }))
  server.get('/api/v2/space-roles', (request, reply) => answerList(front, request, reply, [viewerRole()]))
  server.get('/api/v2/spaces/:id/role-assignments', (request, reply) => {
    const principals = readersOf(visibleSpace(front, request)).map(({ type, id }) => ({
      principalType: type === 'access-class' ? 'ACCESS_CLASS' : type.toUpperCase(),
      principalId: id,
    }))
    const rows = traps.spaceRoleMode === 'PRE_ROLES' ? [] : principals
    return answerList(front, request, reply, rows, { render: (principal) => ({ principal, roleId: viewerRole().id }) })
  })
  server.get('/api/v2/data-policies/metadata', () => ({ anyContentBlocked: traps.blockedSpaces.length > 0 }))
  server.get('/api/v2/data-policies/spaces', (request, reply) => {
    const spaces = [...site.spaces.values()].toSorted((one, other) => compareIds(one.id, other.id))
    // Told even of blocked spaces: that is what this address is for.
    const sees = (space: Space) => canReadSpace(site, space, principalOf(request))
    return answerList(front, request, reply, spaces, { sees, render: (space) => policyOf(front, space) })
  })
}

function policyOf({ traps }: FrontEnd, { id, key, name }: Space) {
  const dataPolicy = { anyContentBlocked: traps.blockedSpaces.includes(key) }
  return { id, key, name, description: null, dataPolicy, icon: null, _links: { webui: `/spaces/${key}` } }
}

function viewerRole() {
  const id = `${stableHex('role viewer', 8)}-1111-4111-8111-${stableHex('role', 12)}`
  return {
    id,
    type: 'SYSTEM',
    name: 'Viewer',
    description: 'Can view content.',
    spacePermissions: ['read/space', 'create/comment'],
  }
}

/** With roles, readers hold one role: their permissions name the role, not them. */
function listPermissions(front: FrontEnd, request: FastifyRequest, reply: FastifyReply) {
  const space = visibleSpace(front, request)
  const readers: Principal[] =
    front.traps.spaceRoleMode === 'ROLES' ? [{ type: 'role', id: viewerRole().id }] : readersOf(space)
  readers.push(...[...space.readers.roles].map((id) => ({ type: 'role', id })))
  const rows = readers.flatMap((principal) => [
    { principal, operation: { key: 'read', targetType: 'space' } },
    { principal, operation: { key: 'create', targetType: 'comment' } },
  ])
  // Others may administer without being among the readers: only `read` on `space` is a right to read.
  const administrators = { type: 'access-class', id: 'ALL_PRODUCT_ADMINS' }
  rows.push({ principal: administrators, operation: { key: 'administer', targetType: 'space' } })
  const numbered = rows.map((row, position) => ({ id: String(Number(space.id) * 100 + position), ...row }))
  return answerList(front, request, reply, numbered)
}

function readersOf({ readers: { users, groups, licensed } }: Space): Principal[] {
  return [
    ...[...groups].map((id) => ({ type: 'group', id })),
    ...[...users].map((id) => ({ type: 'user', id })),
    ...(licensed ? [{ type: 'access-class', id: 'ALL_LICENSED_USERS' }] : []),
  ]
}
