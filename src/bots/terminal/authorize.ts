import { setTimeout as delay } from 'node:timers/promises'
import type { Core } from '../../core/core.ts'
import { TransientError } from '../../errors.ts'
import { type AuthorizeStep, type Authorized, continueAuthorization } from '../commands/authorize.ts'
import { operator } from './identity.ts'
import type { Output } from './output.ts'

const pollMs = 500
const patienceMs = 15 * 60_000

/** Prints where to let Footnote in, and waits until that was done in a browser: the running server is called back. */
export async function authorizeHere(
  core: Core,
  { authorizationId, url }: AuthorizeStep,
  output: Output,
  signal: AbortSignal,
): Promise<Authorized> {
  output.remark(
    `Open this address in a browser, with the Atlassian account that Footnote shall read with, and let it in:\n\n${url}\n\nWaiting for that. The server (footnote serve) must be running: Atlassian sends the browser back to it.`,
  )
  const endsAt = performance.now() + patienceMs
  while (performance.now() < endsAt) {
    const step = await continueAuthorization(core, authorizationId, operator, signal)
    if (!('url' in step)) return step
    await delay(pollMs, undefined, { signal })
  }
  throw new TransientError('oauth_not_finished', 'Nobody let Footnote in within a quarter of an hour. Begin again.')
}
