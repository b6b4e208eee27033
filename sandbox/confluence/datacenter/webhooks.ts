// Data Center's webhooks: what happens on the site is posted to whoever registered, signed over the raw body. As on real
// sites they come late, twice or not at all when the traps say so.
import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { SiteEvent } from '../events.ts'
import type { FrontEnd } from '../front-end.ts'
import type { Dialect } from '../v1/dialect.ts'
import { numberParameter, offsetList } from '../v1/dialect.ts'
import { requireAdministrator } from './credentials.ts'
import { failure } from './dialect.ts'

export type Webhook = { id: number; name: string; url: string; events: string[]; secret: string; active: boolean }
export type WebhookValue = { url: string; events?: string[]; secret?: string; name?: string }

export type Delivery = {
  webhookId: number
  event: string
  body: string
  headers: Record<string, string>
  /** 0: nobody answered. Undefined: not sent yet. */
  status: number | undefined
}

export type Webhooks = {
  registered: Webhook[]
  deliveries: Delivery[]
  pending: Set<Promise<void>>
  /** How many events there were, lost ones included. */
  events: number
}

const timeoutMs = 5000

/** Listens to the site until `stopped`. */
export function openWebhooks(front: FrontEnd, stopped: AbortSignal): Webhooks {
  const webhooks: Webhooks = { registered: [], deliveries: [], pending: new Set(), events: 0 }
  const listener = (event: SiteEvent): void => dispatch(front, webhooks, event, stopped)
  front.site.listeners.add(listener)
  stopped.addEventListener('abort', () => front.site.listeners.delete(listener), { once: true })
  return webhooks
}

export function makeWebhookControls(webhooks: Webhooks, stopped: AbortSignal) {
  return {
    /** All events unless some are named. */
    addWebhook: (value: WebhookValue): Webhook => {
      const { name = 'sandbox', events = [], secret = '' } = value
      const webhook = { id: webhooks.registered.length + 1, name, url: value.url, events, secret, active: true }
      webhooks.registered.push(webhook)
      return webhook
    },
    removeWebhook: (id: number) => void (webhooks.registered = webhooks.registered.filter((one) => one.id !== id)),
    listDeliveries: (): Delivery[] => webhooks.deliveries,
    /** Resolves when nothing is on its way any more. */
    settleWebhooks: async (): Promise<void> => {
      while (webhooks.pending.size > 0) await Promise.all(webhooks.pending)
    },
    /** Sends an old delivery once more, byte for byte. */
    repeatDelivery: (position: number): void => {
      const delivery = webhooks.deliveries[position]
      const webhook = webhooks.registered.find(({ id }) => id === delivery?.webhookId)
      if (delivery !== undefined && webhook !== undefined) send(webhooks, webhook, { ...delivery }, 0, stopped)
    },
  }
}

/** Only reading: webhooks are registered through the sandbox's controls. */
export function addWebhookRoutes(server: FastifyInstance, dialect: Dialect, webhooks: Webhooks): void {
  server.get('/rest/api/webhooks', (request, reply) => {
    requireAdministrator(dialect.front, request, () => failure(401, 'Not permitted', 'Unauthorized'))
    const limit = numberParameter(request, 'limit', 100)
    return offsetList(dialect, request, reply, webhooks.registered, { asked: limit, limit }, withoutSecret)
  })
}

function withoutSecret({ secret, ...webhook }: Webhook) {
  return { ...webhook, configuration: { secret: secret !== '' } }
}

function dispatch(front: FrontEnd, webhooks: Webhooks, event: SiteEvent, stopped: AbortSignal): void {
  const { traps, site } = front
  const name = nameOf(front, event)
  if (name === undefined || webhooks.registered.length === 0) return
  webhooks.events++
  if (traps.webhookLosesEvery > 0 && webhooks.events % traps.webhookLosesEvery === 0) return
  const by = site.accounts.get(event.by ?? '') ?? site.syncAccount
  const payload = { timestamp: site.now().getTime(), event: name, userKey: by.userKey, ...event.subjects }
  const body = JSON.stringify(payload)
  for (const webhook of webhooks.registered) {
    if (webhook.events.length > 0 && !webhook.events.includes(name)) continue
    for (let copy = 0; copy < traps.webhookCopies; copy++) {
      const headers: Record<string, string> = {
        'content-type': 'application/json; charset=utf-8',
        'x-event-key': name,
        'x-request-id': randomUUID(),
      }
      if (webhook.secret !== '') {
        headers['x-hub-signature'] = `sha256=${createHmac('sha256', webhook.secret).update(body).digest('hex')}`
      }
      const delivery = { webhookId: webhook.id, event: name, body, headers, status: undefined }
      send(webhooks, webhook, delivery, traps.webhookDelayMs, stopped)
    }
  }
}

/** Undefined for what Data Center tells nobody. */
function nameOf({ traps }: FrontEnd, { name }: SiteEvent): string | undefined {
  if (name === 'page_archived') return undefined
  const [verb = '', ...rest] = name.split('_').toReversed()
  const subject = rest.toReversed().join('_')
  if (!['page', 'blog'].includes(subject) || !['trashed', 'purged'].includes(verb)) return name
  const isRemoved = (verb === 'trashed') === (traps.webhookTrashNames === 'documented')
  return `${subject}_${isRemoved ? 'removed' : 'trashed'}`
}

function send(webhooks: Webhooks, webhook: Webhook, delivery: Delivery, delayMs: number, stopped: AbortSignal): void {
  webhooks.deliveries.push(delivery)
  const sending = post(webhook, delivery, delayMs, stopped).finally(() => webhooks.pending.delete(sending))
  webhooks.pending.add(sending)
}

async function post({ url }: Webhook, delivery: Delivery, delayMs: number, stopped: AbortSignal): Promise<void> {
  try {
    if (delayMs > 0) await wait(delayMs, undefined, { signal: stopped })
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)])
    const { body, headers } = delivery
    const response = await fetch(url, { method: 'POST', body, headers, signal })
    await response.arrayBuffer()
    delivery.status = response.status
  } catch {
    delivery.status = 0
  }
}
