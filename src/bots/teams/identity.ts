// Roster member → asker. The roster is the platform's own word about a person; names and addresses in messages are not.
import { createMemory } from '../memory.ts'
import type { Asker } from '../question.ts'
import type { Place } from './activity.ts'

/** Somebody who leaves the organisation is refused after this time at the latest. */
const memoryLimits = { lifetimeMs: 15 * 60_000, maxEntries: 5_000 }

export type Identify = (place: Place, signal: AbortSignal) => Promise<Asker | undefined>

/** `fetchMember` resolves to undefined when the platform knows no such member; only resolved askers are remembered. */
export function createIdentify(
  fetchMember: (place: Place, signal: AbortSignal) => Promise<Record<string, unknown> | undefined>,
  now: () => Date,
  onIdentified: (asker: Asker) => void = () => undefined,
): Identify {
  const askers = createMemory<Asker>(memoryLimits)
  return async (place, signal) => {
    const key = JSON.stringify([place.tenantId, place.person.id, place.person.objectId])
    const known = askers.find(key, now())
    if (known !== undefined) return known
    const asker = resolveAsker(await fetchMember(place, signal), place)
    if (asker === undefined) return undefined
    askers.remember(key, asker, now())
    onIdentified(asker)
    return asker
  }
}

/** Undefined when the roster does not vouch for exactly the person who sent the activity. */
export function resolveAsker(member: Record<string, unknown> | undefined, place: Place): Asker | undefined {
  if (member === undefined || member['id'] !== place.person.id) return undefined
  const objectId = objectIdOf(member)
  const sentObjectId = place.person.objectId
  if (objectId?.toLowerCase() !== sentObjectId?.toLowerCase()) return undefined
  const kind = resolveKind(member, place.tenantId)
  return {
    platform: 'teams',
    tenantId: place.tenantId,
    userId: objectId ?? place.person.id,
    displayName: text(member['name']) ?? 'Somebody',
    // A guest's address is their own organisation's word, not that of this tenant.
    email: kind === 'member' ? text(member['email'])?.toLowerCase() : undefined,
    kind,
    // Teams' bot API has no owner or admin mark (`userRole` is not one).
    isWorkspaceAdmin: false,
  }
}

/** Of somebody on a roster, in the same sense as an asker's `kind`. */
export function resolveKind(member: Record<string, unknown>, tenantId: string): Asker['kind'] {
  const role = text(member['userRole'])
  if (objectIdOf(member) === undefined || (role !== undefined && role !== 'user')) return 'external'
  const homeTenantId = text(member['tenantId'])
  if (homeTenantId === undefined || homeTenantId.toLowerCase() !== tenantId.toLowerCase()) return 'external'
  const isGuest = [member['userPrincipalName'], member['email']].some((name) => /#ext#/i.test(text(name) ?? ''))
  return isGuest ? 'guest' : 'member'
}

function objectIdOf(member: Record<string, unknown>): string | undefined {
  return text(member['aadObjectId']) ?? text(member['objectId'])
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
