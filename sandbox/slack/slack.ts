// A strict Slack on loopback: the Web API that the bot calls, and what people do, delivered to the bot signed or over
// Socket Mode. It refuses what Slack refuses (arguments, blocks, scopes, triggers, response addresses) and remembers what
// a person would see. Not here: streaming, files, reactions, search, OAuth.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AppLink, createAppLink } from './app-link.ts'
import { checkedView } from './content.ts'
import type { Ack, Payload, Retry } from './delivery.ts'
import {
  type Typed,
  type ViewValues,
  clickAction,
  eventPayload,
  submitView,
  typeCommand,
  typeMessage,
} from './people.ts'
import { isObject } from './shape.ts'
import {
  type Prompts,
  type RecordedCall,
  type ResponseUse,
  type State,
  type StoredMessage,
  type StoredView,
  createState,
  replaceView,
} from './state.ts'
import { type Fault, type WebApiOptions, handleApiCall, handleResponseUrl } from './web-api.ts'
import { type Workspace, exampleWorkspace } from './workspace.ts'

export type SlackOptions = {
  workspace?: Workspace
  /** Where HTTP deliveries go: the app's `…/slack/events`; may be set later with `connect`. */
  appUrl?: string
  botToken?: string
  appToken?: string
  signingSecret?: string
  /** What the installation was granted; default: everything the sandbox knows. */
  scopes?: string[]
  port?: number
  now?: () => number
}

/** A delivery with its acknowledgement; `redeliver` sends the same payload again, as Slack's retries do. */
type Delivery = { payload: Payload; ack: Ack }
type MessageDelivery = Delivery & { channel: string; ts: string }
/** `responses` are the private answers so far. */
type CommandDelivery = Delivery & { responses: () => ResponseUse[]; responseUrl: string }

/** What people do, delivered to the app. */
type People = {
  sendMention(typed: Typed & { channel: string }): Promise<MessageDelivery>
  sendDirectMessage(typed: Typed): Promise<MessageDelivery>
  /** Any event as it stands, for shapes that no person's action here makes. */
  sendEvent(event: Record<string, unknown>): Promise<Delivery>
  openMessagesTab(user: string): Promise<Delivery>
  sendCommand(typed: { user: string; text: string; channel?: string; command?: string }): Promise<CommandDelivery>
  submitView(viewId: string, values?: ViewValues): Promise<Delivery>
  closeView(viewId: string): void
  clickAction(click: { user: string; channel: string; ts: string; action: Record<string, unknown> }): Promise<Delivery>
  redeliver(delivery: Delivery, retry?: Retry): Promise<Ack>
}

/** What a person would see, and what the app called. */
type Screens = {
  /** In the order of posting; `channel` may be a person's id for the direct conversation. */
  messages(channel: string): StoredMessage[]
  views(): StoredView[]
  home(user: string): Record<string, unknown> | undefined
  prompts(user: string): Prompts | undefined
  calls(method?: string): RecordedCall[]
}

export type Slack = People &
  Screens & {
    /** For SLACK_API_URL. */
    apiUrl: string
    botToken: string
    appToken: string
    signingSecret: string
    workspace: Workspace
    connect(appUrl: string): void
    /** Resolves when the app's web socket is connected. */
    connected(): Promise<void>
    /** Closes the app's web socket, as Slack does now and then. */
    disconnect(): void
    /** The next call of the method, or the next several, go wrong in this way. */
    fail(method: string, ...faults: Fault[]): void
    grant(...scopes: string[]): void
    revoke(...scopes: string[]): void
    close(): Promise<void>
  }

export const allScopes = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'users:read',
  'users:read.email',
]

