import type { Connection } from '../../db/queries/connections.ts'
import { AccessDeniedError, isFootnoteError } from '../../errors.ts'
import { explainBlocked } from '../confluence/blocked-spaces.ts'
import type { Core } from '../core.ts'
import { openConnectionSite } from './open-site.ts'

/** Why a run did not find its space, where an access rule of the organisation hides it; else undefined. */
export async function explainInvisible(
  core: Core,
  connection: Connection,
  { key }: { key: string },
  error: unknown,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!(error instanceof AccessDeniedError)) return undefined
  try {
    const blocked = await openConnectionSite(core, connection).listBlockedSpaces(signal)
    if (!blocked.some((space) => space.key === key)) return undefined
    const { cause, remedy } = explainBlocked([key])
    return `${cause} ${remedy}`
  } catch (failure) {
    // It only explains: the run failed, whatever this says.
    if (signal.aborted || !isFootnoteError(failure)) throw failure
    return undefined
  }
}
