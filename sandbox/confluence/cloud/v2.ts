// v2's spaces and people.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { commaParameter, parameter, seesSpace } from '../front-end.ts'
import type { Space } from '../model.ts'
import { chargePoints } from '../rate-limits.ts'
import { answerList, visibleSpace, withBase } from './lists.ts'
import { idsParameter, invalid, maxLimit } from './parameters.ts'
import { spaceRecord, userRecord } from './records.ts'

const spaceTypes = [
  'global',
  'collaboration',
  'knowledge_base',
  'personal',
  'system',
  'onboarding',
  'xflow_sample_space',
]

export function addV2Routes(server: FastifyInstance, front: FrontEnd): void {
  server.get('/api/v2/spaces', (request, reply) => listSpaces(front, request, reply))
  server.get('/api/v2/spaces/:id', (request) => withBase(front, spaceRecord(visibleSpace(front, request))))
  server.get('/api/v2/spaces/:id/labels', (request, reply) => {
    visibleSpace(front, request)
    return answerList(front, request, reply, [])
  })
  server.post('/api/v2/users-bulk', (request) => listUsers(front, request))
}

function listSpaces(front: FrontEnd, request: FastifyRequest, reply: FastifyReply) {
  const ids = idsParameter(request, 'ids', maxLimit)
  const keys = commaParameter(request, 'keys').map((key) => key.toLowerCase())
  const [type, status, sort] = [
    parameter(request, 'type'),
    parameter(request, 'status'),
    parameter(request, 'sort') ?? 'id',
  ]
  if (type !== undefined && !spaceTypes.includes(type)) throw invalid('type', `must be among ${spaceTypes.join(', ')}`)
  if (status !== undefined && !['current', 'archived'].includes(status)) {
    throw invalid('status', 'must be current or archived')
  }
  const spaces = [...front.site.spaces.values()]
    .filter((space) => ids.length === 0 || ids.includes(space.id))
    .filter((space) => keys.length === 0 || keys.includes(space.key.toLowerCase()))
    .filter((space) => (type === undefined || space.type === type) && (status === undefined || space.status === status))
    .toSorted((one, other) => compareSpaces(one, other, sort))
  const sees = (space: Space) => seesSpace(front, request, space)
  return answerList(front, request, reply, spaces, { sees, render: spaceRecord })
}

function listUsers(front: FrontEnd, request: FastifyRequest) {
  const accountIds = (request.body as { accountIds?: unknown } | null)?.accountIds
  if (!Array.isArray(accountIds) || accountIds.length === 0 || accountIds.length > maxLimit) {
    throw invalid('accountIds', `must hold between 1 and ${maxLimit} ids`)
  }
  const accounts = accountIds.flatMap((id) => front.site.accounts.get(String(id)) ?? [])
  chargePoints(front, request, accounts.length, 2)
  return { results: accounts.map((account) => userRecord(front, account)), _links: { base: front.baseUrl } }
}

function compareSpaces(one: Space, other: Space, sort: string): number {
  const by = sort.replace(/^-/, '')
  const [left, right] = by === 'key' ? [one.key, other.key] : [one.name, other.name]
  const order = by === 'id' ? compareIds(one.id, other.id) : left.localeCompare(right)
  return sort.startsWith('-') ? -order : order
}
