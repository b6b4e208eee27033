import { type Connection, updateConnection } from '../../db/queries/connections.ts'
import { type ConnectionTest, testConnection } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'
import { openConnectionSite } from './open-site.ts'

/** Tests a stored connection now and keeps the result for status. A paused connection that works again goes on. */
export async function testStoredConnection(
  core: Core,
  connection: Connection,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const test = await testConnection(openConnectionSite(core, connection), signal)
  await updateConnection(core.database.db, connection.id, {
    testResult: test.result,
    testRemedy: test.remedy ?? null,
    testedAt: core.now(),
    ...(test.result === 'Works' ? { state: 'active' } : {}),
  })
  return test
}
