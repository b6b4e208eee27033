import {
  type Connection,
  insertAuditEntry,
  pauseConnection,
  recordTest,
  reviveConnection,
  updateConnection,
} from '../../db/queries/connections.ts'
import { isFootnoteError } from '../../errors.ts'
import { findSiteKey } from '../confluence/site-key.ts'
import { type ConnectionTest, testConnection } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'
import { activeValues } from './active-values.ts'
import { getConnectionById } from './get-connection.ts'
import { loginOf } from './open-site.ts'
import { type QueuedSync, syncConnection } from './sync-connection.ts'

export type StoredTest = ConnectionTest & {
  /** It was paused because its credential was refused and goes on: what was queued, or why nothing could be. */
  goesOn?: QueuedSync | { refusal: string }
  /** The credential was refused: it is paused, since now or before. */
  isPaused?: boolean
}

/**
 * Tests a stored connection now and keeps the result for status. One that was paused because its credential was refused
 * goes on when it works again, beginning with what was interrupted; one whose credential is refused is paused.
 */
export async function testStoredConnection(
  core: Core,
  connection: Connection,
  signal: AbortSignal,
  actor = 'test',
): Promise<StoredTest> {
  const test = await testAndRecord(core, connection, signal)
  if (test.result === 'Auth Failed' && connection.pauseReason !== 'asked') return { ...test, isPaused: true }
  if (test.result !== 'Works' || !(await revive(core, connection, actor))) return test
  try {
    const revived = await getConnectionById(core, connection.id)
    return {
      ...test,
      goesOn: await syncConnection(core, revived, { kind: 'incremental', requestedBy: actor }, signal),
    }
  } catch (error) {
    if (signal.aborted || !isFootnoteError(error)) throw error
    return { ...test, goesOn: { refusal: error.message } }
  }
}

/** The same, except that a connection which works again does not go on by it. */
export async function testAndRecord(core: Core, connection: Connection, signal: AbortSignal): Promise<ConnectionTest> {
  const login = loginOf(core, connection)
  const test = await testConnection(login, signal)
  const { result, cause, remedy } = test
  const reason = remedy === undefined ? undefined : `${cause} ${remedy}`
  const { db } = core.database
  if (result === 'Auth Failed')
    await db.transaction((tx) => pauseConnection(tx, connection, reason ?? cause, core.now()))
  await recordTest(db, connection.id, { result, remedy: reason }, core.now())
  // Connections that were made before it was asked for have none.
  const isUnknown = result === 'Works' && connection.siteKey === null
  const siteKey = isUnknown ? await findSiteKey(login, undefined, signal) : undefined
  if (siteKey !== undefined) await updateConnection(db, connection.id, { siteKey })
  return test
}

async function revive(core: Core, connection: Connection, actor: string): Promise<boolean> {
  return core.database.db.transaction(async (tx) => {
    const isRevived = await reviveConnection(tx, connection.id, activeValues(connection, core.now()))
    if (isRevived) await insertAuditEntry(tx, { actor, action: 'connection works again', subject: connection.name })
    return isRevived
  })
}
