import type { Db } from '../../db/database.ts'
import { type Connection, pauseConnection } from '../../db/queries/connections.ts'
import type { ConnectionRevokedError } from '../../errors.ts'
import { remedyOf } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'

/**
 * The credential was refused: nothing is read any more, what is stored is still served, its admins are told (notices.ts) and
 * the audit log says it. Does nothing to a connection that is paused, or got another credential meanwhile.
 * Within a transaction.
 */
export async function loseConnection(
  core: Core,
  connection: Connection,
  error: ConnectionRevokedError,
  tx: Db,
): Promise<void> {
  await pauseConnection(tx, connection, `${error.message} ${remedyOf(error)}`, core.now())
}
