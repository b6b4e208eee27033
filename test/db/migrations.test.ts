import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function copyMigrations(): string {
  const folder = mkdtempSync(join(tmpdir(), 'footnote-migrations-'))
  folders.push(folder)
  cpSync(join(root, 'src/db/migrations'), folder, { recursive: true })
  return folder
}

/** What `npm run db:generate` adds to a copy of the migrations. */
function generateInto(folder: string): { output: string; added: string[] } {
  const before = readdirSync(folder)
  const options = ['--dialect', 'postgresql', '--schema', './src/db/schema/*.ts', '--out', relative(root, folder)]
  const { stdout, stderr } = spawnSync(process.execPath, ['node_modules/drizzle-kit/bin.cjs', 'generate', ...options], {
    cwd: root,
    encoding: 'utf8',
    timeout: 25_000,
  })
  return { output: stdout + stderr, added: readdirSync(folder).filter((name) => !before.includes(name)) }
}

it('hold everything that the schema says', () => {
  const { output, added } = generateInto(copyMigrations())
  expect(output).toContain('No schema changes')
  expect(added).toEqual([])
})

it('are found to lack a column that only the schema has', () => {
  const folder = copyMigrations()
  const snapshot = join(
    folder,
    'meta',
    readdirSync(join(folder, 'meta'))
      .filter((name) => /^\d/.test(name))
      .at(-1) ?? '',
  )
  const known = JSON.parse(readFileSync(snapshot, 'utf8')) as {
    tables: Record<string, { columns: Record<string, unknown> }>
  }
  expect(known.tables['public.pages']?.columns).toHaveProperty('title')
  delete known.tables['public.pages']?.columns['title']
  writeFileSync(snapshot, JSON.stringify(known))
  const { added } = generateInto(folder)
  expect(added).toEqual([expect.stringMatching(/\.sql$/)])
  expect(readFileSync(join(folder, added[0] ?? ''), 'utf8')).toContain('ADD COLUMN "title" text')
})
