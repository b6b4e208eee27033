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
import type { FastifyInstance } from 'fastify'
import type { Core } from '../../core/core.ts'
import { AccessDeniedError, isFootnoteError } from '../../errors.ts'
import { settledWithin } from '../settled-within.ts'
import { createUnderWay } from '../under-way.ts'
import { type TeamsActions, defaultActions } from './actions.ts'
import { type OutboundMessage, type Place, addressOf, chatIdOf } from './activity.ts'
import { createPermits } from './audience.ts'
import { deliver } from './delivery.ts'
import { createDialogs } from './dialogs.ts'
import { type TeamsPolicy, channelIssuer, isServiceUrlAllowed, resolvePolicy } from './gate.ts'
import { createIdentify } from './identity.ts'
import { createBotLogin, resolveLogin } from './login.ts'
import { createIsRepeated } from './messages.ts'
import { type HttpRequest, type TeamsParts, createReceiver } from './receiver.ts'
import type { TeamsTransport } from './reply.ts'
import { type ServiceUrls, type Telling, createTelling } from './tell.ts'

export type TeamsApp = {
  /** Mounts POST /api/messages. */
  register(fastify: FastifyInstance): void
  /** Lets answers under way finish for ten seconds, then ends them. */
  stop(): Promise<void>
  /** Writes to a person, named as in the audit log (`teams:TENANT:ID`); false when they cannot be reached. */
  tell: Telling['tell']
  /** Whom an actor of the audit log, an Entra object id or an e-mail address names. */
  find: Telling['find']
  /** Entra tenants that may use it. */
  tenants: string[]
}

const processTimeoutMs = 10_000
const stopWaitMs = 10_000
const unknownMember = new Set(['teams_refused', 'teams_message_invalid'])

/** Single actions may be replaced; `dialogAnswerWithinMs` is how long a dialog waits for its card. */
type TeamsOptions = Partial<TeamsActions> & { dialogAnswerWithinMs?: number; serviceUrls?: ServiceUrls }

