// From Slack to the app: signed requests over HTTP, or envelopes over the app's web socket, each with the time until the
// app acknowledged it.
import { createHmac, randomUUID } from 'node:crypto'
import { parseJson } from './shape.ts'
import type { WebSocketPeer } from './websocket.ts'

export type Payload = { kind: 'event' | 'command' | 'interaction'; body: Record<string, unknown> }
export type Retry = { number: number; reason: string }

export type Ack = {
  transport: 'http' | 'socket'
  /** HTTP status; 200 for an acknowledged envelope; undefined when three seconds passed or the connection broke. */
  status: number | undefined
  /** Milliseconds until the acknowledgement. */
  ackMs: number
  /** What the acknowledgement carried, such as a `response_action`; undefined when it was empty. */
  body: unknown
}

const ackLimitMs = 3000

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function signRequest(body: string, signingSecret: string, timestamp: number): Record<string, string> {
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': String(timestamp), 'x-slack-signature': `v0=${signature}` }
}

export async function deliverByHttp(
  appUrl: string,
  payload: Payload,
  signingSecret: string,
  retry?: Retry,
): Promise<Ack> {
  const body = encode(payload)
  const startedAt = performance.now()
  const passed = () => performance.now() - startedAt
  try {
    const response = await fetch(appUrl, {
      method: 'POST',
      headers: {
        'content-type': payload.kind === 'event' ? 'application/json' : 'application/x-www-form-urlencoded',
        ...signRequest(body, signingSecret, Math.floor(Date.now() / 1000)),
        ...(retry === undefined
          ? {}
          : { 'x-slack-retry-num': String(retry.number), 'x-slack-retry-reason': retry.reason }),
      },
      body,
      signal: AbortSignal.timeout(ackLimitMs),
    })
    const ackMs = passed()
    const text = await response.text()
    return { transport: 'http', status: response.status, ackMs, body: text === '' ? undefined : parseJson(text) }
  } catch {
    return { transport: 'http', status: undefined, ackMs: passed(), body: undefined }
  }
}

export type Socket = {
  deliver(payload: Payload, retry?: Retry): Promise<Ack>
  /** What the app sent. */
  receive(text: string): void
}

export function createSocket(peer: WebSocketPeer): Socket {
  const waiting = new Map<string, (body: unknown) => void>()
  return {
    async deliver(payload, retry) {
      const envelopeId = randomUUID()
      const startedAt = performance.now()
      const { promise, resolve } = Promise.withResolvers<{ status: number | undefined; body: unknown }>()
      waiting.set(envelopeId, (body) => resolve({ status: 200, body }))
      const timer = setTimeout(() => resolve({ status: undefined, body: undefined }), ackLimitMs)
      peer.send(JSON.stringify({ ...envelope(payload, retry), envelope_id: envelopeId }))
      const { status, body } = await promise
      clearTimeout(timer)
      waiting.delete(envelopeId)
      return { transport: 'socket', status, ackMs: performance.now() - startedAt, body }
    },
    receive(text) {
      const ack = JSON.parse(text) as { envelope_id?: string; payload?: unknown }
      const isEmpty = ack.payload === undefined || JSON.stringify(ack.payload) === '{}'
      waiting.get(ack.envelope_id ?? '')?.(isEmpty ? undefined : ack.payload)
    },
  }
}

function envelope({ kind, body }: Payload, retry: Retry | undefined) {
  const type = { event: 'events_api', command: 'slash_commands', interaction: 'interactive' }[kind]
  return {
    type,
    payload: body,
    accepts_response_payload: kind !== 'event',
    ...(retry === undefined ? {} : { retry_attempt: retry.number, retry_reason: retry.reason }),
  }
}

/** Slack's content types carry no charset, and interactions are one form field. */
function encode({ kind, body }: Payload): string {
  if (kind === 'event') return JSON.stringify(body)
  if (kind === 'interaction') return new URLSearchParams({ payload: JSON.stringify(body) }).toString()
  const fields = Object.entries(body).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return new URLSearchParams(fields).toString()
}
