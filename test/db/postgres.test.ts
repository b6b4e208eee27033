import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, type Db, openDatabase, rows } from '../../src/db/database.ts'
import { InvalidInputError, TransientError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'

const open = (databaseUrl: string): Promise<unknown> =>
  openDatabase({ databaseUrl, dataDir: 'unused', log: createLog('silent') }).catch((error: unknown) => error)

/** A server that answers whoever signs in with this SQLSTATE. Calls `work` with its address. */
async function withRefusingServer<T>(code: string, work: (url: string) => Promise<T>): Promise<T> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('data', () => socket.end(errorResponse(code)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work(`postgres://footnote@127.0.0.1:${(server.address() as AddressInfo).port}/footnote`)
  } finally {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  }
}

function errorResponse(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mrefused\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(4 + fields.length, 1)
  return Buffer.concat([head, fields])
}

describe('opening a PostgreSQL server', () => {
  it('that does not answer says that it is away', async () => {
    const url = await withRefusingServer('00000', async (address) => address)
    const error = await open(url)
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({
      code: 'database_away',
      message:
        'The PostgreSQL server of DATABASE_URL does not answer. Check that it runs and can be reached from here.',
    })
  })

  it.each([
    ['the password', '28P01'],
    ['the user', '28000'],
    ['the database name', '3D000'],
  ])('that refuses %s says what to check', async (_, code) => {
    const error = await withRefusingServer(code, open)
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toMatchObject({
      code: 'database_refused',
      message:
        'PostgreSQL refused the user, the password or the database name of DATABASE_URL. Check them and start again.',
    })
  })

  it('that is just starting up counts as away', async () => {
    expect(await withRefusingServer('57P03', open)).toMatchObject({ code: 'database_away' })
  })

  it.runIf(databaseKinds.includes('postgres'))('that has no such database is refused by the real one too', async () => {
    const url = new URL(process.env['TEST_DATABASE_URL'] ?? '')
    url.pathname = '/there_is_no_such_database'
    expect(await open(url.href)).toMatchObject({ code: 'database_refused' })
  })

  it('with an address that is none names DATABASE_URL', async () => {
    const error = await open('postgres://[nonsense')
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toMatchObject({ code: 'database_url_invalid' })
  })
})

describe.each(databaseKinds)("the queue's statements on %s", (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  it('may be a transaction of several statements', async () => {
    const { rows: found } = await database.bossDatabase.executeSql(
      'begin; create table kept (n int); insert into kept values (1), (2); select n from kept; commit;',
    )
    expect(found).toEqual([{ n: 1 }, { n: 2 }])
    expect((await database.bossDatabase.executeSql('select n from kept where n > $1', [1])).rows).toEqual([{ n: 2 }])
  })

  it('leave no transaction open when they fail in the middle', async () => {
    const failing = 'begin; insert into kept values (3); select nonsense; commit;'
    // More often than the pool has connections.
    for (let time = 0; time < 12; time++)
      await expect(database.bossDatabase.executeSql(failing)).rejects.toThrow('nonsense')
    const counts = await Promise.all(
      Array.from({ length: 12 }, () => rows(database.db, sql`select count(*)::int as count from kept`)),
    )
    expect(counts.flat()).toEqual(Array.from({ length: 12 }, () => ({ count: 2 })))
  })
})

const pidOf = async (tx: Db): Promise<number> =>
  (await rows<{ pid: number }>(tx, sql`select pg_backend_pid() as pid`))[0]?.pid ?? 0

/** Statements until one is refused: the client hears of the end a moment after the server. */
async function untilClosed(tx: Db): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    await tx.execute(sql`select 1`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe.runIf(databaseKinds.includes('postgres'))('a transaction whose connection is cut', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
  })
  afterAll(() => database.close())

  const cut = (pid: number) => database.db.execute(sql`select pg_terminate_backend(${pid}::int, 5000)`)

  it.each<[string, (tx: Db, pid: number) => Promise<unknown>]>([
    ['while a statement runs', (tx, pid) => Promise.all([tx.execute(sql`select pg_sleep(20)`), cut(pid)])],
    ['between two statements', (tx, pid) => cut(pid).then(() => untilClosed(tx))],
  ])('%s rejects, and the pool goes on', async (_, work) => {
    const broken = database.db.transaction(async (tx) => {
      await work(tx, await pidOf(tx))
    })
    await expect(broken).rejects.toThrow()
    const ask = () => Array.from({ length: 30 }, () => rows(database.db, sql`select 1 as one`))
    // postgres.js gives the first statement after it has connected again the error of the last one before.
    await Promise.allSettled(ask())
    const found = await Promise.all(ask())
    expect(found.flat()).toEqual(Array.from({ length: 30 }, () => ({ one: 1 })))
    expect(await database.db.transaction((tx) => pidOf(tx))).toBeGreaterThan(0)
  })

  it('leaves nothing of a transaction that failed on a connection that others use', async () => {
    await database.db.execute(sql`create table few (n int)`)
    const failing = Array.from({ length: 15 }, () =>
      database.db.transaction(async (tx) => {
        await tx.execute(sql`insert into few values (1)`)
        throw new Error('on purpose')
      }),
    )
    for (const result of await Promise.allSettled(failing)) expect(result).toMatchObject({ status: 'rejected' })
    expect(await rows(database.db, sql`select count(*)::int as count from few`)).toEqual([{ count: 0 }])
  })
})