/** Undefined when Teams is not configured. `InvalidInputError` when the configuration is incomplete or unsafe. */
export async function createTeamsApp(core: Core, options: TeamsOptions = {}): Promise<TeamsApp | undefined> {
  const policy = resolvePolicy(core.config)
  if (policy === undefined) return undefined
  keepEntityProperties()
  const adapter = new CloudAdapter(createAuthentication(core, policy))
  const underWay = createUnderWay(core.log)
  const transport = createTransport(adapter, policy)
  const telling = createTelling(
    transport,
    policy.appId,
    core.now,
    options.serviceUrls,
    (error) => core.log.warn({ err: error }, 'teams: the address of a tenant was not kept'),
    policy.tenants === 'any' ? [] : policy.tenants,
  )
  const receive = createReceiver({
    policy,
    remember: telling.remember,
    authenticate: (request, logic) => processTurn(adapter, request, logic),
    underWay,
    parts: createParts(core, options, transport, telling, policy.appId),
  })
  return {
    register: (fastify) => void fastify.post('/api/messages', receive),
    stop: () => underWay.finish(stopWaitMs),
    tell: telling.tell,
    find: telling.find,
    tenants: policy.tenants === 'any' ? [] : policy.tenants,
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

function createParts(
  core: Core,
  options: TeamsOptions,
  transport: TeamsTransport,
  { rememberAsker }: Telling,
  appId: string | undefined,
): TeamsParts {
  const { dialogAnswerWithinMs: answerWithinMs, serviceUrls: _serviceUrls, ...given } = options
  const actions = { ...defaultActions, ...given }
  const identify = createIdentify((place, signal) => transport.fetchMember(place, signal), core.now, rememberAsker)
  return {
    core,
    actions,
    transport,
    identify,
    permits: createPermits(transport.fetchMembers, core.now),
    isRepeated: createIsRepeated(core.now),
    dialogs: createDialogs({ core, actions, identify, answerWithinMs }),
    appId,
  }
}

/** Resolves to the HTTP status that the adapter decided on; its fetch of signing keys has no timeout of its own. */
async function processTurn(adapter: CloudAdapter, request: HttpRequest, logic: () => Promise<void>): Promise<number> {
  let code = 200
  const response = {
    status: (status: number) => void (code = status),
    send() {},
    header() {},
    end() {},
    socket: undefined,
  }
  const processed = adapter.process(request, response, logic).then(
    () => code,
    () => 500,
  )
  return (await settledWithin(processed, processTimeoutMs)) ?? 503
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
  const call = createCall(adapter, policy)
  return {
    async post(place, message, signal) {
      const { conversationId } = place
      const activity = toActivity(place, message)
      const { id } = await call(place, { isIdempotent: false, signal }, (conversations, options) =>
        conversations.sendToConversation(conversationId, activity, options),
      )
      return id
    },
    async update(place, messageId, message, signal) {
      const { conversationId } = place
      const activity = { ...toActivity(place, message), id: messageId }
      await call(place, { isIdempotent: true, signal }, (conversations, options) =>
        conversations.updateActivity(conversationId, messageId, activity, options),
      )
    },
    async openPrivateChat(place, signal) {
      const { from: bot, recipient: person } = addressOf(place)
      const channelData = { tenant: { id: place.tenantId } }
      const parameters = { bot, members: [person], isGroup: false, tenantId: place.tenantId, channelData }
      // Creating the chat again gives the same chat.
      const { id } = await call(place, { isIdempotent: true, signal }, (conversations, options) =>
        conversations.createConversation(parameters as unknown as ConversationParameters, options),
      )
      return { ...place, conversationId: id, conversationType: 'personal', audience: 'direct', teamId: undefined }
    },
    async fetchMember(place, signal) {
      // A team's roster knows the people of its channels.
      const roster = place.teamId ?? chatIdOf(place)
      try {
        const member = await call(place, { isIdempotent: true, signal }, (conversations, options) =>
          conversations.getConversationMember(roster, place.person.id, options),
        )
        return { ...member }
      } catch (error) {
        // The connector does not know the person or does not let us ask: nobody vouches for them.
        if (isFootnoteError(error) && unknownMember.has(error.code)) return undefined
        throw error
      }
    },
    async fetchMembers(place, { rosterId, ...page }, signal) {
      const { members, continuationToken } = await call(
        place,
        { isIdempotent: true, signal },
        (conversations, options) =>
          conversations.getConversationPagedMembers(rosterId, { ...page, ...options } as PageOptions),
      )
      return { members: members?.map((member) => ({ ...member })), continuationToken }
    },
  }
}

type Conversations = ConnectorClient['conversations']

/** One call to the connector of a place, with the timeout and the retries of delivery.ts. */
function createCall(adapter: CloudAdapter, policy: TeamsPolicy) {
  return <T>(
    place: Place,
    { isIdempotent, signal }: { isIdempotent: boolean; signal: AbortSignal },
    use: (conversations: Conversations, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    const send = (abortSignal: AbortSignal) =>
      withClient(adapter, policy, place, ({ conversations }) => use(conversations, { abortSignal }))
    return deliver({ isIdempotent, send }, signal)
  }
}

async function withClient<T>(
  adapter: CloudAdapter,
  policy: TeamsPolicy,
  place: Place,
  use: (client: ConnectorClient) => Promise<T>,
): Promise<T> {
  if (!isServiceUrlAllowed(place.serviceUrl, policy)) {
    throw new AccessDeniedError('teams_service_url', 'The address that Teams named is not one of TEAMS_SERVICE_HOSTS.')
  }
  const address = addressOf(place)
  const reference = { serviceUrl: place.serviceUrl, channelId: 'msteams', ...address, bot: address.from }
  const results: T[] = []
  await adapter.continueConversationAsync(policy.appId ?? '', reference, async (context: TurnContext) => {
    const client = context.turnState.get<ConnectorClient>(adapter.ConnectorClientKey)
    withoutRetries(client)
    results.push(await use(client))
  })
  return results[0] as T
}

/** The SDK's own retries would post a message again whose outcome is unknown; delivery.ts decides instead. */
function withoutRetries(client: ConnectorClient): void {
  const { client: http } = client as unknown as {
    client: { pipeline: { removePolicy(policy: { name: string }): void } }
  }
  http.pipeline.removePolicy({ name: 'defaultRetryPolicy' })
}

type ConversationParameters = Parameters<Conversations['createConversation']>[0]
/** The SDK wants a token for the first page too, and leaves out of the address what is undefined. */
type PageOptions = { pageSize: number; continuationToken: string; abortSignal: AbortSignal }
type SentActivity = Parameters<Conversations['sendToConversation']>[1]

function toActivity(place: Place, message: OutboundMessage): Partial<SentActivity> {
  return { ...(message as Partial<SentActivity>), type: 'message', channelId: 'msteams', ...addressOf(place) }
}
