import { once } from 'node:events'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { loadConfig } from '../../src/config.ts'
import type { Core } from '../../src/core/core.ts'
import type { Database } from '../../src/db/database.ts'
import { createLog } from '../../src/log.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { createServer, listen } from '../../src/web/server.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'

describe.each(databaseKinds)('createServer on %s', (kind) => {
  let database: Database
  let server: FastifyInstance

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    const core: Core = {
      config: loadConfig({}),
      log: createLog('silent'),
      database,
      encryptionKey: () => new Uint8Array(32),
      budgets: undefined as never,
      enqueueRun: async () => {},
      now: () => new Date(),
    }
    const routes = {
      register: (fastify: FastifyInstance) => {
        fastify.get('/platform', () => ({ answered: true }))
        fastify.post('/platform', () => ({ answered: true }))
        fastify.get('/broken', () => {
          throw new Error('the words of a page')
        })
      },
    }
    server = await createServer(core, [routes])
  })
  afterAll(() => server.close())

  const get = async (url: string) => {
    const response = await server.inject({ method: 'GET', url })
    return { status: response.statusCode, body: response.json<unknown>() }
  }

  it('mounts the routes of the platforms', async () => {
    expect(await get('/platform')).toEqual({ status: 200, body: { answered: true } })
  })

  it('does not know other addresses', async () => {
    expect((await get('/nothing')).status).toBe(404)
  })

  it('refuses a body that is no JSON', async () => {
    const headers = { 'content-type': 'application/json' }
    const { statusCode } = await server.inject({ method: 'POST', url: '/platform', headers, body: '{' })
    expect(statusCode).toBe(400)
  })

  it('tells nobody outside what went wrong inside', async () => {
    const { status, body } = await get('/broken')
    expect([status, body]).toEqual([500, { status: 'failed' }])
  })

  it.each<[string, { host: string; port?: number }, RegExp]>([
    ['a port that is taken', { host: '127.0.0.1' }, /another program uses this port\. .*PORT\.$/],
    ['an address of another machine', { host: '192.0.2.1', port: 8080 }, /no such address\. .*HOST, such as/],
    ['a host that does not exist', { host: 'here.invalid', port: 8080 }, /no such host\. .*HOST, such as/],
  ])('says that it cannot listen on %s', async (_, { host, port }, reason) => {
    const other = createNetServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const taken = { host, port: port ?? (other.address() as AddressInfo).port }
    const error: unknown = await listen(server, taken).catch((thrown: unknown) => thrown)
    other.close()
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toHaveProperty('message', expect.stringContaining(`on HOST ${host}, PORT ${taken.port}: `))
    expect(error).toHaveProperty('message', expect.stringMatching(reason))
  })

  it('is alive and ready, and when the database goes away alive but not ready', async () => {
    expect(await get('/health')).toEqual({ status: 200, body: { status: 'ok' } })
    expect(await get('/ready')).toEqual({ status: 200, body: { status: 'ok' } })
    await database.close()
    expect(await get('/health')).toEqual({ status: 200, body: { status: 'ok' } })
    expect(await get('/ready')).toEqual({ status: 503, body: { status: 'database away' } })
  })
})
