// People who asked nothing just now: who is meant, and a sentence in their private chat with the bot.
import { AccessDeniedError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import { createMemory } from '../memory.ts'
import type { Asker } from '../question.ts'
import type { Place } from './activity.ts'
import { resolveAsker } from './identity.ts'
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
  /** Told of everybody whom a roster vouched for, so that they are found by their address. */
  rememberAsker: (asker: Asker) => void
  /**
   * Whom an actor of the audit log, an Entra object id or an e-mail address names. Teams finds nobody by address: only those
   * are found so who wrote to this process before.
   */
  find: (name: string, signal: AbortSignal) => Promise<Asker | undefined>
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
  tenants: string[] = [],
): Telling {
  const places = createMemory<Place>(memoryLimits)
  const actors = createMemory<string>(memoryLimits)
  const tenantIds = new Set(tenants)
  const noted = new Set<string>()
  const findPlace = async (tenantId: string, objectId: string): Promise<Place | undefined> => {
    const known = places.find(`${tenantId}:${objectId}`, now())
    if (known !== undefined) return known
    const serviceUrl = await serviceUrls?.find(tenantId)
    return serviceUrl === undefined ? undefined : placeOf(tenantId, objectId, serviceUrl, appId)
  }
  const placeOfActor = async (actor: string | undefined): Promise<Place | undefined> => {
    const [, tenantId, objectId] = /^teams:([^:]+):(.+)$/.exec(actor ?? '') ?? []
    return tenantId === undefined || objectId === undefined ? undefined : findPlace(tenantId, objectId)
  }
  const findNamed = async (name: string): Promise<Place | undefined> => {
    if (name.includes('@')) return placeOfActor(actors.find(name.toLowerCase(), now()))
    if (!objectIdPattern.test(name)) return placeOfActor(name)
    for (const tenantId of tenantIds) {
      const place = await findPlace(tenantId, name.toLowerCase())
      if (place !== undefined) return place
    }
    return undefined
  }
  return {
    rememberAsker: ({ tenantId, userId, email }) => {
      if (email !== undefined) actors.remember(email, `teams:${tenantId}:${userId}`, now())
    },
    find: async (name, signal) => {
      const place = await findNamed(name)
      return place === undefined ? undefined : identifyAt(transport, place, signal)
    },
    remember: (place) => {
      tenantIds.add(place.tenantId)
      places.remember(`${place.tenantId}:${place.person.objectId ?? place.person.id}`, place, now())
      const key = `${place.tenantId} ${place.serviceUrl}`
      if (serviceUrls === undefined || noted.has(key)) return
      noted.add(key)
      serviceUrls.remember(place.tenantId, place.serviceUrl).catch(onFailure)
    },
    tell: async (actor, sentence, signal) => {
      const place = await placeOfActor(actor)
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

const objectIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The roster of the private chat says who it is. */
async function identifyAt(transport: TeamsTransport, place: Place, signal: AbortSignal): Promise<Asker | undefined> {
  try {
    const chat = await transport.openPrivateChat(place, signal)
    const member = await transport.fetchMember(chat, signal)
    const id = member?.['id']
    return typeof id === 'string' ? resolveAsker(member, { ...chat, person: { ...chat.person, id } }) : undefined
  } catch (error) {
    if (error instanceof AccessDeniedError) return undefined
    throw error
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
