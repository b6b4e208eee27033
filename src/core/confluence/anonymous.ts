import { z } from 'zod'
import { TransientError, isFootnoteError } from '../../errors.ts'
import type { HttpClient } from './http.ts'
import type { SitePrincipal } from './site.ts'

/**
 * A space's entry for anonymous readers means something only while the whole site is open to them, and that switch cannot be
 * read: the space is asked for without a credential. Where nobody sees it, the entry lets nobody in.
 */
export async function keepProvenAnonymous(
  readers: SitePrincipal[],
  nobody: HttpClient,
  spacePath: string,
  signal: AbortSignal,
): Promise<SitePrincipal[]> {
  if (!readers.some(({ kind }) => kind === 'anonymous') || (await isSeen(nobody, spacePath, signal))) return readers
  return readers.map((reader) =>
    reader.kind === 'anonymous' ? { kind: 'unknown', description: 'anonymous, on a site that is not open' } : reader,
  )
}

async function isSeen(nobody: HttpClient, spacePath: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await nobody.send({ path: spacePath, schema: z.object({ key: z.string() }) }, signal)) !== undefined
  } catch (error) {
    if (isFootnoteError(error) && (!(error instanceof TransientError) || error.code === 'answer_malformed'))
      return false
    throw error
  }
}
