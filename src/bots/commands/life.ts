// What admins do with a connection that there is: pause, resume, remove, delete what vanished.
import { deleteVanished } from '../../core/connections/delete-vanished.ts'
import { getConnection } from '../../core/connections/get-connection.ts'
import { type Paused, pauseByAdmin, resumeConnection } from '../../core/connections/pause.ts'
import { type RemovalReceipt, findRemovable, previewPurge, removeConnection } from '../../core/connections/remove.ts'
import type { Core } from '../../core/core.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Asker } from '../question.ts'
import type { Command, CommandResult, PurgeRequest } from './command.ts'
import { requireAdmin } from './connect.ts'
import { actorOf } from './run.ts'

export async function runLife(
  core: Core,
  command: Extract<Command, { name: 'pause' | 'resume' | 'remove' }>,
  actor: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  if (command.name === 'remove') {
    const connection = await findRemovable(core, command.connection, command)
    if (command.purge) return askPurge(await previewPurge(core, connection), connection.id)
    return describeRemoval(await removeConnection(core, connection, { purge: false, actor }))
  }
  const connection = await getConnection(core, command.connection)
  const { name } = connection
  if (command.name === 'pause') {
    const { ended } = await pauseByAdmin(core, connection, actor)
    return notice(`${name} is paused: nothing is read from its site, what is stored is still answered from.`, [
      ...describeEnded(ended),
      `Go on with resume ${name}.`,
    ])
  }
  const { runs, missing } = await resumeConnection(core, connection, actor, signal)
  return notice(
    `${name} goes on. The sync of ${count(runs.length, 'space')} is queued; see its progress with status.`,
    missing,
  )
}

function describeEnded(ended: Paused['ended']): string[] {
  const running = ended.filter(({ wasRunning }) => wasRunning).map(({ key }) => key)
  const waiting = ended.filter(({ wasRunning }) => !wasRunning).map(({ key }) => key)
  return [
    ...(running.length === 0
      ? []
      : [
          `The sync of ${running.join(', ')} was under way and ends now: what it has stored stays, the rest is fetched after resume.`,
        ]),
    ...(waiting.length === 0 ? [] : [`The sync of ${waiting.join(', ')} had not begun and is cancelled.`]),
  ]
}

/** The button was pressed: who it is and what is there are looked at again. */
export async function confirmPurge(
  core: Core,
  { connectionId, connection }: PurgeRequest,
  asker: Asker,
): Promise<CommandResult> {
  requireAdmin(core, asker)
  const found = await findRemovable(core, connection, { purge: true })
  if (found.id !== connectionId)
    throw new InvalidInputError(
      'connection_changed',
      `${connection} is another connection by now, so nothing was deleted. Look at status first.`,
    )
  return describeRemoval(await removeConnection(core, found, { purge: true, actor: actorOf(asker) }))
}

export function askPurge(
  receipt: RemovalReceipt,
  connectionId: number,
): Extract<CommandResult, { kind: 'confirmation' }> {
  const { connection } = receipt
  return {
    kind: 'confirmation',
    text: `Delete ${connection} with everything that is stored of it? This cannot be undone; in Confluence nothing changes.`,
    details: [...describeContent(receipt), ...describeSpaces(receipt)],
    button: 'Delete for good',
    purge: { connectionId, connection },
  }
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

export function describeRemoval(receipt: RemovalReceipt): Extract<CommandResult, { kind: 'notice' }> {
  const { connection, isPurged } = receipt
  return notice(
    isPurged
      ? `${connection} is removed, and everything that was stored of it is deleted.`
      : `${connection} is removed and its credential deleted; its content is kept, but no longer served.`,
    [
      ...describeContent(receipt),
      ...describeSpaces(receipt),
      ...(isPurged
        ? ['Messages that were posted in chats stay there, with what they quote.']
        : [`Delete the content for good with remove ${connection} --purge.`]),
    ],
  )
}

function describeContent(receipt: RemovalReceipt): string[] {
  const { pages, spaces, attachments, comments, chunks, answers, isPurged } = receipt
  const parts = [
    count(pages, 'page'),
    count(attachments, 'attachment'),
    count(comments, 'comment'),
    `${count(chunks, 'chunk')} of their text`,
    ...(isPurged ? [`${count(answers, 'stored answer')} that quoted them`] : []),
  ]
  return [`${count(spaces, 'space')}: ${parts.join(', ')}.`]
}

function describeSpaces({ keys }: RemovalReceipt): string[] {
  return keys.length === 0 ? [] : [`Spaces: ${keys.join(', ')}`]
}

function notice(text: string, details: string[]): Extract<CommandResult, { kind: 'notice' }> {
  return { kind: 'notice', tone: 'success', text, details }
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`
}
