// Delivery of one question's answer: a placeholder, then updates of it.
import type { Reply, ReplyContent } from '../question.ts'
import type { OutboundMessage, Place } from './activity.ts'
import type { FetchMembers, Permits } from './audience.ts'
import type { Identify } from './identity.ts'
import { renderReply } from './render.ts'

/** How the bot reaches the Bot Connector; app.ts implements it with the SDK. Errors are those of `src/errors.ts`. */
export type TeamsTransport = {
  /** Resolves to the id of the new message. */
  post(place: Place, message: OutboundMessage, signal: AbortSignal): Promise<string>
  update(place: Place, messageId: string, message: OutboundMessage, signal: AbortSignal): Promise<void>
  /** The private chat of the bot with the sender of the place, which need not exist yet. */
  openPrivateChat(place: Place, signal: AbortSignal): Promise<Place>
  /** The sender of the place from the roster, as the connector gives it; undefined when it knows no such member. */
  fetchMember(place: Place, signal: AbortSignal): Promise<Record<string, unknown> | undefined>
  fetchMembers: FetchMembers
}

type ReplyParts = { transport: TeamsTransport; identify: Identify; permits: Permits }

export function createReply({ transport, identify, permits }: ReplyParts, place: Place): Reply {
  /** Ids of the messages that continue an answer too long for one, so that sending it again updates them. */
  const continuations: string[] = []

  async function showContinuations(messages: OutboundMessage[], signal: AbortSignal): Promise<void> {
    for (const [index, message] of messages.entries()) {
      const known = continuations[index]
      if (known === undefined) continuations.push(await transport.post(place, message, signal))
      else await transport.update(place, known, message, signal)
    }
  }

  /** Asked at the moment of sending, since somebody from outside can be added while a question is answered. */
  async function permitted(content: ReplyContent, signal: AbortSignal): Promise<ReplyContent> {
    if (content.kind !== 'answer' || (await permits(place, signal))) return content
    return {
      kind: 'notice',
      text: 'People from outside this organisation may read along here, so I do not answer here. Ask me in a private chat.',
    }
  }

  return {
    async post(content, signal) {
      const [first = {}, ...rest] = renderReply(await permitted(content, signal))
      const replyId = await transport.post(place, first, signal)
      await showContinuations(rest, signal)
      return replyId
    },
    async update(replyId, content, signal) {
      const [first = {}, ...rest] = renderReply(await permitted(content, signal))
      await transport.update(place, replyId, first, signal)
      await showContinuations(rest, signal)
    },
    // Teams has no way to look up a message by something we put into it.
    findPosted: async () => undefined,
    identify: (signal) => identify(place, signal),
  }
}
