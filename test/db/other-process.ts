// A process of its own that opens the embedded database and does what it is told, one JSON line at a time. Run by
// embedded.test.ts with the data folder as its argument.
import { createInterface } from 'node:readline'
import { sql } from 'drizzle-orm'
import { type Db, openDatabase, rows } from '../../src/db/database.ts'
import { createLog } from '../../src/log.ts'

export type Order =
  | { do: 'query'; statement: string }
  /** Opens a transaction; the queries that follow run inside until it is ended. */
  | { do: 'begin' }
  | { do: 'commit' }
  /** Reads, then writes one more, `times` times, each in a transaction. */
  | { do: 'count up'; times: number }

const database = await openDatabase({
  databaseUrl: undefined,
  dataDir: process.argv[2] ?? '',
  log: createLog('silent'),
})
let transaction: { tx: Db; commit: () => void; ended: Promise<void> } | undefined
say({ kind: database.kind })

for await (const line of createInterface({ input: process.stdin })) {
  try {
    say({ result: await obey(JSON.parse(line) as Order) })
  } catch (error) {
    say({ error: String((error as Error).cause ?? error) })
  }
}

async function obey(order: Order): Promise<unknown> {
  if (order.do === 'query') return rows(transaction?.tx ?? database.db, sql.raw(order.statement))
  if (order.do === 'count up') return countUp(database.db, order.times)
  if (order.do === 'begin') return begin()
  transaction?.commit()
  await transaction?.ended
  transaction = undefined
  return undefined
}

/** Resolves inside the transaction. */
function begin(): Promise<void> {
  const begun = Promise.withResolvers<void>()
  const commit = Promise.withResolvers<void>()
  const ended = database.db.transaction((tx) => {
    transaction = { tx, commit: commit.resolve, ended }
    begun.resolve()
    return commit.promise
  })
  ended.catch(begun.reject)
  return begun.promise
}

async function countUp(db: Db, times: number): Promise<void> {
  for (let time = 0; time < times; time++)
    await db.transaction(async (tx) => {
      const [found] = await rows<{ n: number }>(tx, sql`select n from counter`)
      await tx.execute(sql`update counter set n = ${(found?.n ?? 0) + 1}`)
    })
}

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
