// People who asked nothing just now: who is meant, and a sentence in their direct conversation with the bot.
import { z } from 'zod'
import { AccessDeniedError } from '../../errors.ts'
import type { Asker } from '../question.ts'
import type { SlackIdentity } from './identity.ts'
import { renderText } from './render.ts'
import { type SlackApi, noPreviews } from './web-api.ts'

/** The person of this workspace whom an actor of the audit log, an id or an e-mail address names. */
export function createFind(api: SlackApi, identity: SlackIdentity, teamId: string) {
  return async (name: string, signal: AbortSignal): Promise<Asker | undefined> => {
    const userId = name.includes('@') ? await findByEmail(api, name, signal) : userIdOf(name, teamId)
    if (userId === undefined) return undefined
    const asker = await identity.identify(userId, signal, { fresh: true })
    // An address that Slack has not confirmed is anybody's.
    return name.includes('@') && asker?.email === undefined ? undefined : asker
  }
}

async function findByEmail(api: SlackApi, email: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const found = await api.call('users.lookupByEmail', { email }, signal)
    return z.object({ user: z.object({ id: z.string() }) }).safeParse(found).data?.user.id
  } catch (error) {
    if (error instanceof AccessDeniedError) return undefined
    throw error
  }
}

/** https://docs.slack.dev/reference/objects/user-object: ids begin with U or W. */
function userIdOf(name: string, teamId: string): string | undefined {
  const [, team, userId] = /^slack:([^:]+):(.+)$/.exec(name) ?? []
  if (team !== undefined) return team === teamId ? userId : undefined
  return /^[UW][A-Z0-9]{2,}$/i.test(name) ? name.toUpperCase() : undefined
}

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
