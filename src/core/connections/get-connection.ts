import { type Connection, findConnection, findConnectionById, listConnections } from '../../db/queries/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Core } from '../core.ts'

/** The connection of this name, whatever its case; rejects with `InvalidInputError` when there is none. */
export async function getConnection(core: Core, name: string): Promise<Connection> {
  const connection = await findConnection(core.database.db, name)
  if (connection === undefined) throw unknownConnection(name)
  return connection
}

/** A living connection by its id; rejects with `InvalidInputError` when it was removed meanwhile. */
export async function getConnectionById(core: Core, id: number): Promise<Connection> {
  const connection = await findConnectionById(core.database.db, id)
  if (connection !== undefined && (connection.state === 'active' || connection.state === 'paused')) return connection
  throw new InvalidInputError('connection_removed', 'The connection was removed meanwhile. Begin with connect.')
}

export function unknownConnection(name: string): InvalidInputError {
  return new InvalidInputError(
    'connection_unknown',
    `There is no connection called ${name}. See the names with status, or begin with connect.`,
  )
}

export async function isAnythingConnected(core: Core): Promise<boolean> {
  return (await listConnections(core.database.db)).length > 0
}
