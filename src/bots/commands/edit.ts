// The steps of changing a connection, the same everywhere: what is asked for → applied at once, or a disclaimer to accept.
import { confirmEdit as confirm, editConnection } from '../../core/connections/edit.ts'
import type { EditRequest } from '../../core/connections/edit-changes.ts'
import { getConnection } from '../../core/connections/get-connection.ts'
import { type Reconnected, reconnect } from '../../core/connections/reconnect.ts'
import type { Core } from '../../core/core.ts'
import type { Asker } from '../question.ts'
import type { CommandResult } from './command.ts'
import { type ConnectDraft, type ConnectForm, namingFields, requireAdmin } from './connect.ts'
import { actorOf } from './run.ts'

/** Applies what needs no consent; else the draft whose disclaimer is to be accepted (`purpose` is `edit`). */
export async function submitEdit(
  core: Core,
  name: string,
  request: EditRequest,
  asker: Asker,
  signal: AbortSignal,
): Promise<ConnectDraft | CommandResult> {
  requireAdmin(core, asker)
  const connection = await getConnection(core, name)
  const edit = await namingFields(() => editConnection(core, connection, request, actorOf(asker), signal))
  if (edit.kind === 'applied') return describeEdited(edit.connection.name, edit.changed, [])
  const { editId: draftId, accountName, disclaimer, facts } = edit
  return { draftId, purpose: 'edit', name: connection.name, test: `Works, as ${accountName}`, disclaimer, facts }
}

export async function confirmEdit(
  core: Core,
  editId: number,
  asker: Asker,
  signal: AbortSignal,
): Promise<CommandResult> {
  requireAdmin(core, asker)
  const { connection, changed, dropped, queued } = await confirm(core, editId, actorOf(asker), signal)
  const { pages, spaces } = dropped
  return describeEdited(connection.name, changed, [
    ...(pages + spaces > 0
      ? [
          `Deleted, because it is no longer covered: ${count(pages, 'page')}${spaces > 0 ? `, ${count(spaces, 'space')}` : ''}.`,
        ]
      : []),
    queued === undefined
      ? `It is paused; go on with resume ${connection.name}.`
      : `The sync of ${count(queued.runs.length, 'space')} is queued.`,
  ])
}

/** A new credential that is typed; OAuth goes through `beginReconnection`. */
export async function submitReconnection(
  core: Core,
  name: string,
  typed: Pick<ConnectForm, 'credentialKind' | 'email' | 'secret' | 'tokenExpires'>,
  asker: Asker,
  signal: AbortSignal,
): Promise<CommandResult> {
  requireAdmin(core, asker)
  const connection = await getConnection(core, name)
  const actor = actorOf(asker)
  return describeReconnected(await namingFields(() => reconnect(core, connection, typed, { actor }, signal)))
}

export function describeReconnected({ connection, accountName, queued }: Reconnected): CommandResult {
  const { name } = connection
  return {
    kind: 'notice',
    tone: 'success',
    text:
      queued === undefined
        ? `${name} has a new credential and works, as ${accountName}. It is still paused; go on with resume ${name}.`
        : `${name} works again, as ${accountName}. The sync of ${count(queued.runs.length, 'space')} goes on where it stood.`,
    details: queued?.missing ?? [],
  }
}

function describeEdited(name: string, changed: string[], details: string[]): CommandResult {
  return { kind: 'notice', tone: 'success', text: `${name} is changed: ${changed.join('; ')}.`, details }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
