// The connector's side of the sandbox: what a bot calls. Conversations with their messages, rosters, the bot's login,
// and the keys with which Teams signs.
import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type SandboxPerson, isEmployee } from './people.ts'
import { findRefusal } from './rules.ts'
import { getKeySet } from './tokens.ts'

export type Json = Record<string, unknown>

/** A message of the bot as it stands now. */
export type SandboxActivity = Json & { id: string; conversationId: string; revision: number; isDeleted: boolean }

/** One answer to give instead of the real one. */
export type Failure = {
  /** Only for requests with this method; default: any. */
  method?: string
  /** Only for requests whose path has this in it; default: any. */
  path?: string
  status: number
  code?: string
  retryAfterSeconds?: number
  times?: number
}

export type ConnectorState = {
  appId: string
  appPassword: string
  tenantId: string
  people: SandboxPerson[]
  /** Who is in a conversation or team, by its id, where that was said. */
  rosters: Map<string, SandboxPerson[]>
  activities: SandboxActivity[]
  failures: Failure[]
  /** Conversations that the bot was removed from. */
  closed: Set<string>
  /** Every call of the bot, in order. */
  requests: { method: string; path: string; body: unknown; isAuthorized: boolean }[]
  tokens: Set<string>
  /** False: bots without credentials are served (Agents Playground). */
  requiresToken: boolean
  onChange: () => void
}

type Params = { conversationId: string; activityId: string; memberId: string }

/** `/login` is Microsoft's login, `/openid` the key server, `/v3` the connector. */
export function createConnector(state: ConnectorState): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 1_000 } })
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))))
  })
  server.post<{ Params: { tenantId: string } }>('/login/:tenantId/oauth2/v2.0/token', (request, reply) =>
    logIn(state, request.params.tenantId, request.body as Record<string, string>, reply),
  )
  server.get('/openid', (request) => ({ jwks_uri: `http://${request.host}/openid/keys`, issuer: 'sandbox' }))
  server.get('/openid/keys', () => getKeySet())
  void server.register(async (v3) => {
    v3.addHook('preHandler', (request, reply, done) => {
      if (admit(state, request, reply)) done()
    })
    registerActivities(v3, state)
    registerMembers(v3, state)
  })
  return server
}

async function logIn(state: ConnectorState, tenantId: string, form: Record<string, string>, reply: FastifyReply) {
  const isRight =
    tenantId === state.tenantId &&
    form['grant_type'] === 'client_credentials' &&
    form['client_id'] === state.appId &&
    form['client_secret'] === state.appPassword &&
    form['scope'] === 'https://api.botframework.com/.default'
  if (!isRight) return reply.code(401).send({ error: 'invalid_client' })
  const token = `sandbox-${randomUUID()}`
  state.tokens.add(token)
  return { token_type: 'Bearer', expires_in: 3600, access_token: token }
}

/** Answers the request itself, and gives false, when it is not to be served. */
function admit(state: ConnectorState, request: FastifyRequest, reply: FastifyReply): boolean {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const isAuthorized = !state.requiresToken || (token !== undefined && state.tokens.has(token))
  state.requests.push({ method: request.method, path: request.url, body: request.body, isAuthorized })
  state.onChange()
  const failure = takeFailure(state, request)
  if (failure !== undefined) {
    if (failure.retryAfterSeconds !== undefined) void reply.header('retry-after', String(failure.retryAfterSeconds))
    void refuse(reply, failure.status, failure.code ?? 'InjectedFailure')
    return false
  }
  const { conversationId } = request.params as Partial<Params>
  if (!isAuthorized) void refuse(reply, 401, 'Unauthorized')
  else if (conversationId !== undefined && state.closed.has(conversationId)) {
    void refuse(reply, 403, 'BotNotInConversationRoster')
  } else return true
  return false
}

function takeFailure(state: ConnectorState, { method, url }: FastifyRequest): Failure | undefined {
  const index = state.failures.findIndex(
    (failure) => (failure.method ?? method) === method && url.includes(failure.path ?? ''),
  )
  const failure = state.failures[index]
  if (failure === undefined) return undefined
  if ((failure.times ?? 1) > 1) state.failures[index] = { ...failure, times: (failure.times ?? 1) - 1 }
  else state.failures.splice(index, 1)
  return failure
}

