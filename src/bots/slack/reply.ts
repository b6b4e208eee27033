// `Reply` for Slack: a placeholder in the thread, replaced by the answer.
import type { Reply, ReplyContent } from '../question.ts'
import { type AnswerPartsOptions, createAnswerParts } from './answer-parts.ts'
import { fetchPermit } from './audience.ts'
import type { SlackMessage } from './blocks.ts'
import type { SlackIdentity } from './identity.ts'
import { renderReply } from './render.ts'

type Options = AnswerPartsOptions & { identity: SlackIdentity }

export function createSlackReply({ identity, ...options }: Options): Reply {
  const { api, asked } = options
  const parts = createAnswerParts(options)

  return {
    async post(content, signal) {
      const [first, ...rest] = await renderPermitted(content, signal)
      const replyId = await parts.postFirst(first, signal)
      await parts.showRest(rest, signal)
      return replyId
    },
    async update(replyId, content, signal) {
      const [first, ...rest] = await renderPermitted(content, signal)
      await parts.updateFirst(replyId, first, signal)
      await parts.showRest(rest, signal)
    },
    findPosted: (signal) => parts.findFirst(signal),
    identify: (signal) => identity.identify(asked.question.askerId, signal),
  }

  /** Asked at the moment of sending, since a channel can become shared while a question is answered. */
  async function renderPermitted(content: ReplyContent, signal: AbortSignal): Promise<SlackMessage[]> {
    if (content.kind !== 'answer' || (await fetchPermit(api, asked, signal))) return renderReply(content)
    return renderReply({
      kind: 'notice',
      text: 'People of another organisation may be reading this channel, so I do not answer from Confluence here. Ask me in a direct message.',
    })
  }
}
