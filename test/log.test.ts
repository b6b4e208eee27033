import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../src/db/database.ts'
import { AccessDeniedError, TransientError } from '../src/errors.ts'
import { describeError } from '../src/log.ts'
import { databaseKinds, openTestDatabase } from './support/database.ts'

const secret = 'page text that nobody may log'

describe.each(databaseKinds)('describeError of a failed query on %s', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  it.each([
    ['a parameter of the wrong type', () => database.db.execute(sql`select ${secret}::text::int`)],
    ['an unknown column', () => database.db.execute(sql`select nothing from pages where title = ${secret}`)],
    ['a failure in a transaction', () => database.db.transaction((tx) => tx.execute(sql`select ${secret}::text::int`))],
  ])('says that a query failed and not with what: %s', async (_what, query) => {
    const error: unknown = await query().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(Error)
    const record = describeError(new TransientError('sync_failed', 'The sync failed.', { cause: error }))
    expect(JSON.stringify(record)).not.toContain(secret)
    expect(record).toMatchObject({ type: 'TransientError', code: 'sync_failed', message: 'The sync failed.' })
    expect(record.cause).toMatchObject({ message: 'a query failed' })
    expect(record.cause?.stack).toMatch(/^\s+at /)
  })
})

describe('describeError', () => {
  it('keeps type, code, sentence and causes', () => {
    const cause = new AccessDeniedError('space_hidden', 'Space IT is hidden.', { cause: 'a plain string' })
    expect(describeError(new Error('outer', { cause }))).toMatchObject({
      type: 'Error',
      message: 'outer',
      cause: {
        type: 'AccessDeniedError',
        code: 'space_hidden',
        message: 'Space IT is hidden.',
        cause: { type: 'string', message: 'a plain string' },
      },
    })
  })
})

describe('createLog', () => {
  it('writes JSON lines to stderr alone, with secrets blacked out, at or above its level', async () => {
    const script = `
      import { createLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}
      const log = createLog('info')
      log.debug({}, 'quiet')
      log.info({ token: 'S1', secret: 'S2', credential: { secret: 'S3', password: 'S4', token: 'S5', authorization: 'S6' },
        headers: { authorization: 'S7' }, space: 'IT' }, 'connected')
      log.child({ bot: 'slack' }).error({ err: new Error('broken') }, 'failed')
    `
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      timeout: 20_000,
    })
    expect(stdout).toBe('')
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      { msg: 'connected', space: 'IT', token: '[redacted]', credential: { password: '[redacted]' } },
      { msg: 'failed', bot: 'slack', err: { type: 'Error', message: 'broken' } },
    ])
    expect(stderr).not.toMatch(/S\d/)
  })
})
