import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { readParentId, readTreeCpu } from './processes.ts'

export type ScratchDatabase = AsyncDisposable & {
  url: string
  /** The column `value` of the first row, as a number. */
  query: (statement: string) => Promise<number>
  /** Processor seconds of the whole server so far; undefined where it does not run on this machine. */
  readCpu: () => Promise<number | undefined>
}

/** An empty database on a server, dropped again when it is disposed of. */
export async function createScratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `footnote_bench_${randomBytes(4).toString('hex')}`
  await run(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    query: (statement) => run(url.href, statement),
    readCpu: async () => {
      const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined })
      const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
      const postmaster = readParentId(row?.pid ?? 0)
      await sql.end()
      return postmaster === undefined ? undefined : readTreeCpu(postmaster)
    },
    [Symbol.asyncDispose]: async () => void (await run(serverUrl, `drop database ${name} with (force)`)),
  }
}

async function run(at: string, statement: string): Promise<number> {
  const sql = postgres(at, { max: 1, onnotice: () => undefined })
  const [row] = await sql.unsafe<{ value: unknown }[]>(statement)
  await sql.end()
  return Number(row?.value)
}
