import { AccessDeniedError } from '../../errors.ts'
import { renderText } from './render.ts'
import { type SlackApi, noPreviews } from './web-api.ts'

/** A sentence to a person who asked nothing just now, in their direct conversation with the bot. */
export function createTell(api: SlackApi, teamId: string) {
  return async (actor: string, sentence: string, signal: AbortSignal): Promise<boolean> => {
    const [, team, userId] = /^slack:([^:]+):(.+)$/.exec(actor) ?? []
    if (team !== teamId || userId === undefined) return false
    try {
      for (const message of renderText(`⚠ ${sentence}`))
        await api.call('chat.postMessage', { channel: userId, ...message, ...noPreviews }, signal)
      return true
    } catch (error) {
      if (error instanceof AccessDeniedError) return false
      throw error
    }
  }
}
