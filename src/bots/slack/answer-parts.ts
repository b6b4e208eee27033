// The messages that one answer consists of. Each carries, in Slack's own message metadata, which question it answers and
// which part of the answer it is; so it can be found again after a crash or a lost response, wherever the app may read the
// conversation (always in direct messages, in channels with `channels:history`). Where the app may not read, parts are only
// remembered by this object: another attempt by another process may then repeat a continuation, never the answer itself.
import { z } from 'zod'
import { AccessDeniedError } from '../../errors.ts'
import type { SlackMessage } from './blocks.ts'
import type { AskedInSlack } from './events.ts'
import type { SlackInstallation } from './identity.ts'
import { type SlackApi, noPreviews } from './web-api.ts'

/** `ts` is Slack's id of a message. The first part is the reply itself, the further ones follow it in the thread. */
export type AnswerParts = {
  findFirst(signal: AbortSignal): Promise<string | undefined>
  postFirst(message: SlackMessage | undefined, signal: AbortSignal): Promise<string>
  updateFirst(ts: string, message: SlackMessage | undefined, signal: AbortSignal): Promise<void>
  /** Looks up which of them were posted before, updates those and posts the others. */
  showRest(rest: SlackMessage[], signal: AbortSignal): Promise<void>
}

export type AnswerPartsOptions = { api: SlackApi; installation: SlackInstallation; asked: AskedInSlack }

const eventType = 'footnote_answer'
const maxLookupPages = 5

export function createAnswerParts(options: AnswerPartsOptions): AnswerParts {
  const { api, asked } = options
  const posted = new Map<number, string>()
  return {
    findFirst: async (signal) => (await findParts(options, signal)).get(0),
    postFirst: (message, signal) => post(0, message, signal),
    updateFirst: (ts, message, signal) => update(0, ts, message, signal),
    async showRest(rest, signal) {
      if (rest.length === 0) return
      for (const [part, ts] of await findParts(options, signal)) posted.set(part, ts)
      for (const [position, message] of rest.entries()) {
        const known = posted.get(position + 1)
        if (known === undefined) await post(position + 1, message, signal)
        else await update(position + 1, known, message, signal)
      }
    },
  }

  async function post(part: number, message: SlackMessage | undefined, signal: AbortSignal): Promise<string> {
    const args = { ...envelope(asked, part, message), thread_ts: asked.threadTs }
    const { ts } = z.object({ ts: z.string() }).parse(await api.call('chat.postMessage', args, signal))
    posted.set(part, ts)
    return ts
  }

  async function update(part: number, ts: string, message: SlackMessage | undefined, signal: AbortSignal) {
    await api.call('chat.update', { ...envelope(asked, part, message), ts }, signal)
    posted.set(part, ts)
  }
}

function envelope({ question }: AskedInSlack, part: number, message: SlackMessage | undefined) {
  return {
    channel: question.conversationId,
    ...message,
    ...noPreviews,
    metadata: { event_type: eventType, event_payload: { question: question.messageId, part } },
  }
}

/** Our messages for this question by part; empty where the app may not read the conversation. */
async function findParts(options: AnswerPartsOptions, signal: AbortSignal): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  let cursor: string | undefined
  try {
    for (let page = 0; page < maxLookupPages; page++) {
      const { messages, nextCursor } = await fetchThread(options, cursor, signal)
      for (const message of messages) {
        const ours = parseOwnPart(message, options)
        if (ours !== undefined && !found.has(ours.part)) found.set(ours.part, ours.ts)
      }
      cursor = nextCursor
      if (cursor === undefined) break
    }
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error
  }
  return found
}

async function fetchThread({ api, asked }: AnswerPartsOptions, cursor: string | undefined, signal: AbortSignal) {
  const args = {
    channel: asked.question.conversationId,
    ts: asked.threadTs,
    oldest: asked.question.messageId,
    limit: 200,
    include_all_metadata: true,
    cursor,
  }
  const { messages, response_metadata: next } = thread.parse(await api.call('conversations.replies', args, signal))
  return { messages, nextCursor: next.next_cursor || undefined }
}

const thread = z.object({
  messages: z.array(z.unknown()).default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).default({ next_cursor: '' }),
})
const ownMessage = z.object({
  ts: z.string(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
  metadata: z.object({
    event_type: z.literal(eventType),
    event_payload: z.object({ question: z.string(), part: z.number().int().min(0) }),
  }),
})

function parseOwnPart(
  message: unknown,
  { installation, asked }: AnswerPartsOptions,
): { part: number; ts: string } | undefined {
  const parsed = ownMessage.safeParse(message)
  if (!parsed.success) return undefined
  const { bot_id: botId, user, ts, metadata } = parsed.data
  const isOurs = (botId !== undefined && botId === installation.botId) || user === installation.botUserId
  if (!isOurs || metadata.event_payload.question !== asked.question.messageId) return undefined
  return { part: metadata.event_payload.part, ts }
}
