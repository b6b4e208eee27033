// When a credential ends: a token's day as an admin gave it, and the day on which Atlassian forgets an OAuth grant that nobody used.
const dayMs = 24 * 3_600_000

/** From this time before the end of a token on, its connection says so. */
export const warnBeforeMs = 14 * dayMs

/**
 * Atlassian forgets a refresh token that was not used for 90 days; each use gives a new one.
 * https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/
 */
const idleMs = 90 * dayMs

export function idleEndOf(usedAt: Date): Date {
  return new Date(usedAt.getTime() + idleMs)
}

export type Expiring = { name: string; credentialKind: string; tokenExpiresAt: Date }

/** `ends on 2027-05-01` · `ends on 2027-02-18 unless it is used before`. Pure. */
export function describeExpiry({ credentialKind, tokenExpiresAt }: Omit<Expiring, 'name'>, now: Date): string {
  const verb = tokenExpiresAt <= now ? 'ended' : 'ends'
  const day = tokenExpiresAt.toISOString().slice(0, 10)
  if (credentialKind !== 'oauth') return `${verb} on ${day}`
  return `${verb} on ${day}${verb === 'ends' ? ' unless it is used before' : ''} (90 days without use)`
}

/** The sentence for admins; undefined while the end is further away. Pure. */
export function warnOfExpiry({ name, credentialKind, tokenExpiresAt }: Expiring, now: Date): string | undefined {
  const leftMs = tokenExpiresAt.getTime() - now.getTime()
  if (leftMs > warnBeforeMs) return undefined
  const day = tokenExpiresAt.toISOString().slice(0, 10)
  const days = Math.ceil(leftMs / dayMs)
  const when = leftMs <= 0 ? `ended on ${day}` : `ends on ${day}, in ${days === 1 ? 'one day' : `${days} days`}`
  if (credentialKind !== 'oauth')
    return `The token of ${name} ${when}. Make a new one and give it with reconnect ${name}.`
  return leftMs <= 0
    ? `What Atlassian lets ${name} read ${when}, after 90 days without use. Let Footnote in again with reconnect ${name}.`
    : `What Atlassian lets ${name} read ${when}, because nothing was read for so long. Sync or test ${name} before that day, or let Footnote in again later with reconnect ${name}.`
}
