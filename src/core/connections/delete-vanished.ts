// Pages that vanished in great number are only hidden (see retire-pages.ts of the sync): an admin lets them be deleted here.
import { insertAuditEntry } from '../../db/queries/connections.ts'
import { listHeldPages, tombstonePages } from '../../db/queries/pages.ts'
import { listSpaces } from '../../db/queries/spaces.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { resolveTarget } from '../sync/sync-target.ts'

/** The site is asked only for a page that is not stored. */
const timeoutMs = 30_000

export type DeletionReceipt = { connection: string; spaces: { key: string; deleted: number }[]; deleted: number }

/** Deletes the held pages of a space, or of all spaces of a connection. Rejects with `InvalidInputError` when there are none. */
export async function deleteVanished(core: Core, target: string, actor: string): Promise<DeletionReceipt> {
  const { db } = core.database
  const found = await resolveTarget(core, target, AbortSignal.timeout(timeoutMs))
  if (found.kind === 'page')
    throw new InvalidInputError(
      'target_is_page',
      'Give a space or a connection, not a page: sync SPACE --delete-vanished.',
    )
  const spaces = found.kind === 'space' ? [found.space] : await listSpaces(db, found.connection.id)
  const receipt: DeletionReceipt = { connection: found.connection.name, spaces: [], deleted: 0 }
  await db.transaction(async (tx) => {
    for (const space of spaces) {
      const held = await listHeldPages(tx, space.id)
      if (held.length === 0) continue
      await tombstonePages(tx, held, core.now())
      receipt.spaces.push({ key: space.key, deleted: held.length })
      receipt.deleted += held.length
    }
    if (receipt.deleted === 0) throw new InvalidInputError('nothing_held', `No page of ${target} waits to be deleted.`)
    await insertAuditEntry(tx, {
      actor,
      action: 'delete vanished pages',
      subject: found.connection.name,
      details: { pages: receipt.deleted, spaces: receipt.spaces.map(({ key }) => key).join(', ') },
    })
  })
  return receipt
}
