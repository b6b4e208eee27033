import { z } from 'zod'
import { isFootnoteError } from '../../errors.ts'
import { text } from './answers.ts'
import type { HttpClient } from './http.ts'
import { collect, iterateByCursor } from './paging.ts'
import type { ConfluenceSite } from './site.ts'

const row = z.object({
  key: z.string(),
  name: text.nullish(),
  dataPolicy: z.object({ anyContentBlocked: z.boolean().nullish() }).nullish(),
})

/**
 * Spaces with content that an app access rule (data security policy) hides from apps and scoped tokens. They answer as if
 * they did not exist; only here are they named. Empty where the credential may not ask: it only explains.
 */
export async function listBlockedSpaces(
  http: HttpClient,
  signal: AbortSignal,
): Promise<{ key: string; name: string }[]> {
  const listing = { path: '/api/v2/data-policies/spaces', row, limit: 250, subject: 'access rules', maxAttempts: 2 }
  try {
    const rows = await collect(iterateByCursor(http, listing, signal))
    return rows
      .filter(({ dataPolicy }) => dataPolicy?.anyContentBlocked === true)
      .map(({ key, name }) => ({ key, name: name ?? key }))
  } catch (error) {
    signal.throwIfAborted()
    if (isFootnoteError(error)) return []
    throw error
  }
}

/** What to say of the spaces that an access rule hides; undefined when there are none. */
export async function listBlockedNames(
  site: ConfluenceSite,
  signal: AbortSignal,
): Promise<{ keys: string[]; cause: string; remedy: string } | undefined> {
  const keys = (await site.listBlockedSpaces(signal)).map(({ key }) => key)
  return keys.length === 0 ? undefined : { keys, ...explainBlocked(keys) }
}

/** The sentences for spaces that an access rule hides. Pure. */
export function explainBlocked(keys: string[]): { cause: string; remedy: string } {
  const shown = keys.length > 5 ? `${keys.slice(0, 5).join(', ')} and ${keys.length - 5} more` : keys.join(', ')
  const [noun, verb] = keys.length === 1 ? ['Space', 'is'] : ['Spaces', 'are']
  return {
    cause: `${noun} ${shown} ${verb} hidden from apps by an access rule of the organisation.`,
    remedy: `Ask an organisation admin to allow this app in the data security policy (admin.atlassian.com), or use a classic API token.`,
  }
}
