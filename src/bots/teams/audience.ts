// Roster of a conversation → may an answer be shown there? What Confluence holds is shown to members of the organisation
// only, and in a chat or channel everybody on the roster reads along. Whatever cannot be read counts as a no.
import { isFootnoteError } from '../../errors.ts'
import { createMemory } from '../memory.ts'
import { type Place, chatIdOf } from './activity.ts'
import { resolveKind } from './identity.ts'

/** A conversation without outsiders is believed to have none; somebody who is added may read that long. */
const memoryLimits = { lifetimeMs: 5 * 60_000, maxEntries: 5_000 }
/** The connector serves no more a page (get-teams-context in MicrosoftDocs/msteams-docs). */
const pageSize = 500
const maxPages = 20
/** Shorter than the time for delivering an answer, so that the notice can still be shown. */
const readTimeoutMs = 10_000

type RosterPage = {
  /** Undefined when the connector did not send a list. */
  members: Record<string, unknown>[] | undefined
  continuationToken: string | undefined
}

/** One page of the roster of a conversation or team. Rejects as `TeamsTransport` does. */
export type FetchMembers = (
  place: Place,
  page: { rosterId: string; pageSize: number; continuationToken: string | undefined },
  signal: AbortSignal,
) => Promise<RosterPage>

/** True when nobody but members of the organisation reads there. */
export type Permits = (place: Place, signal: AbortSignal) => Promise<boolean>

/** Only a yes is remembered. Rejects when `signal` was aborted. */
export function createPermits(fetchMembers: FetchMembers, now: () => Date): Permits {
  const permitted = createMemory<true>(memoryLimits)

  return async (place, signal) => {
    if (place.audience === 'direct') return true
    const rosterIds = listRosterIds(place)
    const key = JSON.stringify([place.tenantId, ...rosterIds])
    const askedAt = now()
    if (permitted.find(key, askedAt) !== undefined) return true
    if (!(await areMembersOnly(place, rosterIds, signal))) return false
    permitted.remember(key, true, askedAt)
    return true
  }

  async function areMembersOnly(place: Place, rosterIds: string[], signal: AbortSignal): Promise<boolean> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(readTimeoutMs)])
    try {
      for (const rosterId of rosterIds) {
        if (!isInternal(await fetchRoster(place, rosterId, limited), place.tenantId)) return false
      }
      return rosterIds.length > 0
    } catch (error) {
      signal.throwIfAborted()
      if (limited.aborted || isFootnoteError(error)) return false
      throw error
    }
  }

  /** Undefined when it is larger than we read, or no list. */
  async function fetchRoster(place: Place, rosterId: string, signal: AbortSignal) {
    const roster: Record<string, unknown>[] = []
    let continuationToken: string | undefined
    for (let page = 0; page < maxPages; page++) {
      const answer = await fetchMembers(place, { rosterId, pageSize, continuationToken }, signal)
      if (answer.members === undefined) return undefined
      roster.push(...answer.members)
      continuationToken = answer.continuationToken || undefined
      if (continuationToken === undefined) return roster
    }
    return undefined
  }
}

/**
 * Whose members read along. A team's roster has everybody who reads its standard channels, of which the channel's own
 * may name only the active ones (OfficeDev/BotBuilder-MicrosoftTeams#80); the people of other teams and organisations
 * with whom a channel is shared are on the channel's roster only (microsoft/teams.net#100). So both are asked, and a
 * channel whose team is not said has none that would do.
 */
export function listRosterIds(place: Place): string[] {
  const { conversationType, teamId } = place
  const ownId = chatIdOf(place)
  if (teamId === undefined) return conversationType === 'channel' ? [] : [ownId]
  return [...new Set([teamId, ownId])]
}

/** Bots, which the platform marks in the id, do not count; somebody has to be left. */
export function isInternal(roster: Record<string, unknown>[] | undefined, tenantId: string): boolean {
  const people = (roster ?? []).filter((member) => !String(member['id']).startsWith('28:'))
  return people.length > 0 && people.every((member) => resolveKind(member, tenantId) === 'member')
}
