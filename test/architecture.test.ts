import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type SourceFile, findViolations } from './support/house-rules.ts'

const root = join(import.meta.dirname, '..')

function readSources(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), 'utf8') }))
}

describe('the source files', () => {
  // Lower bounds near the real numbers: a check that read nothing finds nothing.
  it.each([
    ['src', 165],
    ['sandbox', 50],
    ['test', 75],
  ])('of %s keep the rules of the house', (folder, atLeast) => {
    const sources = readSources(folder)
    expect(sources.length).toBeGreaterThanOrEqual(atLeast)
    expect(sources.flatMap(findViolations)).toEqual([])
  })
})

describe('the check finds', () => {
  it.each([
    [
      'a bot that reads the database',
      'src/bots/slack/x.ts',
      "import { a } from '../../db/queries/pages.ts'",
      'imports src/db/queries/pages.ts',
    ],
    [
      'a bot that names only a type of the database',
      'src/bots/x.ts',
      "import type { A } from '../db/schema/content.ts'",
      'imports src/db/schema/content.ts',
    ],
    [
      'a type imported in passing',
      'src/bots/x.ts',
      "type A = import('../db/schema/content.ts').A",
      'imports src/db/schema/content.ts',
    ],
    [
      'a name that is passed on',
      'src/bots/x.ts',
      "export { a } from '../db/schema/content.ts'",
      'imports src/db/schema/content.ts',
    ],
    [
      'everything passed on',
      'src/bots/x.ts',
      "export * from '../db/schema/content.ts'",
      'imports src/db/schema/content.ts',
    ],
    ['a late import', 'src/bots/x.ts', "await import('../db/schema/content.ts')", 'imports src/db/schema/content.ts'],
    [
      'a computed import',
      'src/bots/x.ts',
      "await import('../db/' + name)",
      'imports something whose name only shows when it runs',
    ],
    [
      'a bot that uses another',
      'src/bots/slack/x.ts',
      "import { a } from '../teams/x.ts'",
      'imports src/bots/teams/x.ts of another platform',
    ],
    [
      'the core above itself',
      'src/core/x.ts',
      "import { a } from '../bots/question.ts'",
      'imports src/bots/question.ts',
    ],
    ['the database above itself', 'src/db/x.ts', "import { a } from '../core/core.ts'", 'imports src/core/core.ts'],
    [
      'a query that makes its own reach',
      'src/db/x.ts',
      "import { makeReach } from '../core/access/reach.ts'",
      'imports src/core/access/reach.ts',
    ],
    [
      'search that makes its own reach',
      'src/core/search/x.ts',
      "import { makeReach } from '../access/reach.ts'",
      'makes a reach of its own',
    ],
    [
      'the Confluence client that knows a table',
      'src/core/confluence/x.ts',
      "import type { A } from '../../db/schema/content.ts'",
      'imports src/db/schema/content.ts',
    ],
    [
      'content that knows its neighbours',
      'src/core/content/x.ts',
      "import { a } from '../search/search.ts'",
      'imports src/core/search/search.ts',
    ],
    ['the sandbox in the product', 'src/core/x.ts', "import('../../sandbox/x.ts')", 'imports sandbox/x.ts'],
    [
      'the sandbox loaded at every start',
      'src/program.ts',
      "import { a } from '../sandbox/x.ts'",
      'imports sandbox/x.ts at once',
    ],
    ['the product in the sandbox', 'sandbox/slack/x.ts', "import { a } from '../../src/log.ts'", 'imports src/log.ts'],
    [
      'Slack outside its file',
      'src/bots/slack/events.ts',
      "import type { App } from '@slack/bolt'",
      'imports @slack/bolt',
    ],
    [
      'Bot Framework outside its file',
      'src/bots/teams/events.ts',
      "import { a } from 'botframework-connector'",
      'imports botframework-connector',
    ],
    [
      'Claude outside its file',
      'src/core/answer/x.ts',
      "import Anthropic from '@anthropic-ai/sdk'",
      'imports @anthropic-ai/sdk',
    ],
    ['the queue outside its file', 'src/db/x.ts', "import { PgBoss } from 'pg-boss'", 'imports pg-boss'],
    [
      'the clock outside its file',
      'src/core/jobs/worker.ts',
      "import { schedule } from 'node-cron'",
      'imports node-cron',
    ],
    [
      'drizzle outside src/db',
      'src/core/x.ts',
      "import { sql } from 'drizzle-orm/pg-core'",
      'imports drizzle-orm/pg-core',
    ],
    ['SQL outside src/db', 'src/core/x.ts', 'const a = sql`select 1`', 'writes SQL'],
    ['SQL with a type outside src/db', 'src/core/x.ts', 'const a = sql<number>`select 1`', 'writes SQL'],
    ['the environment outside its files', 'src/log.ts', "const a = process.env['A']", 'reads process.env'],
    ['the environment by another way', 'src/log.ts', "const a = globalThis.process['env'].A", 'reads process.env'],
    ['the environment taken apart', 'src/log.ts', 'const { env } = process', 'takes process apart'],
    [
      'the environment imported',
      'src/log.ts',
      "import { env } from 'node:process'",
      'imports process instead of using the global, where reads of env are seen',
    ],
    ['a default export', 'src/log.ts', 'export default 1', 'has a default export'],
    ['a default export by name', 'src/log.ts', 'const a = 1\nexport { a as default }', 'has a default export'],
    ['a long file', 'src/log.ts', '\n'.repeat(301), 'has 301 lines, over 300'],
    ['a mock', 'test/x.test.ts', "vi.mock('./a.ts')", 'calls vi.mock'],
    ['a late mock', 'test/x.test.ts', "vi.doMock('./a.ts')", 'calls vi.doMock'],
    ['a test that silences the others', 'test/x.test.ts', "it.only('a', () => 1)", 'runs only a part of its tests'],
    [
      'tables that silence the others',
      'test/x.test.ts',
      "describe.only.each([1])('a', () => 1)",
      'runs only a part of its tests',
    ],
  ])('%s', (_what, path, text, sentence) => {
    expect(findViolations({ path, text })).toEqual([`${path} ${sentence}`])
  })

  it('a file that it cannot read', () => {
    expect(findViolations({ path: 'src/log.ts', text: 'const = 1' })).toEqual([
      expect.stringMatching(/^src\/log\.ts cannot be parsed: /),
    ])
  })
})

