// Fastify: health and the platforms' routes. Owns the port; knows nothing of what the routes do.
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify'
import type { Core } from '../core/core.ts'
import { isDatabaseAlive } from '../db/queries/health.ts'

/** A platform's routes; `register` mounts them. */
export type Routes = { register: (server: FastifyInstance) => void | Promise<void> }

/** The server with its routes, not listening yet. */
export async function createServer(core: Core, routes: Routes[]): Promise<FastifyInstance> {
  // Fastify logs every request at info; a stricter level of ours stays.
  const level = core.log.isLevelEnabled('warn') ? 'warn' : core.log.level
  const loggerInstance: FastifyBaseLogger = core.log.child({}, { level })
  const server = fastify({ loggerInstance, requestTimeout: 30_000 })
  server.setErrorHandler(async (error: { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ status: 'refused' })
    // Fastify would send the message, which is written for us and not for callers.
    request.log.error({ err: error }, 'a request failed')
    return reply.code(status).send({ status: 'failed' })
  })
  server.get('/health', () => ({ status: 'ok' }))
  server.get('/ready', async (_request, reply) => {
    const isReady = await isDatabaseAlive(core.database.db)
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'database away' })
  })
  for (const { register } of routes) await register(server)
  return server
}
