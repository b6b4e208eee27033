// Where Data Center tells what changed. A webhook is a hint: signed, or refused; and whatever it says, the page is asked for.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { findWebhookSecret, webhookPath } from '../core/connections/webhooks.ts'
import type { Core } from '../core/core.ts'
import { createHintTaker } from '../core/sync/take-hints.ts'
import { type WebhookEvent, parseWebhookEvent } from '../core/sync/webhook-event.ts'
import { type Connection, findConnection } from '../db/queries/connections.ts'
import { isFootnoteError } from '../errors.ts'
import type { Routes } from './server.ts'

/** They hold a few ids. */
const maxBodyBytes = 64 * 1024
/** One that comes again within this time is known. */
const replayMs = 10 * 60_000
const maxRemembered = 10_000

/** `POST /webhooks/confluence/CONNECTION`: 202 once it is written down. */
export function createWebhooks(core: Core): Routes {
  const take = createHintTaker(core)
  const seen = createMemory(core.now)
  return {
    register: (server) =>
      void server.register((scope, _options, done) => {
        // The signature is over the bytes as they came, whatever they call themselves.
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
        scope.post<{ Params: { connection: string } }>(
          `${webhookPath}/:connection`,
          { bodyLimit: maxBodyBytes },
          async (request, reply) => {
            const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
            const connection = await findSender(
              core,
              request.params.connection,
              body,
              request.headers['x-hub-signature'],
            )
            if (connection === undefined) return reply.code(401).send({ status: 'refused' })
            const event = parseBody(body)
            if (event === undefined) return reply.code(400).send({ status: 'refused' })
            return accept(reply, connection, event)
          },
        )
        done()
      }),
  }

  async function accept(reply: FastifyReply, connection: Connection, event: WebhookEvent): Promise<FastifyReply> {
    const isWanted = connection.state === 'active' && connection.autoSync
    const key = `${connection.id} ${event.key}`
    if (isWanted && seen.add(key)) {
      try {
        await take(connection, event)
      } catch (error) {
        // Whoever sent it may send it again.
        seen.forget(key)
        if (!isFootnoteError(error)) throw error
        core.log.warn({ code: error.code, connection: connection.name }, 'a webhook was not taken')
        return reply.code(503).send({ status: 'busy' })
      }
    }
    return reply.code(202).send({ status: 'accepted' })
  }
}

const connectionName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
/** What an unknown connection signs with: comparing takes as long as with a known one. */
const nobodysSecret = randomBytes(32).toString('base64url')

/** The connection that the body was signed for; undefined without telling what of it is wrong. */
async function findSender(
  core: Core,
  name: string,
  body: Buffer,
  signature: string | string[] | undefined,
): Promise<Connection | undefined> {
  const connection = connectionName.test(name) ? await findConnection(core.database.db, name) : undefined
  const secret = connection === undefined ? undefined : openSecret(core, connection)
  const isSigned = isSignedWith(secret ?? nobodysSecret, body, signature)
  return isSigned && secret !== undefined ? connection : undefined
}

function openSecret(core: Core, connection: Connection): string | undefined {
  try {
    return findWebhookSecret(core, connection)
  } catch (error) {
    if (!isFootnoteError(error)) throw error
    core.log.error({ code: error.code, connection: connection.name }, 'webhooks cannot be checked')
    return undefined
  }
}

function isSignedWith(secret: string, body: Buffer, signature: string | string[] | undefined): boolean {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(typeof signature === 'string' ? signature.trim() : '')?.[1]
  const expected = createHmac('sha256', secret).update(body).digest()
  return given !== undefined && timingSafeEqual(expected, Buffer.from(given, 'hex'))
}

function parseBody(body: Buffer): WebhookEvent | undefined {
  try {
    return parseWebhookEvent(JSON.parse(body.toString('utf8')))
  } catch {
    return undefined
  }
}

/** Keys of the last minutes; each replica has its own: taken twice, a hint only asks for a page once more. */
function createMemory(now: () => Date) {
  const until = new Map<string, number>()
  return {
    /** False when it is there already. */
    add: (key: string): boolean => {
      const at = now().getTime()
      // Oldest first.
      for (const [known, end] of until) {
        if (end > at && until.size < maxRemembered) break
        until.delete(known)
      }
      if (until.has(key)) return false
      until.set(key, at + replayMs)
      return true
    },
    forget: (key: string): void => void until.delete(key),
  }
}
