// The Cloud flavour: both REST APIs under /wiki, the same behind the gateway's path, and the address that tells a site's
// cloud id.
import type { FastifyInstance } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { isWrite } from '../traffic.ts'
import { authenticate } from './credentials.ts'
import { addV1Routes } from './v1.ts'
import { addV2Routes } from './v2.ts'

export function addCloud(server: FastifyInstance, front: FrontEnd): void {
  server.get('/_edge/tenant_info', () => ({ cloudId: front.cloudId }))
  for (const way of ['site', 'gateway'] as const)
    void server.register(routes(front, way), { prefix: prefixOf(front, way) })
}

function routes(front: FrontEnd, way: 'site' | 'gateway') {
  return async (site: FastifyInstance) => {
    site.addHook('onRequest', async (request, reply) => {
      void reply.header('atl-traceid', request.id).header('x-confluence-request-time', String(Date.now()))
      if (!isWrite(request)) authenticate(front, request, way)
    })
    addV2Routes(site, front)
    addV1Routes(site, front, way)
  }
}

function prefixOf({ basePath, cloudId }: FrontEnd, way: 'site' | 'gateway'): string {
  return way === 'site' ? basePath : `/ex/confluence/${cloudId}${basePath}`
}
