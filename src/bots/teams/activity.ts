// What passes over the wire, as far as we use it: activities that Teams sends (untrusted, checked with zod) and those
// that we send. Plain JSON; the SDK's own types stay in app.ts.
import { z } from 'zod'

const account = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  aadObjectId: z.string().optional(),
  role: z.string().optional(),
  isTargeted: z.boolean().optional(),
})

export const inboundActivity = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  name: z.string().optional(),
  channelId: z.string().optional(),
  serviceUrl: z.string().optional(),
  text: z.string().optional(),
  replyToId: z.string().optional(),
  value: z.unknown().optional(),
  from: account.optional(),
  recipient: account.optional(),
  conversation: z
    .looseObject({ id: z.string(), conversationType: z.string().optional(), tenantId: z.string().optional() })
    .optional(),
  entities: z.array(z.looseObject({ type: z.string() })).optional(),
  channelData: z
    .looseObject({
      tenant: z.looseObject({ id: z.string().optional() }).optional(),
      team: z.looseObject({ id: z.string().optional() }).optional(),
    })
    .nullish(),
})

export type InboundActivity = z.infer<typeof inboundActivity>

/** Where an activity came from and where its answer goes: all that is needed to send there later. */
export type Place = {
  serviceUrl: string
  tenantId: string
  /** In channels with the `;messageid=` of the thread's first message, which keeps the answer in the thread. */
  conversationId: string
  conversationType: string | undefined
  audience: 'direct' | 'shared'
  /** The team of a channel; its roster is the one that knows the people. */
  teamId: string | undefined
  bot: { id: string; name: string | undefined }
  /** `objectId` is undefined for people without an Entra account. */
  person: { id: string; name: string | undefined; objectId: string | undefined }
}

/** The id of the chat or channel itself, whichever thread of it the place is. */
export function chatIdOf({ conversationId }: Place): string {
  return conversationId.replace(/;messageid=.*$/, '')
}

/** The sender, recipient and conversation of what we send there. */
export function addressOf({ conversationId, conversationType, tenantId, audience, bot, person }: Place) {
  return {
    from: { id: bot.id, name: bot.name ?? '' },
    recipient: { id: person.id, name: person.name ?? '' },
    conversation: {
      id: conversationId,
      conversationType: conversationType ?? '',
      tenantId,
      isGroup: audience === 'shared',
      name: '',
    },
  }
}

export type Card = {
  type: 'AdaptiveCard'
  version: '1.5'
  $schema: string
  body: CardPart[]
  actions?: CardPart[]
}
export type CardPart = { type: string; [key: string]: unknown }

export const cardContentType = 'application/vnd.microsoft.card.adaptive'

/** A message as we send it; app.ts adds sender and conversation. */
export type OutboundMessage = {
  text?: string
  textFormat?: 'markdown'
  /** Shown in notifications when there is no text. */
  summary?: string
  entities?: Record<string, unknown>[]
  attachments?: { contentType: typeof cardContentType; content: Card }[]
  channelData?: Record<string, unknown>
}

/** What an invoke is answered with. */
export type InvokeResponse = { status: number; body: Record<string, unknown> }
