import { type Connection, recordTest, updateConnection } from '../../db/queries/connections.ts'
import { findSiteKey } from '../confluence/site-key.ts'
import { type ConnectionTest, testConnection } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'
import { loginOf } from './open-site.ts'

/**
 * Tests a stored connection now and keeps the result for status. One that was paused because its credential was refused
 * goes on when it works again.
 */
export async function testStoredConnection(
  core: Core,
  connection: Connection,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const login = loginOf(core, connection)
  const test = await testConnection(login, signal)
  const { result, remedy } = test
  const works = result === 'Works'
  await recordTest(core.database.db, connection.id, { result, remedy, works }, core.now())
  // Connections that were made before it was asked for have none.
  const siteKey = works && connection.siteKey === null ? await findSiteKey(login, undefined, signal) : undefined
  if (siteKey !== undefined) await updateConnection(core.database.db, connection.id, { siteKey })
  return test
}
