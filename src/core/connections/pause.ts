import { type Connection, insertAuditEntry, updateConnection } from '../../db/queries/connections.ts'
import { cancelOpenRuns } from '../../db/queries/sync-runs.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { activeValues } from './active-values.ts'
import { getConnectionById } from './get-connection.ts'
import { type QueuedSync, syncConnection } from './sync-connection.ts'
import { testAndRecord } from './test-stored.ts'

/** What became of the syncs that waited or ran. */
export type Paused = { ended: { key: string; wasRunning: boolean }[] }

/**
 * Nothing is read from the site until `resumeConnection`; what is stored is still served. Runs that wait are cancelled, and
 * those under way end at their next write: what they had stored stays, the rest is fetched after `resumeConnection`.
 */
export async function pauseByAdmin(core: Core, connection: Connection, actor: string): Promise<Paused> {
  if (connection.pauseReason === 'asked' && connection.state === 'paused')
    throw new InvalidInputError(
      'already_paused',
      `${connection.name} is paused already; go on with resume ${connection.name}.`,
    )
  return core.database.db.transaction(async (tx) => {
    await updateConnection(tx, connection.id, { state: 'paused', pauseReason: 'asked', nextSyncAt: null })
    const ended = await cancelOpenRuns(tx, connection.id, core.now())
    await insertAuditEntry(tx, {
      actor,
      action: 'pause',
      subject: connection.name,
      ...(ended.length === 0 ? {} : { details: { 'syncs ended': ended.map(({ key }) => key).join(', ') } }),
    })
    return { ended }
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
  const { result, cause, remedy } = await testAndRecord(core, connection, signal)
  if (result !== 'Works') {
    const isRefused = result === 'Auth Failed' || result === 'Missing Credentials'
    // What is wrong may well be put right without a new credential: the remedy says.
    const next = `Then go on with resume ${name}${isRefused ? `, or give it a new credential with reconnect ${name}` : ''}.`
    throw new InvalidInputError(
      'test_failed',
      [`${name} stays paused. ${result}: ${cause}`, ...(remedy === undefined ? [] : [remedy]), next].join(' '),
    )
  }
  await db.transaction(async (tx) => {
    await updateConnection(tx, connection.id, activeValues(connection, core.now()))
    await insertAuditEntry(tx, { actor, action: 'resume', subject: name })
  })
  const resumed = await getConnectionById(core, connection.id)
  return syncConnection(core, resumed, { kind: 'incremental', requestedBy: actor }, signal)
}
