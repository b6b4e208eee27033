// A Microsoft Teams that runs on loopback: a Bot Connector, Microsoft's login and key server, and people who write to
// the bot with signed activities. For development, the demo and the tests.
import type { AddressInfo } from 'node:net'
import { type ConnectorState, type Failure, type Json, type SandboxActivity, createConnector } from './connector.ts'
import { type SandboxPerson, sandboxPeople, sandboxTenantId } from './people.ts'
import { type TokenOptions, signChannelToken } from './tokens.ts'

export type StartTeamsOptions = {
  /** Where the bot listens, when it is known already; otherwise `useBot` says it later. */
  botUrl?: string
  people?: SandboxPerson[]
  /** False: a bot without app id (development mode) is served, and what it is sent is not signed. */
  isSigned?: boolean
}

export type Chat = {
  kind: 'personal' | 'groupChat' | 'channel'
  /** For channels with `;messageid=…` of the thread. */
  id: string
}

type SendOptions = {
  chat?: Chat
  from?: SandboxPerson
  /** The tenant that the activity names; default: the sandbox's own. */
  tenantId?: string
  /** Mention the bot; default true where others read along, as Teams asks for. */
  mentions?: boolean
  /** Send again under this id. */
  id?: string
  token?: TokenOptions
  /** Properties that replace those of the activity. */
  overrides?: Json
}

type Delivered = { status: number; body: unknown; activityId: string }

export type TeamsSandbox = {
  /** The connector's address: the `serviceUrl` of what it sends. */
  url: string
  /** What to set for a bot that talks to this sandbox. */
  env: Record<string, string>
  useBot(url: string): void
  sendMessage(text: string, options?: SendOptions): Promise<Delivered>
  /** `task/fetch`, `task/submit`, `adaptiveCard/action`, `message/submitAction`, … */
  sendInvoke(name: string, value: unknown, options?: SendOptions): Promise<Delivered>
  /** Any activity as it is; `authorization` replaces the signed header. */
  sendActivity(
    activity: Json,
    options?: { authorization?: string | undefined; token?: TokenOptions },
  ): Promise<Delivered>
  /** What the bot posted there, as it stands now, oldest first. */
  activities(conversationId: string): SandboxActivity[]
  /** Resolves to the first message there that fits, as soon as there is one. */
  waitForActivity(conversationId: string, fits: (activity: SandboxActivity) => boolean): Promise<SandboxActivity>
  /** Every call of the bot to the connector, in order. */
  requests: ConnectorState['requests']
  fail(failure: Failure): void
  /** Who is in this chat, channel (without `;messageid=…`) or team (`teamId`) from now on. */
  setRoster(rosterId: string, people: SandboxPerson[]): void
  /** The bot is no longer in this conversation. */
  removeBot(conversationId: string): void
  close(): Promise<void>
}

const botId = '28:22222222-2222-4222-8222-222222222222'
const appId = '22222222-2222-4222-8222-222222222222'
const appPassword = 'sandbox-app-password'
const waitTimeoutMs = 5_000
const sendTimeoutMs = 20_000

export const personalChat: Chat = { kind: 'personal', id: 'a:personal-chat' }
export const groupChat: Chat = { kind: 'groupChat', id: '19:group-chat@thread.v2' }
export const channel: Chat = { kind: 'channel', id: '19:channel@thread.tacv2;messageid=1728640934763' }

/** The team of `channel`. */
export const teamId = '19:team@thread.tacv2'

export async function startTeams(options: StartTeamsOptions = {}): Promise<TeamsSandbox> {
  const isSigned = options.isSigned ?? true
  const watchers = new Set<() => void>()
  const state: ConnectorState = {
    appId,
    appPassword,
    tenantId: sandboxTenantId,
    people: options.people ?? Object.values(sandboxPeople),
    rosters: new Map(),
    activities: [],
    failures: [],
    closed: new Set(),
    requests: [],
    tokens: new Set(),
    requiresToken: isSigned,
    onChange: () => watchers.forEach((look) => look()),
  }
  const server = createConnector(state)
  await server.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  return {
    url,
    env: listSettings(url, isSigned),
    ...createSenders({ serviceUrl: url, botUrl: options.botUrl, isSigned }),
    activities: (conversationId) => listActivities(state, conversationId),
    waitForActivity: (conversationId, fits) =>
      waitFor(watchers, () => listActivities(state, conversationId).find(fits), conversationId),
    requests: state.requests,
    fail: (failure) => void state.failures.push(failure),
    setRoster: (rosterId, people) => void state.rosters.set(rosterId, people),
    removeBot: (conversationId) => void state.closed.add(conversationId),
    close: () => server.close(),
  }
}

