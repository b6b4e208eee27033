import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { expect, it } from 'vitest'
import { type Parts, createProgram } from '../src/bots/terminal/app.ts'
import { type CommandLine, listCommandLines, readDocuments } from './support/documents.ts'

const root = join(import.meta.dirname, '..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

it('shows on its first screen how to try Footnote and how to test it', () => {
  const firstScreen = readFileSync(join(root, 'README.md'), 'utf8').split('\n').slice(0, 40).join('\n')
  expect(firstScreen).toContain('npm ci && npm run demo')
  expect(firstScreen).toContain('npm ci && npm test')
})

it('and the other documents show only commands that exist', async () => {
  const documents = readDocuments()
  const lines = documents.flatMap(({ name, text }) => listCommandLines(text).map((each) => ({ name, ...each })))
  expect(lines.filter(({ line }) => /\bfootnote \w/.test(line)).length).toBeGreaterThanOrEqual(3)
  const wrong: string[] = []
  for (const each of lines)
    for (const reason of await findMistakes(each)) wrong.push(`${each.name}: ${each.line}: ${reason}`)
  expect(wrong).toEqual([])
})

it.each([
  ['npx --no footnote synch', "unknown command 'synch'"],
  ['A=b npx --no footnote serve --roles web', "unknown option '--roles'"],
  ['footnote serve --role cook', "argument 'cook' is invalid"],
  ['footnote connect --name acme', "required option '--url <url>' not specified"],
  ['npm run demonstration', 'no such script'],
  ['npx --no node manifest/nowhere.ts', 'no such file'],
])('finds the mistake of %s', async (line, reason) => {
  expect(await findMistakes({ line, isComplete: true })).toEqual([expect.stringContaining(reason)])
})

it('reads blocks, continued lines, comments and what stands in a sentence', () => {
  const text = [
    'Run `footnote serve`.',
    '```sh',
    '$ A=b footnote ask \\',
    '    "who?"   # asks',
    'npm ci && npm test',
    '```',
  ].join('\n')
  expect(listCommandLines(text)).toEqual([
    { line: 'A=b footnote ask "who?"', isComplete: true },
    { line: 'npm ci', isComplete: true },
    { line: 'npm test', isComplete: true },
    { line: 'footnote serve', isComplete: false },
  ])
})

async function findMistakes({ line, isComplete }: CommandLine): Promise<string[]> {
  const script = /^npm (?:run ([\w:-]+)|(test|start)\b)/.exec(line)
  if (script !== null) return (script[1] ?? script[2] ?? '') in scripts ? [] : ['no such script']
  const file = /\bnode (?:--\S+ )*([\w./-]+\.ts)\b/.exec(line)?.[1]
  if (file !== undefined) return existsSync(join(root, file)) ? [] : ['no such file']
  const typed = /^(?:[A-Z_]+=\S* )*(?:npx --no )?footnote (\w.*)$/.exec(line)?.[1]
  if (typed === undefined) return []
  const isPattern = /[[\]|…]/.test(typed)
  return !isComplete || isPattern ? findUnknownCommand(typed) : findUsageMistake(typed)
}

/** Of a pattern such as `serve [--role web|worker]`, or a command that a sentence only names, the name must exist. */
function findUnknownCommand(typed: string): string[] {
  const [word] = typed.split(/\s/)
  const known = ['help', ...createProgram(parts, () => undefined).commands.map((command) => command.name())]
  return word !== undefined && known.includes(word) ? [] : [`unknown command '${word}'`]
}

async function findUsageMistake(typed: string): Promise<string[]> {
  const program = createProgram(parts, () => undefined)
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut: () => undefined })
  const words = (typed.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/["']/g, ''))
  try {
    await program.parseAsync(words, { from: 'user' })
    return []
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? [] : [error.message]
  }
}

/** Nothing is opened: only the words are looked at. */
const parts: Parts = {
  withCore: () => Promise.resolve(0),
  serve: () => Promise.resolve(0),
  demo: () => Promise.resolve(0),
  secretOf: () => undefined,
  signal: new AbortController().signal,
}
