#!/usr/bin/env node
// Everything that must hold, one step after the other: `npm run check`, and with `--no-tests` all but the tests.
// A failed step does not keep the next ones from running; the exit status says whether all passed.
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'

const steps = [
  { name: 'format', command: 'oxfmt', options: ['--check'] },
  { name: 'lint', command: 'oxlint', options: ['--type-aware'] },
  { name: 'types', command: 'tsc', options: [] },
  { name: 'unused', command: 'knip', options: [] },
  { name: 'tests', command: 'vitest', options: ['run'] },
]

const root = join(import.meta.dirname, '..')
const binaries = join(root, 'node_modules', '.bin')
const environment = { ...process.env, PATH: `${binaries}${delimiter}${process.env['PATH'] ?? ''}` }

function run(command: string, options: string[]): { isGood: boolean; seconds: string } {
  const startedAt = performance.now()
  const { status } = spawnSync(join(binaries, command), options, { cwd: root, env: environment, stdio: 'inherit' })
  return { isGood: status === 0, seconds: ((performance.now() - startedAt) / 1000).toFixed(1) }
}

const { values } = parseArgs({ options: { 'no-tests': { type: 'boolean', default: false } } })
const wanted = steps.filter(({ name }) => name !== 'tests' || !values['no-tests'])
const lines: string[] = []
let failed = 0
for (const { name, command, options } of wanted) {
  process.stdout.write(`\n── ${name}: ${[command, ...options].join(' ')}\n`)
  const { isGood, seconds } = run(command, options)
  if (!isGood) failed++
  lines.push(`${isGood ? '✓' : '✗'} ${name.padEnd(8)} ${seconds.padStart(6)} s  ${isGood ? 'passed' : 'failed'}`)
}
if (values['no-tests']) lines.push('– tests             skipped (--no-tests)')
process.stdout.write(`\n${lines.join('\n')}\n${wanted.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