function listSettings(url: string, isSigned: boolean): Record<string, string> {
  return {
    MICROSOFT_OPENID_METADATA_URL: `${url}/openid`,
    MICROSOFT_LOGIN_URL: `${url}/login`,
    FOOTNOTE_ALLOW_LOOPBACK: '1',
    ...(isSigned
      ? { MICROSOFT_APP_ID: appId, MICROSOFT_APP_PASSWORD: appPassword, MICROSOFT_APP_TENANT_ID: sandboxTenantId }
      : { FOOTNOTE_TEAMS_DEV: '1' }),
  }
}

type SenderOptions = { serviceUrl: string; botUrl: string | undefined; isSigned: boolean }
type Senders = Pick<TeamsSandbox, 'useBot' | 'sendActivity' | 'sendMessage' | 'sendInvoke'>

function createSenders({ serviceUrl, isSigned, ...options }: SenderOptions): Senders {
  let { botUrl } = options
  let sent = 0

  const sendActivity: Senders['sendActivity'] = async (activity, sending = {}) => {
    if (botUrl === undefined) throw new Error('The sandbox does not know its bot yet: call useBot first.')
    const claims = { audience: appId, serviceUrl: String(activity['serviceUrl']) }
    const signed = await signChannelToken(claims, sending.token)
    const authorization = 'authorization' in sending ? sending.authorization : isSigned ? signed : undefined
    const response = await fetch(`${botUrl}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify(activity),
      signal: AbortSignal.timeout(sendTimeoutMs),
    })
    const text = await response.text()
    return { status: response.status, body: parseBody(text), activityId: String(activity['id']) }
  }

  /** Sends `content` in the frame that every activity has. */
  function send(content: Json, idPrefix: string, sending: SendOptions): Promise<Delivered> {
    const id = sending.id ?? `${idPrefix}${++sent}`
    const activity = { ...renderFrame(sending, serviceUrl), id, ...content, ...sending.overrides }
    return sendActivity(activity, sending.token === undefined ? {} : { token: sending.token })
  }

  return {
    useBot: (address) => void (botUrl = address),
    sendActivity,
    sendMessage: (text, sending = {}) => send(renderMessage(text, sending), 'message-', sending),
    sendInvoke: (name, value, sending = {}) => send({ type: 'invoke', name, value }, 'f:', sending),
  }
}

function renderMessage(text: string, { mentions, chat = personalChat }: SendOptions): Json {
  const isMentioned = mentions ?? chat.kind !== 'personal'
  return {
    type: 'message',
    textFormat: 'plain',
    text: isMentioned ? `<at>Footnote</at> ${text}` : text,
    ...(isMentioned ? { entities: [botMention] } : {}),
  }
}

const botMention = { type: 'mention', mentioned: { id: botId, name: 'Footnote' }, text: '<at>Footnote</at>' }

function renderFrame(sending: SendOptions, serviceUrl: string): Json {
  const { chat = personalChat, from = sandboxPeople.dana as SandboxPerson, tenantId = sandboxTenantId } = sending
  const channelId = chat.id.replace(/;.*$/, '')
  const team = { id: teamId }
  return {
    channelId: 'msteams',
    serviceUrl,
    timestamp: new Date().toISOString(),
    from: {
      id: from.id,
      name: from.name,
      ...(from.aadObjectId === undefined ? {} : { aadObjectId: from.aadObjectId }),
    },
    recipient: { id: botId, name: 'Footnote' },
    conversation: {
      ...(chat.kind === 'personal' ? {} : { isGroup: true }),
      conversationType: chat.kind,
      tenantId,
      id: chat.id,
    },
    channelData: {
      tenant: { id: tenantId },
      ...(chat.kind === 'channel'
        ? { team, channel: { id: channelId }, teamsChannelId: channelId, teamsTeamId: team.id }
        : {}),
    },
    locale: 'en-US',
  }
}

function listActivities(state: ConnectorState, conversationId: string): SandboxActivity[] {
  return state.activities.filter((activity) => activity.conversationId === conversationId && !activity.isDeleted)
}

function waitFor<T>(watchers: Set<() => void>, find: () => T | undefined, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(() => reject(new Error(`Nothing fitting arrived in ${what}.`))),
      waitTimeoutMs,
    )
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      watchers.delete(look)
      settle()
    }
    const look = () => {
      const found = find()
      if (found !== undefined) finish(() => resolve(found))
    }
    watchers.add(look)
    look()
  })
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}
