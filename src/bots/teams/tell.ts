// A sentence to a person who asked nothing just now, in their private chat with the bot.
import { AccessDeniedError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import { createMemory } from '../memory.ts'
import type { Place } from './activity.ts'
import { renderCommandResult } from './render.ts'
import type { TeamsTransport } from './reply.ts'

/** Where the connector of a tenant is reached, kept beyond this process; handed in, since the bots know no table. */
export type ServiceUrls = {
  remember: (tenantId: string, serviceUrl: string) => Promise<void>
  find: (tenantId: string) => Promise<string | undefined>
}

export type Telling = {
  /** Told of everything that people do; never rejects. */
  remember: (place: Place) => void
  /** False when `actor` is nobody in Teams, or Teams does not let the bot write to them. */
  tell: (actor: string, sentence: string, signal: AbortSignal) => Promise<boolean>
}

const memoryLimits = { lifetimeMs: 30 * 24 * 3_600_000, maxEntries: 5_000 }

export function createTelling(
  transport: TeamsTransport,
  appId: string | undefined,
  now: () => Date,
  serviceUrls: ServiceUrls | undefined,
  onFailure: (error: unknown) => void,
): Telling {
  const places = createMemory<Place>(memoryLimits)
  const noted = new Set<string>()
  const findPlace = async (tenantId: string, objectId: string): Promise<Place | undefined> => {
    const known = places.find(`${tenantId}:${objectId}`, now())
    if (known !== undefined) return known
    const serviceUrl = await serviceUrls?.find(tenantId)
    return serviceUrl === undefined ? undefined : placeOf(tenantId, objectId, serviceUrl, appId)
  }
  return {
    remember: (place) => {
      places.remember(`${place.tenantId}:${place.person.objectId ?? place.person.id}`, place, now())
      const key = `${place.tenantId} ${place.serviceUrl}`
      if (serviceUrls === undefined || noted.has(key)) return
      noted.add(key)
      serviceUrls.remember(place.tenantId, place.serviceUrl).catch(onFailure)
    },
    tell: async (actor, sentence, signal) => {
      const [, tenantId, objectId] = /^teams:([^:]+):(.+)$/.exec(actor) ?? []
      const place = tenantId === undefined || objectId === undefined ? undefined : await findPlace(tenantId, objectId)
      if (place === undefined) return false
      try {
        const chat = await transport.openPrivateChat(place, signal)
        const notice: CommandResult = { kind: 'notice', tone: 'error', text: sentence, details: [] }
        for (const message of renderCommandResult(notice, chat, appId)) await transport.post(chat, message, signal)
        return true
      } catch (error) {
        if (error instanceof AccessDeniedError) return false
        throw error
      }
    },
  }
}

/** The connector takes a person's Entra id too: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages */
function placeOf(tenantId: string, objectId: string, serviceUrl: string, appId: string | undefined): Place {
  return {
    serviceUrl,
    tenantId,
    conversationId: '',
    conversationType: 'personal',
    audience: 'direct',
    teamId: undefined,
    bot: { id: `28:${appId ?? ''}`, name: undefined },
    person: { id: objectId, name: undefined, objectId },
  }
}
