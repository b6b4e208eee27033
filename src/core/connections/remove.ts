import type { Db } from '../../db/database.ts'
import {
  type Connection,
  findConnection,
  findRemovedConnection,
  insertAuditEntry,
  purgeConnection,
  updateConnection,
} from '../../db/queries/connections.ts'
import { blankAnswers, countAnswers, countContent } from '../../db/queries/removal.ts'
import { listSpaces } from '../../db/queries/spaces.ts'
import { cancelOpenRuns } from '../../db/queries/sync-runs.ts'
import type { Core } from '../core.ts'
import { getConnection } from './get-connection.ts'

export type RemovalReceipt = {
  connection: string
  spaces: number
  keys: string[]
  /** With their attachments and comments, and the chunks that all of them were searched by. */
  pages: number
  attachments: number
  comments: number
  chunks: number
  /** Stored answers that quoted them; 0 where the content is kept. */
  answers: number
  isPurged: boolean
}

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
  return core.database.db.transaction(async (tx) => {
    const { spaceIds, ...counted } = await count(tx, connection)
    await cancelOpenRuns(tx, connection.id, core.now())
    const answers = options.purge ? await blankAnswers(tx, spaceIds) : 0
    if (options.purge) await purgeConnection(tx, connection.id)
    else
      await updateConnection(tx, connection.id, {
        state: 'removed',
        credentialSealed: new Uint8Array(),
        nextSyncAt: null,
        pauseReason: null,
      })
    const receipt = { ...counted, answers, isPurged: options.purge }
    const { connection: subject, keys, isPurged: _isPurged, ...numbers } = receipt
    await insertAuditEntry(tx, {
      actor: options.actor,
      action: options.purge ? 'purge' : 'remove',
      subject,
      details: { ...numbers, keys: keys.join(', ') },
    })
    return receipt
  })
}

/** What `removeConnection` with `purge` would delete now. */
export async function previewPurge(core: Core, connection: Connection): Promise<RemovalReceipt> {
  const { db } = core.database
  const { spaceIds, ...counted } = await count(db, connection)
  return { ...counted, answers: await countAnswers(db, spaceIds), isPurged: true }
}

async function count(db: Db, { id, name }: Connection) {
  const spaces = await listSpaces(db, id)
  const spaceIds = spaces.map((space) => space.id)
  const keys = spaces.map(({ key }) => key)
  return { spaceIds, connection: name, spaces: spaces.length, keys, ...(await countContent(db, spaceIds)) }
}
