// Content addresses of the old API that v2 replaced: gone through the gateway; on the site they still answer, and warn.
import type { FastifyInstance } from 'fastify'
import type { Dialect } from '../v1/dialect.ts'
import { addContentRoutes } from '../v1/content-routes.ts'
import { failure, spaceWithPermissions } from './v1.ts'
import type { Way } from './credentials.ts'

const removedOn = 'Sun, 30 Nov 2025 00:00:00 GMT'

export function addOldContent(server: FastifyInstance, dialect: Dialect, way: Way): void {
  void server.register(async (old) => {
    old.addHook('onRequest', async (_request, reply) => {
      if (way.name === 'gateway' || !dialect.front.traps.oldContentOnSite) {
        throw failure(410, 'GoneException', 'This deprecated endpoint has been removed.')
      }
      void reply
        .header('deprecation', 'true')
        .header('warning', `299 - "Deprecated API, will be removed on ${removedOn}"`)
    })
    addContentRoutes(old, dialect)
    old.get('/rest/api/space/:key', (request) => spaceWithPermissions(dialect, request))
  })
}
