import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { InvalidInputError, TransientError, isFootnoteError } from '../errors.ts'
import type { Connected } from './database.ts'
import { runScript, withSafeTransactions } from './own-connection.ts'

type PostgresOptions = Parameters<typeof postgres>[1]

export async function openPostgres(url: string): Promise<Connected> {
  const client = createClient(() => postgres(url, { max: 10, ...quiet }))
  await client`select 1`.catch(async (error: unknown) => {
    await client.end({ timeout: 1 })
    throw translate(error)
  })
  return connect(client, 'postgres')
}

/** A client of the process that holds the embedded database, over its socket. One connection: the database has one session. */
export async function openGuest(socketPath: string): Promise<Connected> {
  const client = postgres({ path: socketPath, username: 'postgres', database: 'postgres', max: 1, ...quiet })
  await client`select 1`
  return connect(client, 'guest')
}

const quiet: NonNullable<PostgresOptions> = { onnotice: () => undefined, connect_timeout: 10 }

function connect(client: postgres.Sql, kind: 'postgres' | 'guest'): Connected {
  return {
    kind,
    db: drizzle(withSafeTransactions(client)),
    bossDatabase: {
      executeSql: async (text, values) => {
        // pg-boss sends several statements at once only without parameters.
        const result: unknown =
          values === undefined || values.length === 0
            ? await runScript(client, text)
            : await client.unsafe(text, values as never[])
        return { rows: (result as unknown[]).flat() }
      },
    },
    // A guest waits for nothing of its own; after the holder has gone, only for this.
    close: () => client.end({ timeout: kind === 'guest' ? 1 : 5 }),
  }
}

function createClient(make: () => postgres.Sql): postgres.Sql {
  try {
    return make()
  } catch (cause) {
    throw new InvalidInputError('database_url_invalid', 'DATABASE_URL is not an address of a PostgreSQL server.', {
      cause,
    })
  }
}

function translate(cause: unknown): Error {
  const code = (cause as { code?: string }).code ?? ''
  if (['28P01', '28000', '3D000'].includes(code))
    return new InvalidInputError(
      'database_refused',
      'PostgreSQL refused the user, the password or the database name of DATABASE_URL. Check them and start again.',
      { cause },
    )
  return new TransientError(
    'database_away',
    'The PostgreSQL server of DATABASE_URL does not answer. Check that it runs and can be reached from here.',
    { cause },
  )
}

/** What postgres.js and the socket below it say when the other side has gone. */
const lostCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'database_away',
])

/** True when the process that held the data folder ended: for an error of a guest, drizzle's wrapping included. */
export function isHolderLost(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, syscall } = each as NodeJS.ErrnoException
    if (lostCodes.has(code ?? '') || (code === 'ENOENT' && syscall === 'connect')) return true
    // A site that cannot be reached has causes that look alike.
    if (isFootnoteError(each)) return false
  }
  return false
}
