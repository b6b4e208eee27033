// POST /api/messages: authenticates, acknowledges at once and answers in the background; invokes are answered in the
// response.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { UnderWay } from '../under-way.ts'
import { type InvokeResponse, type Place, inboundActivity } from './activity.ts'
import { parseActivity } from './events.ts'
import { type TeamsPolicy, claimsChannel, findRefusal } from './gate.ts'
import { type InvokeParts, answerInvoke } from './invokes.ts'
import { type MessageParts, answerMessage } from './messages.ts'

export type TeamsParts = MessageParts & InvokeParts

export type HttpRequest = {
  method: string
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
}

type Options = {
  policy: TeamsPolicy
  /** Runs `logic` when the request's token is a true one; resolves to the HTTP status that came of it. */
  authenticate: (request: HttpRequest, logic: () => Promise<void>) => Promise<number>
  underWay: UnderWay
  /** Told where people write from. */
  remember: (place: Place) => void
  parts: TeamsParts
}

const messageTimeoutMs = 180_000

export function createReceiver({ policy, authenticate, underWay, remember, parts }: Options) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const parsed = inboundActivity.safeParse(request.body)
    if (!parsed.success) return reply.code(400).send()
    if (policy.appId !== undefined && !claimsChannel(request.headers.authorization)) return reply.code(401).send()
    if (underWay.isStopping()) return reply.code(503).send()

    let outcome: InvokeResponse | { status: number } | undefined
    const logic = async (): Promise<void> => {
      outcome = { status: 200 }
      const refusal = findRefusal(parsed.data, policy)
      if (refusal !== undefined) {
        parts.core.log.warn({ refusal }, 'teams: turned away')
        outcome = { status: 403 }
        return
      }
      const event = parseActivity(parsed.data)
      if ('place' in event) remember(event.place)
      if (event.kind === 'question' || event.kind === 'command') {
        void underWay.run('teams: a message', messageTimeoutMs, (signal) => answerMessage(parts, event, signal))
      } else if (parsed.data.type === 'invoke') outcome = await answerInvoke(parts, event, underWay.signal)
    }
    const http = { method: request.method, headers: request.headers, body: { ...parsed.data } }
    const code = await authenticate(http, logic)
    // Whatever the SDK says about a request that it did not let through is for its own log, not for the caller.
    if (outcome === undefined) return reply.code(code === 500 ? 401 : code).send()
    return 'body' in outcome ? reply.code(outcome.status).send(outcome.body) : reply.code(outcome.status).send()
  }
}
