import { type Connection, recordTest } from '../../db/queries/connections.ts'
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
  const test = await testConnection(loginOf(core, connection), signal)
  const { result, remedy } = test
  await recordTest(core.database.db, connection.id, { result, remedy, works: result === 'Works' }, core.now())
  return test
}
