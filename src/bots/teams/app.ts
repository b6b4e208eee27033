// The Teams bot: wiring of events, render, identity and dialogs to the Bot Framework SDK and to HTTP. The only importer
// of botbuilder and botframework-connector, which are at their end of life; everything else here is plain JSON.
import { CloudAdapter, ConfigurationBotFrameworkAuthentication, type TurnContext } from 'botbuilder'
import {
  type ConnectorClient,
  JwtTokenProviderFactory,
  ManagedIdentityServiceClientCredentialsFactory,
  ServiceClientCredentialsFactory,
} from 'botframework-connector'
import * as mappers from 'botframework-connector/lib/connectorApi/models/mappers.js'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Core } from '../../core/core.ts'
import { AccessDeniedError, isFootnoteError } from '../../errors.ts'
import { type TeamsActions, defaultActions } from './actions.ts'
import { type InvokeResponse, type OutboundMessage, type Place, addressOf, inboundActivity } from './activity.ts'
import { deliver } from './delivery.ts'
import { parseActivity } from './events.ts'
import {
  type TeamsPolicy,
  channelIssuer,
  claimsChannel,
  findRefusal,
  isServiceUrlAllowed,
  resolvePolicy,
} from './gate.ts'
import { createIdentify } from './identity.ts'
import { createBotLogin, resolveLogin } from './login.ts'
import type { TeamsTransport } from './reply.ts'
import { createTasks } from './tasks.ts'
import { type Turns, createTurns } from './turns.ts'

export type TeamsApp = {
  /** Mounts POST /api/messages. */
  register(fastify: FastifyInstance): void
  /** Lets answers under way finish for ten seconds, then ends them. */
  stop(): Promise<void>
}

const processTimeoutMs = 10_000
const stopTimeoutMs = 10_000
const unknownMember = new Set(['teams_refused', 'teams_message_invalid'])

/** Undefined when Teams is not configured. `InvalidInputError` when the configuration is incomplete or unsafe. */
export async function createTeamsApp(
  core: Core,
  actions: Partial<TeamsActions> & { dialogAnswerWithinMs?: number } = {},
): Promise<TeamsApp | undefined> {
  const policy = resolvePolicy(core.config)
  if (policy === undefined) return undefined
  keepEntityProperties()
  const adapter = new CloudAdapter(createAuthentication(core, policy))
  const transport = createTransport(adapter, policy)
  const turns = createTurns({
    core,
    actions: { ...defaultActions, ...actions },
    transport,
    identify: createIdentify((place, signal) => transport.fetchMember(place, signal), core.now),
    appId: policy.appId,
    dialogAnswerWithinMs: actions.dialogAnswerWithinMs,
  })
  const tasks = createTasks(stopTimeoutMs)
  const receive = createReceiver({ core, policy, adapter, turns, tasks })
  return {
    register: (fastify) => void fastify.post('/api/messages', receive),
    stop: () => tasks.stop(),
  }
}

/**
 * botframework-connector 4.23.3 drops every property of `entities[]` except three, so that citations and the AI label
 * never leave the process (microsoft/botbuilder-js#4902; fixed by #4903, which was never published).
 */
function keepEntityProperties(): void {
  const entity = mappers.Entity.type as { additionalProperties?: { type: { name: 'Object' } } }
  entity.additionalProperties = { type: { name: 'Object' } }
}

type ReceiverParts = {
  core: Core
  policy: TeamsPolicy
  adapter: CloudAdapter
  turns: Turns
  tasks: ReturnType<typeof createTasks>
}

