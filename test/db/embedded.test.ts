import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase, rows } from '../../src/db/database.ts'
import { findHolder } from '../../src/db/embedded-gate.ts'
import { createLog } from '../../src/log.ts'
import { readTemplate } from '../support/database.ts'
import type { Order } from './other-process.ts'

type Answer = { result?: unknown; error?: string }
type OtherProcess = {
  process: ChildProcess
  kind: string
  order: (order: Order) => Promise<Answer>
  kill: () => Promise<void>
}

let root: string
let template: string
let folder: string
const closing: (() => Promise<unknown>)[] = []

/** Another folder with the template's database; the ones that `open` and `startOther` mean from now on. */
async function makeFolder(...path: string[]): Promise<void> {
  folder = join(root, ...path)
  await cp(template, folder, { recursive: true })
}

const open = async (dataDir = folder): Promise<Database> => {
  const database = await openDatabase({ databaseUrl: undefined, dataDir, log: createLog('silent') })
  closing.push(() => database.close())
  return database
}

async function startOther(): Promise<OtherProcess> {
  const script = fileURLToPath(new URL('other-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  closing.push(kill)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const listen = async (): Promise<Answer & { kind?: string }> => {
    const { value } = (await lines.next()) as { value?: string }
    return JSON.parse(value ?? '{"error":"the other process ended"}') as Answer
  }
  const { kind = 'none' } = await listen()
  return {
    process: child,
    kind,
    kill,
    order: (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      return listen()
    },
  }
}

const noteRows = ({ db }: Database) =>
  rows<{ text: string }>(db, sql`select text from notes order by id`).then((found) => found.map(({ text }) => text))
const readNotes: Order = { do: 'query', statement: 'select text from notes order by id' }
const note = (text: string): Order => ({ do: 'query', statement: `insert into notes (text) values ('${text}')` })

/** Reads, then writes one more, 25 times, each in a transaction. */
const countUp = async ({ db }: Database): Promise<void> => {
  for (let time = 0; time < 25; time++)
    await db.transaction(async (tx) => {
      const [found] = await rows<{ n: number }>(tx, sql`select n from counter`)
      await tx.execute(sql`update counter set n = ${(found?.n ?? 0) + 1}`)
    })
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'footnote-embedded-'))
  template = join(root, 'template')
  const database = await openDatabase({
    databaseUrl: undefined,
    dataDir: template,
    log: createLog('silent'),
    loadDataDir: await readTemplate(),
  })
  await database.db.execute(
    sql`create table notes (id int primary key generated always as identity, text text not null)`,
  )
  await database.db.execute(sql`create table counter (n int not null)`)
  await database.db.execute(sql`insert into counter values (0)`)
  await database.close()
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(() => rm(root, { recursive: true }))

