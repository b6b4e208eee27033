// The old remote API (JSON-RPC), before 9.1 the only way to the permissions of a space. A POST that reads.
import type { FastifyInstance } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError } from '../front-end.ts'
import { findSpace } from '../model.ts'
import { requireAdministrator } from './credentials.ts'
import { licensedGroup } from './dialect.ts'

export function addRemoteApi(server: FastifyInstance, front: FrontEnd): void {
  server.post('/rpc/json-rpc/confluenceservice-v2/getSpacePermissionSets', (request) => {
    if (!front.traps.remoteApi) throw new AnswerError(403, 'Remote API is disabled', { 'content-type': 'text/html' })
    requireAdministrator(front, request, () => failed('NotPermittedException', 'You are not permitted'))
    const key = Array.isArray(request.body) ? String(request.body[0]) : ''
    const space = findSpace(front.site, key)
    if (space === undefined)
      throw failed('RemoteException', 'You are not allowed to view this space, or it does not exist')
    const { groups, users, licensed, anonymous } = space.readers
    const names = [...groups].flatMap((id) => front.site.groups.get(id)?.name ?? [])
    if (licensed) names.push(licensedGroup(front.site).name)
    const people = [...users].flatMap((id) => front.site.accounts.get(id)?.username ?? [])
    const spacePermissions = [
      ...names.map((name) => viewer(name, null)),
      ...people.map((name) => viewer(null, name)),
      ...(anonymous ? [viewer(null, null)] : []),
    ]
    return [{ type: 'VIEWSPACE', spacePermissions }]
  })
}

function viewer(groupName: string | null, userName: string | null) {
  return { type: 'VIEWSPACE', groupName, userName }
}

/** Errors of this API come with status 200. */
function failed(exception: string, message: string): AnswerError {
  return new AnswerError(200, {
    error: { code: 500, message: `com.atlassian.confluence.rpc.${exception}: ${message}` },
  })
}