it.each([
  ['src/program.ts', "await import('../sandbox/x.ts')"],
  ['src/program.ts', "const a = process.env['A']"],
  ['src/bots/slack/app.ts', "import { App } from '@slack/bolt'"],
  ['src/bots/slack/x.ts', "import { a } from '../commands/run.ts'\nimport type { B } from '../../core/core.ts'"],
  ['src/core/x.ts', "import { a } from '../db/database.ts'\nimport type { Reach } from './access/reach.ts'"],
  [
    'src/db/x.ts',
    "import type { Db } from 'pg-boss'\nimport { type Reach } from '../core/access/reach.ts'\nconst a = sql`select 1`",
  ],
  ['src/core/confluence/x.ts', "import { TransientError } from '../../errors.ts'\nimport { z } from 'zod'"],
  ['test/x.test.ts', "import { sql } from 'drizzle-orm'\nvi.fn()"],
  ['drizzle.config.ts', 'export default {}'],
])('the check lets %s do what it may: %s', (path, text) => {
  expect(findViolations({ path, text })).toEqual([])
})

it('every test that can use a real PostgreSQL belongs to `npm run test:postgres`', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const folders = (scripts['test:postgres'] ?? '').split(' ').filter((word) => word.startsWith('test/'))
  const users = readSources('test').filter(
    ({ path, text }) => path.endsWith('.test.ts') && /import [^']*\bdatabaseKinds\b/.test(text),
  )
  expect(users.length).toBeGreaterThanOrEqual(8)
  const left = users.filter(({ path }) => !folders.some((folder) => path.startsWith(folder)))
  expect(left.map(({ path }) => path)).toEqual([])
})