function registerActivities(server: FastifyInstance, state: ConnectorState): void {
  const path = '/v3/conversations/:conversationId/activities'

  server.post<{ Body: Json }>('/v3/conversations', (request, reply) => {
    const members = (request.body['members'] ?? []) as { id: string }[]
    // The connector takes a person's Entra object id too.
    const known = members.map(({ id }) => state.people.find((person) => person.id === id || person.aadObjectId === id))
    const [first] = known
    if (first === undefined || known.includes(undefined)) return refuse(reply, 403, 'BotNotInConversationRoster')
    return reply.code(201).send({ id: privateChatId(first.id) })
  })

  const post = (request: FastifyRequest<{ Params: Params; Body: Json }>, reply: FastifyReply) => {
    const refusal = findRefusal(request.body)
    if (refusal !== undefined) return refuse(reply, refusal.status, refusal.code, refusal.message)
    const id = String(1_700_000_000_000 + state.activities.length)
    const { conversationId } = request.params
    state.activities.push({ ...request.body, id, conversationId, revision: 1, isDeleted: false })
    state.onChange()
    return reply.code(201).send({ id })
  }
  server.post(path, post)
  server.post(`${path}/:activityId`, post)

  server.put<{ Params: Params; Body: Json }>(`${path}/:activityId`, (request, reply) => {
    const current = findActivity(state, request.params)
    if (current === undefined) return refuse(reply, 404, 'ActivityNotFoundInConversation')
    const refusal = findRefusal(request.body)
    if (refusal !== undefined) return refuse(reply, refusal.status, refusal.code, refusal.message)
    const { id, conversationId, revision } = current
    const updated = { ...request.body, id, conversationId, revision: revision + 1, isDeleted: false }
    state.activities[state.activities.indexOf(current)] = updated
    state.onChange()
    return reply.send({ id })
  })

  server.delete<{ Params: Params }>(`${path}/:activityId`, (request, reply) => {
    const current = findActivity(state, request.params)
    if (current === undefined) return refuse(reply, 404, 'ActivityNotFoundInConversation')
    current.isDeleted = true
    state.onChange()
    return reply.send()
  })
}

/** The bot's private chat with a person, once the bot opened it. */
export function privateChatId(personId: string): string {
  return `a:private-${personId}`
}

function findActivity(state: ConnectorState, { conversationId, activityId }: Params): SandboxActivity | undefined {
  return state.activities.find(
    (activity) => activity.id === activityId && activity.conversationId === conversationId && !activity.isDeleted,
  )
}

const minPageSize = 50
const maxPageSize = 500

/**
 * A conversation or team whose roster was not set lists the employees, and vouches for everybody whom it is asked about.
 * Page sizes are kept within 50 and 500, as Microsoft documents it; unlike Microsoft's, rosters of chats have pages too.
 */
function registerMembers(server: FastifyInstance, state: ConnectorState): void {
  const listMembers = (conversationId: string) =>
    state.rosters.get(conversationId) ?? state.people.filter((person) => isEmployee(person, state.tenantId))

  server.get<{ Params: Params }>('/v3/conversations/:conversationId/members', (request) =>
    listMembers(request.params.conversationId),
  )
  server.get<{ Params: Params; Querystring: { pageSize?: string; continuationToken?: string } }>(
    '/v3/conversations/:conversationId/pagedmembers',
    (request) => {
      const { pageSize = maxPageSize, continuationToken = 'from-0' } = request.query
      const start = Number(continuationToken.replace('from-', ''))
      const end = start + Math.min(Math.max(Number(pageSize), minPageSize), maxPageSize)
      const roster = listMembers(request.params.conversationId)
      const next = end < roster.length ? { continuationToken: `from-${end}` } : {}
      return { members: roster.slice(start, end), ...next }
    },
  )
  server.get<{ Params: Params }>('/v3/conversations/:conversationId/members/:memberId', (request, reply) => {
    const { conversationId, memberId } = request.params
    const roster = state.rosters.get(conversationId) ?? state.people
    const member = roster.find(({ id, aadObjectId }) => id === memberId || aadObjectId === memberId)
    return member === undefined ? refuse(reply, 404, 'MemberNotFoundInConversation') : reply.send(member)
  })
}

function refuse(reply: FastifyReply, status: number, code: string, message = code): FastifyReply {
  return reply.code(status).send({ error: { code, message } })
}
