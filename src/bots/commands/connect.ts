// The steps of connecting a site, the same in a Slack modal, a Teams dialog and the terminal: form → live test → draft
// → disclaimer with its counts → active connection whose first sync is queued.
import { isAdmin } from '../../core/access/roles.ts'
import type { ConsentFacts } from '../../core/connections/consent.ts'
import {
  type Draft,
  confirmConnection as confirmDraft,
  draftConnection as draft,
} from '../../core/connections/draft.ts'
import type { ConnectRequest } from '../../core/connections/request.ts'
import type { Core } from '../../core/core.ts'
import { AccessDeniedError, InvalidInputError } from '../../errors.ts'
import type { Asker } from '../question.ts'
import type { CommandResult } from './command.ts'
import { actorOf, refuseNonAdmin } from './run.ts'

/** What a person fills in; everything is text as typed. An `InvalidInputError` names the wrong one in `field`. */
export type ConnectForm = Omit<ConnectRequest, 'schedule' | 'timezone'> & {
  /** Cron expression and time zone; default: every day at midnight, UTC. */
  schedule?: string
  timezone?: string
}

export type ConnectDraft = {
  draftId: number
  /** What is confirmed by it. Default: a new connection. */
  purpose?: 'edit'
  name: string
  /** What the test said, `Works`. */
  test: string
  /** The disclaimer to accept, as sentences with the counts that make it concrete. */
  disclaimer: string[]
  /** The numbers behind it. */
  facts?: ConsentFacts
}

/** Tests the credential live and keeps the form, sealed, as a draft of one hour. Nothing is synced yet. */
export async function draftConnection(
  core: Core,
  form: ConnectForm,
  asker: Asker,
  signal: AbortSignal,
): Promise<ConnectDraft> {
  requireAdmin(core, asker)
  return toDraft(await namingFields(() => draft(core, toRequest(form), actorOf(asker), signal)))
}

export function toRequest(form: ConnectForm): ConnectRequest {
  return { ...form, schedule: form.schedule ?? '0 0 * * *', timezone: form.timezone ?? 'UTC' }
}

export function toDraft({ connection, accountName, disclaimer, facts }: Draft): ConnectDraft {
  return { draftId: connection.id, name: connection.name, test: `Works, as ${accountName}`, disclaimer, facts }
}

/** The client names what it knows as `auth`; the form has a field for the kind of credential. */
export async function namingFields<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof InvalidInputError && error.field === 'auth')
      throw new InvalidInputError(error.code, error.message, { field: 'credentialKind', cause: error })
    throw error
  }
}

/** The disclaimer was accepted by `asker`: the draft becomes active and its first sync is queued. */
export async function confirmConnection(
  core: Core,
  draftId: number,
  asker: Asker,
  signal: AbortSignal,
): Promise<CommandResult> {
  requireAdmin(core, asker)
  const { connection, queued } = await confirmDraft(core, draftId, actorOf(asker), signal)
  const spaces = queued.spaces.length === 1 ? 'one space' : `${queued.spaces.length} spaces`
  return {
    kind: 'notice',
    tone: 'success',
    text: `${connection.name} is connected. The first sync of ${spaces} is queued; see its progress with status.`,
    details: [],
  }
}

export function requireAdmin(core: Core, asker: Asker): void {
  if (!isAdmin(core.config, asker)) throw new AccessDeniedError('not_admin', refuseNonAdmin(core, asker))
}
