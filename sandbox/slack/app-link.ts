// The way from the sandbox to the app: its web socket once it is connected in Socket Mode, else its address.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Ack, type Payload, type Retry, type Socket, createSocket, deliverByHttp } from './delivery.ts'
import { type WebSocketPeer, acceptWebSocket } from './websocket.ts'

export type AppLink = {
  /** Where HTTP deliveries go from now on. */
  connect(appUrl: string): void
  /** Takes an upgrade of the app's, whose web socket then gets everything. */
  accept(request: IncomingMessage, raw: Duplex): void
  /** Resolves when there is a web socket. */
  connected(): Promise<void>
  disconnect(): void
  send(payload: Payload, retry?: Retry): Promise<Ack>
}

type Options = { appUrl: string | undefined; appId: string; signingSecret: string }

export function createAppLink({ appId, signingSecret, ...options }: Options): AppLink {
  const waiters: (() => void)[] = []
  let { appUrl } = options
  let socket: { peer: WebSocketPeer; channel: Socket } | undefined
  return {
    connect(url) {
      appUrl = url
    },
    accept(request, raw) {
      const peer = acceptWebSocket(request, raw, {
        onText: (text) => socket?.channel.receive(text),
        onClose: () => {
          if (socket?.peer === peer) socket = undefined
        },
      })
      if (peer === undefined) return
      socket = { peer, channel: createSocket(peer) }
      peer.send(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: appId } }))
      for (const resolve of waiters.splice(0)) resolve()
    },
    async connected() {
      if (socket === undefined) await new Promise<void>((resolve) => waiters.push(resolve))
    },
    disconnect: () => socket?.peer.close(),
    async send(payload, retry) {
      if (socket !== undefined) return socket.channel.deliver(payload, retry)
      if (appUrl === undefined)
        throw new Error('No app is connected: call connect(appUrl), or start it in Socket Mode.')
      return deliverByHttp(appUrl, payload, signingSecret, retry)
    },
  }
}