/** Authenticates, acknowledges at once and answers in the background; invokes are answered in the response. */
function createReceiver({ core, policy, adapter, turns, tasks }: ReceiverParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const parsed = inboundActivity.safeParse(request.body)
    if (!parsed.success) return reply.code(400).send()
    if (policy.appId !== undefined && !claimsChannel(request.headers.authorization)) return reply.code(401).send()
    if (tasks.isStopping()) return reply.code(503).send()

    let outcome: InvokeResponse | { status: number } | undefined
    const logic = async (): Promise<void> => {
      outcome = { status: 200 }
      const refusal = findRefusal(parsed.data, policy)
      if (refusal !== undefined) {
        core.log.warn({ refusal }, 'teams: turned away')
        outcome = { status: 403 }
        return
      }
      const event = parseActivity(parsed.data)
      if (event.kind === 'question' || event.kind === 'command') {
        tasks.start((signal) => turns.answerMessage(event, signal))
      } else if (parsed.data.type === 'invoke') outcome = await turns.answerInvoke(event, tasks.signal)
    }
    const http = { method: request.method, headers: request.headers, body: { ...parsed.data } }
    const code = await processTurn(adapter, http, logic)
    // Whatever the SDK says about a request that it did not let through is for its own log, not for the caller.
    if (outcome === undefined) return reply.code(code === 500 ? 401 : code).send()
    return 'body' in outcome ? reply.code(outcome.status).send(outcome.body) : reply.code(outcome.status).send()
  }
}

type HttpRequest = {
  method: string
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
}

/** Resolves to the HTTP status that the adapter decided on; its fetch of signing keys has no timeout of its own. */
async function processTurn(adapter: CloudAdapter, request: HttpRequest, logic: () => Promise<void>): Promise<number> {
  let code = 200
  let timer: NodeJS.Timeout | undefined
  const response = {
    status: (status: number) => void (code = status),
    send() {},
    header() {},
    end() {},
    socket: undefined,
  }
  const late = new Promise<number>((resolve) => {
    timer = setTimeout(resolve, processTimeoutMs, 503)
  })
  try {
    return await Promise.race([
      adapter.process(request, response, logic).then(
        () => code,
        () => 500,
      ),
      late,
    ])
  } finally {
    clearTimeout(timer)
  }
}

function createAuthentication(core: Core, policy: TeamsPolicy): ConfigurationBotFrameworkAuthentication {
  const { config } = core
  const addresses = {
    ToChannelFromBotLoginUrl: config.MICROSOFT_LOGIN_URL,
    ToChannelFromBotOAuthScope: 'https://api.botframework.com',
    ToBotFromChannelTokenIssuer: channelIssuer,
    ToBotFromChannelOpenIdMetadataUrl: config.MICROSOFT_OPENID_METADATA_URL,
    OAuthUrl: 'https://api.botframework.com',
  }
  const authentication = { requiredEndorsements: [] }
  return new ConfigurationBotFrameworkAuthentication(addresses, createCredentials(core, policy), authentication)
}

function createCredentials(core: Core, { appId }: TeamsPolicy): ServiceClientCredentialsFactory {
  if (appId === undefined) return new BotCredentials(undefined, undefined)
  const { config, now } = core
  if (config.MICROSOFT_APP_TYPE === 'UserAssignedMSI') {
    return new ManagedIdentityServiceClientCredentialsFactory(appId, new JwtTokenProviderFactory())
  }
  return new BotCredentials(appId, createBotLogin(resolveLogin(config, appId), now))
}

type WebResource = Parameters<
  Awaited<ReturnType<ServiceClientCredentialsFactory['createCredentials']>>['signRequest']
>[0]

class BotCredentials extends ServiceClientCredentialsFactory {
  readonly #appId: string | undefined
  readonly #fetchToken: (() => Promise<string>) | undefined

  constructor(appId: string | undefined, fetchToken: (() => Promise<string>) | undefined) {
    super()
    this.#appId = appId
    this.#fetchToken = fetchToken
  }

