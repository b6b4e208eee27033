/** From this time before the end of a token on, its connection says so. */
export const warnBeforeMs = 14 * 24 * 3_600_000

/** The sentence for admins; undefined while the end is further away. Pure. */
export function warnOfExpiry(name: string, expiresAt: Date, now: Date): string | undefined {
  const leftMs = expiresAt.getTime() - now.getTime()
  if (leftMs > warnBeforeMs) return undefined
  const day = expiresAt.toISOString().slice(0, 10)
  const days = Math.ceil(leftMs / (24 * 3_600_000))
  const when = leftMs <= 0 ? `ended on ${day}` : `ends on ${day}, in ${days === 1 ? 'one day' : `${days} days`}`
  return `The token of ${name} ${when}. Make a new one and give it with reconnect ${name}.`
}
