// Connecting by OAuth: the form first, then Atlassian's page in a browser, then on as with any other credential.
import { type Purpose, closeAuthorization, openAuthorization, takeGrant } from '../../core/connections/authorize.ts'
import { checkRequest, draftConnection } from '../../core/connections/draft.ts'
import { getConnectionById } from '../../core/connections/get-connection.ts'
import { reconnect } from '../../core/connections/reconnect.ts'
import type { Core } from '../../core/core.ts'
import type { Asker } from '../question.ts'
import type { CommandResult } from './command.ts'
import { type ConnectDraft, type ConnectForm, namingFields, requireAdmin, toDraft, toRequest } from './connect.ts'
import { actorOf } from './run.ts'
import { describeReconnected } from './edit.ts'

/** The person is asked to open `url` in a browser; then `continueAuthorization`. */
export type AuthorizeStep = { authorizationId: number; name: string; url: string }

/** What Footnote was let in for: a draft to accept, or the notice that a connection works again. */
export type Authorized = ConnectDraft | CommandResult

/** Checks what can be checked and gives the address at which Atlassian asks the person. */
export async function beginAuthorization(core: Core, form: ConnectForm, asker: Asker): Promise<AuthorizeStep> {
  requireAdmin(core, asker)
  const { secret: _secret, ...request } = toRequest(form)
  await namingFields(() => checkRequest(core, { ...request, secret: '' }))
  return open(core, { kind: 'connect', request }, request.name.trim(), asker)
}

/** The same for a connection that gets a new credential. */
export async function beginReconnection(
  core: Core,
  connection: { id: number; name: string },
  asker: Asker,
): Promise<AuthorizeStep> {
  requireAdmin(core, asker)
  return open(core, { kind: 'reconnect', connectionId: connection.id }, connection.name, asker)
}

async function open(core: Core, purpose: Purpose, name: string, asker: Asker): Promise<AuthorizeStep> {
  return { name, ...(await namingFields(() => openAuthorization(core, purpose, actorOf(asker)))) }
}

/** Goes on when the person has been to Atlassian; the same step again, with its address left empty, while not. */
export async function continueAuthorization(
  core: Core,
  authorizationId: number,
  asker: Asker,
  signal: AbortSignal,
): Promise<Authorized | AuthorizeStep> {
  requireAdmin(core, asker)
  const actor = actorOf(asker)
  const taken = await takeGrant(core, authorizationId, actor)
  if (taken === undefined) return { authorizationId, name: '', url: '' }
  const { purpose, grant } = taken
  const authorized =
    purpose.kind === 'connect'
      ? toDraft(await draftConnection(core, { ...purpose.request, secret: '' }, actor, signal, grant))
      : describeReconnected(
          await reconnect(
            core,
            await getConnectionById(core, purpose.connectionId),
            { credentialKind: 'oauth', email: '', secret: '' },
            { actor, grant },
            signal,
          ),
        )
  await closeAuthorization(core, authorizationId)
  return authorized
}
