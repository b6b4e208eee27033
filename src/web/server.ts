// Fastify: health and the platforms' routes. Owns the port; knows nothing of what the routes do.
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify'
import type { Core } from '../core/core.ts'
import { isDatabaseAlive } from '../db/queries/health.ts'

/** A platform's routes; `register` mounts them. */
export type Routes = { register: (server: FastifyInstance) => void | Promise<void> }

/** The server with its routes, not listening yet. */
export async function createServer(core: Core, routes: Routes[]): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = core.log.child({}, { level: 'warn' })
  const server = fastify({ loggerInstance, requestTimeout: 30_000 })
  server.get('/health', () => ({ status: 'ok' }))
  server.get('/ready', async (_request, reply) => {
    const isReady = await isDatabaseAlive(core.database.db)
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'database away' })
  })
  for (const { register } of routes) await register(server)
  return server
}
