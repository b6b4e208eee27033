// The Data Center flavour: one REST API below a context path that may be empty.
import type { FastifyInstance } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { isWrite } from '../traffic.ts'
import { addContentRoutes } from './content.ts'
import { authenticate } from './credentials.ts'
import { dataCenterDialect } from './dialect.ts'
import { addPeopleRoutes } from './people.ts'
import { addSpaceRoutes } from './spaces.ts'

export function addDataCenter(server: FastifyInstance, front: FrontEnd): void {
  void server.register(
    async (site) => {
      site.addHook('onRequest', async (request, reply) => {
        if (!isWrite(request)) authenticate(front, request, reply)
      })
      const dialect = dataCenterDialect(front)
      addContentRoutes(site, dialect)
      addSpaceRoutes(site, dialect)
      addPeopleRoutes(site, dialect)
      site.get('/rest/api/server-information', () => ({
        baseUrl: front.baseUrl,
        version: front.switches.version,
        buildNumber: Number(front.switches.version.split('.')[0]) * 1000,
      }))
    },
    { prefix: front.basePath },
  )
}
