// `Reply` for Slack: a placeholder in the thread, replaced by the answer. Each message carries, in Slack's own message
// metadata, which question it answers and which part of the answer it is; so a message can be found again after a crash
// or a lost response, wherever the app may read the conversation (always in direct messages, in channels with
// `channels:history`). A long answer's further parts are looked up the same way before they are posted. Where the app may
// not read, parts are only remembered by this object: another attempt by another process may then repeat a continuation,
// never the answer itself.
import { z } from 'zod'
import { AccessDeniedError } from '../../errors.ts'
import type { Reply, ReplyContent } from '../question.ts'
import type { SlackMessage } from './blocks.ts'
import type { AskedInSlack } from './events.ts'
import type { SlackIdentity, SlackInstallation } from './identity.ts'
import { renderReply } from './render.ts'
import type { SlackApi } from './web-api.ts'

type Options = { api: SlackApi; identity: SlackIdentity; installation: SlackInstallation; asked: AskedInSlack }

const eventType = 'footnote_answer'
const maxLookupPages = 5

export function createSlackReply({ api, identity, installation, asked }: Options): Reply {
  const { question, threadTs } = asked
  const channel = question.conversationId
  const posted = new Map<number, string>()

  return {
    async post(content, signal) {
      const [first, ...rest] = renderReply(await permitted(content, signal))
      const replyId = await postPart(0, first, signal)
      await showRest(rest, signal)
      return replyId
    },
    async update(replyId, content, signal) {
      const [first, ...rest] = renderReply(await permitted(content, signal))
      await updatePart(0, replyId, first, signal)
      await showRest(rest, signal)
    },
    async findPosted(signal) {
      return (await findParts(signal)).get(0)
    },
    identify: (signal) => identity.identify(question.askerId, signal),
  }

  /**
   * Asked at the moment of sending, since a channel can become shared while a question is answered: what Confluence
   * holds is not shown where another organisation reads along, nor where Slack does not say who does.
   */
  async function permitted(content: ReplyContent, signal: AbortSignal): Promise<ReplyContent> {
    if (content.kind !== 'answer' || question.audience === 'direct') return content
    if (asked.isExternallyShared || (await isExternallyShared(signal))) {
      return {
        kind: 'notice',
        text: 'People of another organisation may be reading this channel, so I do not answer from Confluence here. Ask me in a direct message.',
      }
    }
    return content
  }

  async function isExternallyShared(signal: AbortSignal): Promise<boolean> {
    try {
      const response = await api.call('conversations.info', { channel }, signal)
      const known = conversation.safeParse(response['channel'])
      return !known.success || known.data.is_ext_shared || known.data.is_pending_ext_shared
    } catch (error) {
      if (error instanceof AccessDeniedError) return true
      throw error
    }
  }

  async function showRest(rest: SlackMessage[], signal: AbortSignal): Promise<void> {
    if (rest.length === 0) return
    for (const [part, ts] of await findParts(signal)) posted.set(part, ts)
    for (const [position, message] of rest.entries()) {
      const known = posted.get(position + 1)
      if (known === undefined) await postPart(position + 1, message, signal)
      else await updatePart(position + 1, known, message, signal)
    }
  }

  async function postPart(part: number, message: SlackMessage | undefined, signal: AbortSignal): Promise<string> {
    const response = await api.call('chat.postMessage', { ...envelope(part, message), thread_ts: threadTs }, signal)
    const { ts } = z.object({ ts: z.string() }).parse(response)
    posted.set(part, ts)
    return ts
  }

  async function updatePart(
    part: number,
    ts: string,
    message: SlackMessage | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    await api.call('chat.update', { ...envelope(part, message), ts }, signal)
    posted.set(part, ts)
  }

  function envelope(part: number, message: SlackMessage | undefined) {
    return {
      channel,
      ...message,
      unfurl_links: false,
      unfurl_media: false,
      metadata: { event_type: eventType, event_payload: { question: question.messageId, part } },
    }
  }

  /** Our messages for this question by part; empty where the app may not read the conversation. */
  async function findParts(signal: AbortSignal): Promise<Map<number, string>> {
    const found = new Map<number, string>()
    let cursor: string | undefined
    try {
      for (let page = 0; page < maxLookupPages; page++) {
        const args = {
          channel,
          ts: threadTs,
          oldest: question.messageId,
          limit: 200,
          include_all_metadata: true,
          cursor,
        }
        const response = thread.parse(await api.call('conversations.replies', args, signal))
        for (const message of response.messages) {
          const ours = parseOwnPart(message)
          if (ours !== undefined && !found.has(ours.part)) found.set(ours.part, ours.ts)
        }
        cursor = response.response_metadata.next_cursor || undefined
        if (cursor === undefined) break
      }
    } catch (error) {
      if (!(error instanceof AccessDeniedError)) throw error
    }
    return found
  }

  function parseOwnPart(message: unknown): { part: number; ts: string } | undefined {
    const parsed = ownMessage.safeParse(message)
    if (!parsed.success) return undefined
    const { bot_id: botId, user, ts, metadata } = parsed.data
    const isOurs = (botId !== undefined && botId === installation.botId) || user === installation.botUserId
    if (!isOurs || metadata.event_payload.question !== question.messageId) return undefined
    return { part: metadata.event_payload.part, ts }
  }
}

const conversation = z.object({
  is_ext_shared: z.boolean().default(false),
  is_pending_ext_shared: z.boolean().default(false),
})
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
