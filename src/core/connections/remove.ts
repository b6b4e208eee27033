import {
  type Connection,
  findConnection,
  findRemovedConnection,
  insertAuditEntry,
  purgeConnection,
  updateConnection,
} from '../../db/queries/connections.ts'
import { countStoredPages, listSpaces } from '../../db/queries/spaces.ts'
import { cancelOpenRuns } from '../../db/queries/sync-runs.ts'
import type { Core } from '../core.ts'
import { getConnection } from './get-connection.ts'

export type RemovalReceipt = { connection: string; spaces: number; pages: number; keys: string[]; isPurged: boolean }

/** The connection of this name; with `purge` also one that was removed before and whose content is still there. */
export async function findRemovable(core: Core, name: string, { purge }: { purge: boolean }): Promise<Connection> {
  const removed = purge ? await findRemovedConnection(core.database.db, name) : undefined
  const living = await findConnection(core.database.db, name)
  if (living === undefined && removed !== undefined) return removed
  return getConnection(core, name)
}

/**
 * Ends a connection and forgets its credential. Its content is no longer served; with `purge` it is deleted too, and the
 * receipt says what that was.
 */
export async function removeConnection(
  core: Core,
  connection: Connection,
  options: { purge: boolean; actor: string },
): Promise<RemovalReceipt> {
  const { db } = core.database
  const spaces = await listSpaces(db, connection.id)
  const stored = await countStoredPages(
    db,
    spaces.map((space) => space.id),
  )
  const receipt = {
    connection: connection.name,
    spaces: spaces.length,
    keys: spaces.map((space) => space.key),
    pages: [...stored.values()].reduce((sum, count) => sum + count, 0),
    isPurged: options.purge,
  }
  await db.transaction(async (tx) => {
    await cancelOpenRuns(tx, connection.id, core.now())
    if (options.purge) await purgeConnection(tx, connection.id)
    else
      await updateConnection(tx, connection.id, {
        state: 'removed',
        credentialSealed: new Uint8Array(),
        nextSyncAt: null,
        pauseReason: null,
      })
    await insertAuditEntry(tx, {
      actor: options.actor,
      action: options.purge ? 'purge' : 'remove',
      subject: connection.name,
      details: { spaces: receipt.spaces, pages: receipt.pages },
    })
  })
  return receipt
}
