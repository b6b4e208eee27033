// Fastify: health and the platforms' routes. Owns the port; knows nothing of what the routes do.
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify'
import type { Core } from '../core/core.ts'
import { isDatabaseAlive } from '../db/queries/health.ts'
import { InvalidInputError } from '../errors.ts'

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

/** Returns the address. Rejects with `InvalidInputError` when HOST and PORT cannot be listened on. */
export async function listen(server: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (cause) {
    const reason = listenFailures[(cause as NodeJS.ErrnoException).code ?? '']
    if (reason === undefined) throw cause
    const sentence = `Footnote cannot listen on HOST ${host}, PORT ${port}: ${reason}`
    throw new InvalidInputError('address_unusable', sentence, { cause })
  }
}

const listenFailures: Record<string, string> = {
  EADDRINUSE: 'another program uses this port. Stop it, or choose another PORT.',
  EACCES: 'that port needs more rights than this process has. Choose a PORT of 1024 or above.',
  EADDRNOTAVAIL: 'this machine has no such address. Choose another HOST, such as 127.0.0.1 or 0.0.0.0.',
  ENOTFOUND: 'there is no such host. Choose another HOST, such as 127.0.0.1 or 0.0.0.0.',
}