describe('a second opener of the data folder', () => {
  let holder: Database
  let guest: OtherProcess
  const closingAll: typeof closing = []
  beforeAll(async () => {
    await makeFolder('shared')
    holder = await open()
    guest = await startOther()
    closingAll.push(...closing.splice(0))
  })
  beforeEach(() => holder.db.execute(sql`delete from notes`))
  afterAll(async () => {
    for (const close of closingAll.toReversed()) await close()
  })

  it('is a guest, and both see what the other wrote', async () => {
    expect([holder.kind, guest.kind]).toEqual(['embedded', 'guest'])
    await holder.db.execute(sql`insert into notes (text) values ('of the holder')`)
    expect(await guest.order(note('of the guest'))).toEqual({ result: [] })
    expect(await noteRows(holder)).toEqual(['of the holder', 'of the guest'])
    expect(await guest.order(readNotes)).toEqual({ result: [{ text: 'of the holder' }, { text: 'of the guest' }] })
  })

  it('never falls between the statements of a transaction, on either side', async () => {
    const here = await open()
    expect(here.kind).toBe('guest')
    await Promise.all([countUp(holder), countUp(here), guest.order({ do: 'count up', times: 25 })])
    expect(await rows(holder.db, sql`select n from counter`)).toEqual([{ n: 75 }])
  })

  it('keeps the holder waiting while its transaction is open', async () => {
    await guest.order({ do: 'begin' })
    await guest.order(note('first'))
    const meanwhile = holder.db.execute(sql`insert into notes (text) values ('last')`)
    await guest.order(note('second'))
    expect(await guest.order(readNotes)).toEqual({ result: [{ text: 'first' }, { text: 'second' }] })
    await guest.order({ do: 'commit' })
    await meanwhile
    expect(await noteRows(holder)).toEqual(['first', 'second', 'last'])
  })

  it('that makes a mistake hurts only itself', async () => {
    const here = await open()
    await expect(here.db.execute(sql`select nonsense`)).rejects.toThrow()
    const broken = here.db.transaction(async (tx) => {
      await tx.execute(sql`insert into notes (text) values ('never')`)
      await tx.execute(sql`select nonsense`)
    })
    await expect(broken).rejects.toThrow()
    await holder.db.execute(sql`insert into notes (text) values ('fine')`)
    expect([await noteRows(holder), await noteRows(here)]).toEqual([['fine'], ['fine']])
  })

  it('that dies in the middle of a transaction leaves nothing behind and keeps nobody out', async () => {
    await guest.order({ do: 'begin' })
    await guest.order(note('half'))
    await guest.kill()
    await holder.db.transaction((tx) => tx.execute(sql`insert into notes (text) values ('whole')`))
    expect(await noteRows(holder)).toEqual(['whole'])
  })

  it('is told when the holder has gone, even in the middle of its transaction', async () => {
    const here = await open()
    const half = here.db.transaction(async (tx) => {
      await tx.execute(sql`insert into notes (text) values ('half')`)
      await holder.close()
      await tx.execute(sql`insert into notes (text) values ('more')`)
    })
    await expect(half).rejects.toThrow()
    await here.close()
    expect(await noteRows(await open())).toEqual([])
  })
})

describe('a data folder whose holder was killed', () => {
  it('is taken over by one of several that try at once, with everything that was committed', async () => {
    await makeFolder('killed')
    const holder = await startOther()
    expect(holder.kind).toBe('embedded')
    await holder.order(note('committed'))
    await holder.order({ do: 'begin' })
    await holder.order(note('not committed'))
    await holder.kill()
    // Somebody else tried to take over before, and was killed too.
    const mark = join(folder, 'footnote.sock.takeover')
    await mkdir(mark)
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await utimes(mark, anHourAgo, anHourAgo)

    const heirs = await Promise.all([open(), open(), open()])
    expect(heirs.map(({ kind }) => kind).toSorted()).toEqual(['embedded', 'guest', 'guest'])
    for (const heir of heirs) expect(await noteRows(heir)).toEqual(['committed'])
    expect(await findHolder(folder)).toBe(String(process.pid))
    // Guests first: whoever holds the folder takes their answers with it.
    for (const heir of heirs.toSorted((a, b) => (a.kind > b.kind ? -1 : 1))) await heir.close()
  })
})

describe('a data folder with a path too long for a socket', () => {
  it('is held and shared like any other', async () => {
    await makeFolder('d'.repeat(120), 'e'.repeat(60))
    const holder = await open()
    const guest = await open()
    expect([holder.kind, guest.kind]).toEqual(['embedded', 'guest'])
    await guest.db.execute(sql`insert into notes (text) values ('from afar')`)
    expect(await noteRows(holder)).toEqual(['from afar'])
  })
})

it('a folder that cannot be made is refused with what to do', async () => {
  await expect(open(join(template, 'footnote.pid', 'below-a-file'))).rejects.toMatchObject({
    code: 'data_dir_unusable',
    message: expect.stringContaining('Choose another with FOOTNOTE_DATA_DIR.'),
  })
})

it('a broken data folder says so, and is left free for the next who tries', async () => {
  await makeFolder('broken')
  await writeFile(join(folder, 'pgdata', 'global', 'pg_control'), 'not what PostgreSQL wrote')
  await expect(open()).rejects.toMatchObject({ code: 'embedded_database_broken' })
  await rm(join(folder, 'pgdata'), { recursive: true })
  await cp(join(template, 'pgdata'), join(folder, 'pgdata'), { recursive: true })
  expect((await open()).kind).toBe('embedded')
})
