// A strict Slack on loopback: the Web API that the bot calls, and what people do, delivered to the bot signed or over
// Socket Mode. It refuses what Slack refuses (arguments, blocks, scopes, triggers, response addresses) and remembers what
// a person would see. Not here: streaming, files, reactions, search, OAuth.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { checkedView } from './content.ts'
import { type Ack, type Payload, type Retry, type Socket, createSocket, deliverByHttp } from './delivery.ts'
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
  type StoredMessage,
  type StoredView,
  createState,
  replaceView,
} from './state.ts'
import { type Fault, handleApiCall, handleResponseUrl } from './web-api.ts'
import { type WebSocketPeer, acceptWebSocket } from './websocket.ts'
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

export type Slack = {
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
  /** In the order of posting; `channel` may be a person's id for the direct conversation. */
  messages(channel: string): StoredMessage[]
  views(): StoredView[]
  home(user: string): Record<string, unknown> | undefined
  prompts(user: string): Prompts | undefined
  calls(method?: string): RecordedCall[]
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
  const botToken = options.botToken ?? 'xoxb-sandbox'
  const appToken = options.appToken ?? 'xapp-sandbox'
  const signingSecret = options.signingSecret ?? 'sandbox-signing-secret'
  const scopes = new Set(options.scopes ?? allScopes)
  const faults = new Map<string, Fault[]>()
  const socketWaiters: (() => void)[] = []
  let { appUrl } = options
  let socket: { peer: WebSocketPeer; channel: Socket } | undefined

  const server = createServer((request, response) => {
    const [, area, name = ''] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
    const handled =
      area === 'api'
        ? handleApiCall(name, request, response, {
            state,
            botToken,
            appToken,
            scopes,
            faults,
            socketUrl: () => socketUrl,
          })
        : handleResponseUrl(name, request, response, state)
    handled.catch((error: unknown) => response.destroy(error as Error))
  })
  server.on('upgrade', (request, raw) => {
    const peer = acceptWebSocket(request, raw, {
      onText: (text) => socket?.channel.receive(text),
      onClose: () => {
        if (socket?.peer === peer) socket = undefined
      },
    })
    if (peer === undefined) return
    socket = { peer, channel: createSocket(peer) }
    peer.send(
      JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: state.workspace.bot.appId } }),
    )
    for (const resolve of socketWaiters.splice(0)) resolve()
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}`
  const socketUrl = `ws://127.0.0.1:${port}/socket`

  async function send(payload: Payload, retry?: Retry): Promise<Ack> {
    if (socket !== undefined) return socket.channel.deliver(payload, retry)
    if (appUrl === undefined) throw new Error('No app is connected: call connect(appUrl), or start it in Socket Mode.')
    return deliverByHttp(appUrl, payload, signingSecret, retry)
  }
  async function deliver(payload: Payload): Promise<Delivery> {
    return { payload, ack: await send(payload) }
  }
  async function deliverMessage(typed: Typed, channel: string | undefined): Promise<MessageDelivery> {
    const { message, payload } = typeMessage(state, typed, channel)
    return { channel: message.channel, ts: message.ts, ...(await deliver(payload)) }
  }

  return {
    apiUrl: `${baseUrl}/api`,
    botToken,
    appToken,
    signingSecret,
    workspace: state.workspace,
    connect(url) {
      appUrl = url
    },
    async connected() {
      if (socket === undefined) await new Promise<void>((resolve) => socketWaiters.push(resolve))
    },
    disconnect: () => socket?.peer.close(),
    sendMention: ({ channel, ...typed }) => deliverMessage(typed, channel),
    sendDirectMessage: (typed) => deliverMessage(typed, undefined),
    sendEvent: (event) => deliver(eventPayload(state, event)),
    openMessagesTab(user) {
      const channel = state.directChannel(user).id
      return deliver(
        eventPayload(state, { type: 'app_home_opened', user, channel, tab: 'messages', event_ts: state.nextTs() }),
      )
    },
    async sendCommand({ user, text, channel = 'C0GENERAL', command = '/confluence' }) {
      const { payload, responseId } = typeCommand(state, { user, channel, command, text }, `${baseUrl}/response`)
      const address = state.responses.get(responseId)
      return { ...(await deliver(payload)), responses: () => address?.uses ?? [], responseUrl: address?.url ?? '' }
    },
    async submitView(viewId, values = {}) {
      const stored = state.views.get(viewId)
      if (stored === undefined || !stored.isOpen) throw new Error(`No open view ${viewId}.`)
      const delivery = await deliver(submitView(state, stored, values))
      applyResponseAction(stored, delivery.ack)
      return delivery
    },
    closeView(viewId) {
      const stored = state.views.get(viewId)
      if (stored !== undefined) stored.isOpen = false
    },
    clickAction: (click) => deliver(clickAction(state, click)),
    redeliver: ({ payload }, retry = { number: 1, reason: 'http_timeout' }) => send(payload, retry),
    messages(channel) {
      const id = state.users.has(channel) ? state.directChannel(channel).id : channel
      return state.messages.filter((message) => message.channel === id)
    },
    views: () => [...state.views.values()],
    home: (user) => state.homes.get(user),
    prompts: (user) => state.prompts.get(state.directChannel(user).id),
    calls: (method) => state.calls.filter((call) => method === undefined || call.method === method),
    fail(method, ...more) {
      faults.set(method, [...(faults.get(method) ?? []), ...more])
    },
    grant: (...more) => more.forEach((scope) => scopes.add(scope)),
    revoke: (...fewer) => fewer.forEach((scope) => scopes.delete(scope)),
    async close() {
      socket?.peer.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  /** An empty acknowledgement closes the view; `errors` keeps it. */
  function applyResponseAction(stored: StoredView, ack: Ack): void {
    if (ack.status !== 200) return
    const action = isObject(ack.body) ? ack.body : {}
    if (action['response_action'] === 'update') replaceView(state, stored, checkedView(action['view']))
    else if (action['response_action'] !== 'errors') stored.isOpen = false
  }
}
