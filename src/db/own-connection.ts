// Transactions and scripts on a connection of their own. postgres.js 3.4.9 does the first itself, but when the connection
// breaks in the middle it still sends `rollback`, on a socket that is gone, from a timer where nobody can catch the
// TypeError: a restart of PostgreSQL would end this process too. Here nothing is sent on a connection that has closed.
import type postgres from 'postgres'
import { TransientError } from '../errors.ts'

/** The client with a `begin` that survives the loss of its connection. */
export function withSafeTransactions(client: postgres.Sql): postgres.Sql {
  const begin = <T>(work: (tx: postgres.Sql) => Promise<T>): Promise<T> =>
    onOwnConnection(client, async (own) => {
      await own.unsafe('begin')
      const result = await work(own)
      await own.unsafe('commit')
      return result
    })
  return Object.assign(client, { begin })
}

/** Several statements at once, which may be a transaction: they need the simple protocol, and the pool refuses `begin`. */
export function runScript(client: postgres.Sql, text: string): Promise<unknown> {
  return onOwnConnection(client, (own) => own.unsafe(text).simple())
}

async function onOwnConnection<T>(client: postgres.Sql, work: (own: postgres.Sql) => Promise<T>): Promise<T> {
  const reserved = await client.reserve()
  const send = reserved.unsafe.bind(reserved)
  let isLost = false
  // postgres.js hands the connection to the statement that it sends, as its own `begin` has it.
  const watch: object = {
    onexecute: (connection: object) => {
      Object.assign(connection, { onclose: () => void (isLost = true) })
      return true
    },
  }
  const own = Object.assign(reserved, {
    unsafe: (text: string, parameters: never[] = [], options: object = {}) => {
      if (isLost) throw connectionLost()
      return send(text, parameters, { ...options, ...watch })
    },
  })
  try {
    const result = await work(own)
    reserved.release()
    return result
  } catch (error) {
    // Else the open transaction would be handed to whoever gets this connection next. Where the rollback fails the
    // connection is broken, which its socket may not have said yet: it is not given back.
    if (!isLost)
      await own.unsafe('rollback').then(
        () => reserved.release(),
        () => undefined,
      )
    throw error
  }
}

function connectionLost(): TransientError {
  return new TransientError('database_away', 'The connection to the database broke. Try again.')
}