  override isValidAppId = async (appId: string) => appId === this.#appId
  override isAuthenticationDisabled = async () => this.#appId === undefined
  override createCredentials = async () => ({
    signRequest: async (request: WebResource) => {
      if (this.#fetchToken !== undefined) request.headers.set('authorization', `Bearer ${await this.#fetchToken()}`)
      return request
    },
  })
}

function createTransport(adapter: CloudAdapter, policy: TeamsPolicy): TeamsTransport {
  async function withClient<T>(place: Place, use: (client: ConnectorClient) => Promise<T>): Promise<T> {
    if (!isServiceUrlAllowed(place.serviceUrl, policy)) {
      throw new AccessDeniedError(
        'teams_service_url',
        'The address that Teams named is not one of TEAMS_SERVICE_HOSTS.',
      )
    }
    const results: T[] = []
    const reference = {
      serviceUrl: place.serviceUrl,
      channelId: 'msteams',
      ...addressOf(place),
      bot: addressOf(place).from,
    }
    await adapter.continueConversationAsync(policy.appId ?? '', reference, async (context: TurnContext) => {
      const client = context.turnState.get<ConnectorClient>(adapter.ConnectorClientKey)
      withoutRetries(client)
      results.push(await use(client))
    })
    return results[0] as T
  }

  return {
    async post(place, message, signal) {
      const send = (abortSignal: AbortSignal) =>
        withClient(place, (client) =>
          client.conversations.sendToConversation(place.conversationId, toActivity(place, message), { abortSignal }),
        )
      const { id } = await deliver({ isIdempotent: false, send }, signal)
      return id
    },
    async update(place, messageId, message, signal) {
      const activity = { ...toActivity(place, message), id: messageId }
      const send = (abortSignal: AbortSignal) =>
        withClient(place, (client) =>
          client.conversations.updateActivity(place.conversationId, messageId, activity, { abortSignal }),
        )
      await deliver({ isIdempotent: true, send }, signal)
    },
    async openPrivateChat(place, signal) {
      const { from: bot, recipient: person } = addressOf(place)
      const channelData = { tenant: { id: place.tenantId } }
      const parameters = { bot, members: [person], isGroup: false, tenantId: place.tenantId, channelData }
      const send = (abortSignal: AbortSignal) =>
        withClient(place, (client) =>
          client.conversations.createConversation(parameters as unknown as ConversationParameters, { abortSignal }),
        )
      // Creating the chat again gives the same chat.
      const { id } = await deliver({ isIdempotent: true, send }, signal)
      return { ...place, conversationId: id, conversationType: 'personal', audience: 'direct', teamId: undefined }
    },
    async fetchMember(place, signal) {
      // A team's roster knows the people of its channels.
      const roster = place.teamId ?? place.conversationId.replace(/;messageid=.*$/, '')
      const send = (abortSignal: AbortSignal) =>
        withClient(place, (client) =>
          client.conversations.getConversationMember(roster, place.person.id, { abortSignal }),
        )
      try {
        return { ...(await deliver({ isIdempotent: true, send }, signal)) }
      } catch (error) {
        // The connector does not know the person or does not let us ask: nobody vouches for them.
        if (isFootnoteError(error) && unknownMember.has(error.code)) return undefined
        throw error
      }
    },
    async fetchMembers(place, { rosterId, ...page }, signal) {
      const send = (abortSignal: AbortSignal) =>
        withClient(place, (client) =>
          client.conversations.getConversationPagedMembers(rosterId, { ...page, abortSignal } as PageOptions),
        )
      const { members, continuationToken } = await deliver({ isIdempotent: true, send }, signal)
      return { members: members?.map((member) => ({ ...member })), continuationToken }
    },
  }
}

/** The SDK's own retries would post a message again whose outcome is unknown; delivery.ts decides instead. */
function withoutRetries(client: ConnectorClient): void {
  const { client: http } = client as unknown as {
    client: { pipeline: { removePolicy(policy: { name: string }): void } }
  }
  http.pipeline.removePolicy({ name: 'defaultRetryPolicy' })
}

type ConversationParameters = Parameters<ConnectorClient['conversations']['createConversation']>[0]
/** The SDK wants a token for the first page too, and leaves out of the address what is undefined. */
type PageOptions = { pageSize: number; continuationToken: string; abortSignal: AbortSignal }
type SentActivity = Parameters<ConnectorClient['conversations']['sendToConversation']>[1]

function toActivity(place: Place, message: OutboundMessage): Partial<SentActivity> {
  return { ...(message as Partial<SentActivity>), type: 'message', channelId: 'msteams', ...addressOf(place) }
}
