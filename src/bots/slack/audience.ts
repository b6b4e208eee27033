// May an answer be shown in this channel? What Confluence holds is not shown where another organisation reads along, nor
// where Slack does not say who does.
import { z } from 'zod'
import { AccessDeniedError } from '../../errors.ts'
import type { AskedInSlack } from './events.ts'
import type { SlackApi } from './web-api.ts'

/** False where another organisation may read along. Slack is asked each time, since a channel can become shared. */
export async function fetchPermit(api: SlackApi, asked: AskedInSlack, signal: AbortSignal): Promise<boolean> {
  if (asked.question.audience === 'direct') return true
  if (asked.isExternallyShared) return false
  try {
    const response = await api.call('conversations.info', { channel: asked.question.conversationId }, signal)
    const known = conversation.safeParse(response['channel'])
    return known.success && !known.data.is_ext_shared && !known.data.is_pending_ext_shared
  } catch (error) {
    if (error instanceof AccessDeniedError) return false
    throw error
  }
}

const conversation = z.object({
  is_ext_shared: z.boolean().default(false),
  is_pending_ext_shared: z.boolean().default(false),
})
