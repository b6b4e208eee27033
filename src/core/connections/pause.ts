import { type Connection, insertAuditEntry, updateConnection } from '../../db/queries/connections.ts'
import { cancelOpenRuns } from '../../db/queries/sync-runs.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { nextRunAt } from '../jobs/next-run.ts'
import { getConnectionById } from './get-connection.ts'
import { type QueuedSync, syncConnection } from './sync-connection.ts'
import { testStoredConnection } from './test-stored.ts'

/** Nothing is read from the site until `resumeConnection`; what is stored is still served. Runs under way end. */
export async function pauseByAdmin(core: Core, connection: Connection, actor: string): Promise<void> {
  if (connection.pauseReason === 'asked' && connection.state === 'paused')
    throw new InvalidInputError(
      'already_paused',
      `${connection.name} is paused already; go on with resume ${connection.name}.`,
    )
  await core.database.db.transaction(async (tx) => {
    await updateConnection(tx, connection.id, { state: 'paused', pauseReason: 'asked', nextSyncAt: null })
    await cancelOpenRuns(tx, connection.id, core.now())
    await insertAuditEntry(tx, { actor, action: 'pause', subject: connection.name })
  })
}

/** Tests a paused connection; when it works it goes on, beginning with what was interrupted. */
export async function resumeConnection(
  core: Core,
  connection: Connection,
  actor: string,
  signal: AbortSignal,
): Promise<QueuedSync> {
  const { db } = core.database
  const { name } = connection
  if (connection.state === 'active') throw new InvalidInputError('not_paused', `${name} is not paused.`)
  const test = await testStoredConnection(core, connection, signal)
  if (test.result !== 'Works')
    throw new InvalidInputError(
      'test_failed',
      `${name} stays paused. ${test.result}: ${test.cause} Give it a new credential with reconnect ${name}.`,
    )
  await db.transaction(async (tx) => {
    await updateConnection(tx, connection.id, activeValues(connection, core.now()))
    await insertAuditEntry(tx, { actor, action: 'resume', subject: name })
  })
  const resumed = await getConnectionById(core, connection.id)
  return syncConnection(core, resumed, { kind: 'incremental', requestedBy: actor }, signal)
}

/** What makes a connection go on. */
export function activeValues({ autoSync, schedule, timezone }: Connection, now: Date) {
  return {
    state: 'active' as const,
    pauseReason: null,
    lossToldAt: null,
    nextSyncAt: (autoSync ? nextRunAt(schedule, timezone, now) : undefined) ?? null,
  }
}