export async function startSlack(options: SlackOptions = {}): Promise<Slack> {
  const state = createState(options.workspace ?? exampleWorkspace(), options.now ?? Date.now)
  const { workspace } = state
  const { botToken = 'xoxb-sandbox', appToken = 'xapp-sandbox', signingSecret = 'sandbox-signing-secret' } = options
  const scopes = new Set(options.scopes ?? allScopes)
  const faults = new Map<string, Fault[]>()
  const link = createAppLink({ appUrl: options.appUrl, appId: workspace.bot.appId, signingSecret })
  const api: WebApiOptions = { state, botToken, appToken, scopes, faults, socketUrl: () => `ws://${host}/socket` }
  const server = createServer((request, response) => {
    const [, area, name = ''] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
    const handled =
      area === 'api' ? handleApiCall(name, request, response, api) : handleResponseUrl(name, request, response, state)
    handled.catch((error: unknown) => response.destroy(error as Error))
  })
  server.on('upgrade', (request, raw) => link.accept(request, raw))
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    apiUrl: `http://${host}/api`,
    botToken,
    appToken,
    signingSecret,
    workspace,
    connect: (appUrl) => link.connect(appUrl),
    connected: () => link.connected(),
    disconnect: () => link.disconnect(),
    ...createPeople(state, link, `http://${host}/response`),
    ...createScreens(state),
    fail: (method, ...more) => void faults.set(method, [...(faults.get(method) ?? []), ...more]),
    grant: (...more) => more.forEach((scope) => scopes.add(scope)),
    revoke: (...fewer) => fewer.forEach((scope) => scopes.delete(scope)),
    async close() {
      link.disconnect()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** `responseBase`: where commands are answered. */
function createPeople(state: State, link: AppLink, responseBase: string): People {
  async function deliver(payload: Payload): Promise<Delivery> {
    return { payload, ack: await link.send(payload) }
  }
  async function deliverMessage(typed: Typed, channel: string | undefined): Promise<MessageDelivery> {
    const { message, payload } = typeMessage(state, typed, channel)
    return { channel: message.channel, ts: message.ts, ...(await deliver(payload)) }
  }
  return {
    sendMention: ({ channel, ...typed }) => deliverMessage(typed, channel),
    sendDirectMessage: (typed) => deliverMessage(typed, undefined),
    sendEvent: (event) => deliver(eventPayload(state, event)),
    openMessagesTab(user) {
      const channel = state.directChannel(user).id
      const event = { type: 'app_home_opened', user, channel, tab: 'messages', event_ts: state.nextTs() }
      return deliver(eventPayload(state, event))
    },
    async sendCommand({ user, text, channel = 'C0GENERAL', command = '/confluence' }) {
      const { payload, responseId } = typeCommand(state, { user, channel, command, text }, responseBase)
      const address = state.responses.get(responseId)
      return { ...(await deliver(payload)), responses: () => address?.uses ?? [], responseUrl: address?.url ?? '' }
    },
    async submitView(viewId, values = {}) {
      const stored = state.views.get(viewId)
      if (stored === undefined || !stored.isOpen) throw new Error(`No open view ${viewId}.`)
      const delivery = await deliver(submitView(state, stored, values))
      applyResponseAction(state, stored, delivery.ack)
      return delivery
    },
    closeView(viewId) {
      const stored = state.views.get(viewId)
      if (stored !== undefined) stored.isOpen = false
    },
    clickAction: (click) => deliver(clickAction(state, click)),
    redeliver: ({ payload }, retry = { number: 1, reason: 'http_timeout' }) => link.send(payload, retry),
  }
}

/** An empty acknowledgement closes the view; `errors` keeps it. */
function applyResponseAction(state: State, stored: StoredView, ack: Ack): void {
  if (ack.status !== 200) return
  const action = isObject(ack.body) ? ack.body : {}
  if (action['response_action'] === 'update') replaceView(state, stored, checkedView(action['view']))
  else if (action['response_action'] !== 'errors') stored.isOpen = false
}

function createScreens(state: State): Screens {
  return {
    messages(channel) {
      const id = state.users.has(channel) ? state.directChannel(channel).id : channel
      return state.messages.filter((message) => message.channel === id)
    },
    views: () => [...state.views.values()],
    home: (user) => state.homes.get(user),
    prompts: (user) => state.prompts.get(state.directChannel(user).id),
    calls: (method) => state.calls.filter((call) => method === undefined || call.method === method),
  }
}
