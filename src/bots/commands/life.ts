// What admins do with a connection that there is: pause, resume, remove, delete what vanished.
import { deleteVanished } from '../../core/connections/delete-vanished.ts'
import { getConnection } from '../../core/connections/get-connection.ts'
import { pauseByAdmin, resumeConnection } from '../../core/connections/pause.ts'
import { type RemovalReceipt, findRemovable, removeConnection } from '../../core/connections/remove.ts'
import type { Core } from '../../core/core.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Command, CommandResult } from './command.ts'

export async function runLife(
  core: Core,
  command: Extract<Command, { name: 'pause' | 'resume' | 'remove' }>,
  actor: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  if (command.name === 'remove') {
    const connection = await findRemovable(core, command.connection, command)
    return describeRemoval(await removeConnection(core, connection, { purge: command.purge, actor }))
  }
  const connection = await getConnection(core, command.connection)
  const { name } = connection
  if (command.name === 'pause') {
    await pauseByAdmin(core, connection, actor)
    return notice(`${name} is paused: nothing is read from its site, what is stored is still answered from.`, [
      `Go on with resume ${name}.`,
    ])
  }
  const { runs, missingKeys } = await resumeConnection(core, connection, actor, signal)
  return notice(
    `${name} goes on. The sync of ${count(runs.length, 'space')} is queued; see its progress with status.`,
    missingKeys.map((key) => `Space ${key} is selected but its account cannot see it any more.`),
  )
}

/** `sync TARGET --delete-vanished`. */
export async function runDeletion(core: Core, target: string | undefined, actor: string): Promise<CommandResult> {
  if (target === undefined)
    throw new InvalidInputError(
      'target_missing',
      'Say whose vanished pages to delete: sync SPACE --delete-vanished. See the spaces with status.',
    )
  const { connection, deleted, spaces } = await deleteVanished(core, target, actor)
  return notice(
    `${count(deleted, 'page')} of ${connection} that had vanished from Confluence ${deleted === 1 ? 'is' : 'are'} deleted.`,
    spaces.map((space) => `Space ${space.key}: ${count(space.deleted, 'page')}`),
  )
}

export function describeRemoval(receipt: RemovalReceipt): CommandResult {
  const { connection, pages, spaces, keys, isPurged } = receipt
  const amount = `${count(pages, 'page')} of ${count(spaces, 'space')}`
  return notice(
    `${connection} is removed and its credential deleted; ${amount} ${pages === 1 ? 'is' : 'are'} ${isPurged ? 'deleted' : 'kept, but no longer served'}.`,
    [
      ...(keys.length === 0 ? [] : [`Spaces: ${keys.join(', ')}`]),
      ...(isPurged ? [] : [`Delete them for good with remove ${connection} --purge.`]),
    ],
  )
}

function notice(text: string, details: string[]): CommandResult {
  return { kind: 'notice', tone: 'success', text, details }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
