// The command line: options → the same commands as in chat. What only the whole program can do (serve, demo) is handed in
// by program.ts.
import { readFileSync } from 'node:fs'
import { Argument, Command as Program, InvalidArgumentError, Option } from 'commander'
import { unknownConnection } from '../../core/connections/get-connection.ts'
import { readStatus } from '../../core/connections/status.ts'
import type { OpenCore } from '../../core/open-core.ts'
import { runDeletion } from '../commands/life.ts'
import { describeTest, runTest } from '../commands/test.ts'
import { type ConnectOptions, addConnectOptions, runConnectCommand } from './connect.ts'
import { addConnectionCommands, show } from './connections.ts'
import { runEvalCommand } from './eval.ts'
import { runHelpCommand } from './help.ts'
import { type Output, createOutput } from './output.ts'
import { type ViewerOptions, runAskCommand, runSearchCommand, runWhyCommand } from './questions.ts'
import { renderResult, renderStatus } from './render.ts'
import { type Reopen, runSyncCommand } from './sync.ts'

export type Parts = {
  /** Opens everything for one command and closes it afterwards. */
  withCore: (work: (open: OpenCore, reopen: Reopen) => Promise<number>) => Promise<number>
  serve: (options: { role: 'web' | 'worker' | 'all' }) => Promise<number>
  demo: (options: { once: boolean }) => Promise<number>
  /** An environment variable that holds a secret. */
  secretOf: (variable: string) => string | undefined
  /** Aborted by Ctrl+C. */
  signal: AbortSignal
}

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

type Finish = (status: number) => void
type SyncOptions = { full?: boolean; wait?: boolean; deleteVanished?: boolean }

/** The program; `finish` is told each command's exit status. */
export function createProgram(parts: Parts, finish: Finish): Program {
  const program = new Program('footnote')
    .description("Answers questions from the company's own Confluence, with the source under every statement.")
    .option('--json', 'print one JSON value')
    .version(version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError()
    .helpCommand(false)
  program
    .command('help')
    .description('list the commands, or explain one')
    .argument('[command]')
    .action((name: string | undefined, _options: object, command: Program) =>
      finish(runHelpCommand(program, name, outputOf(command))),
    )
  addServing(program, parts, finish)
  addAdministration(program, parts, finish)
  addQuestions(program, parts, finish)
  return program
}

function outputOf(command: Program): Output {
  return createOutput(command.optsWithGlobals<{ json?: boolean }>().json === true)
}

function addServing(program: Program, parts: Parts, finish: Finish): void {
  program
    .command('serve')
    .description('run the bots, the workers and the schedule')
    .addOption(new Option('--role <role>', 'what this replica does').choices(['web', 'worker', 'all']).default('all'))
    .action(async (options: { role: 'web' | 'worker' | 'all' }) => finish(await parts.serve(options)))
  program
    .command('demo')
    .description('try it: a sample wiki on this machine, synced and asked')
    .option('--once', 'ask four questions and end', false)
    .action(async (options: { once: boolean }) => finish(await parts.demo(options)))
  program
    .command('migrate')
    .description('bring the database schema up to date')
    .action(async (_options: object, command: Program) =>
      finish(
        await parts.withCore(async ({ core }) => {
          const { kind, lexical } = core.database
          outputOf(command).result({ database: kind, lexical }, `The database is up to date (${kind}, ${lexical}).`)
          return 0
        }),
      ),
    )
}

function addAdministration(program: Program, parts: Parts, finish: Finish): void {
  addConnect(program, parts, finish)
  addTest(program, parts, finish)
  addSync(program, parts, finish)
  addStatus(program, parts, finish)
  addConnectionCommands({ program, parts, finish, outputOf })
}

function addTest(program: Program, parts: Parts, finish: Finish): void {
  program
    .command('test')
    .description('check whether a connection still works')
    .argument('<connection>')
    .action(async (connection: string, _options: object, command: Program) => {
      const output = outputOf(command)
      finish(
        await parts.withCore(async ({ core }) => {
          const { name, test } = await runTest(core, connection, 'terminal', parts.signal)
          const { result, cause, remedy } = test
          const testedAt = core.now().toISOString()
          output.result({ connection: name, result, cause, remedy, testedAt }, renderResult(describeTest(name, test)))
          return result === 'Works' ? 0 : 1
        }),
      )
    })
}

function addSync(program: Program, parts: Parts, finish: Finish): void {
  program
    .command('sync')
    .description('refresh a connection, a space, or everything')
    .argument('[target]', "a connection's name, a space key, or a page or space address")
    .option('--full', 'index every page again')
    .option('--wait', 'do the work here and show the progress')
    .option('--delete-vanished', 'delete the pages that vanished in great number and are only hidden')
    .action(async (target: string | undefined, options: SyncOptions, command: Program) =>
      finish(
        await parts.withCore(async (open, reopen) => {
          const { deleteVanished } = options
          if (deleteVanished !== true)
            return runSyncCommand(open, reopen, target, options, outputOf(command), parts.signal)
          return show(await runDeletion(open.core, target, 'terminal'), outputOf(command))
        }),
      ),
    )
}

function addStatus(program: Program, parts: Parts, finish: Finish): void {
  for (const name of ['status', 'spaces'] as const)
    program
      .command(name)
      .description(name === 'status' ? 'show connections, spaces and their state' : 'list the spaces of a connection')
      .addArgument(name === 'status' ? new Argument('[connection]') : new Argument('<connection>'))
      .action(async (connection: string | undefined, _options: object, command: Program) =>
        finish(
          await parts.withCore(async ({ core }) => {
            const connections = await readStatus(core, connection)
            if (connection !== undefined && connections.length === 0) throw unknownConnection(connection)
            const value = name === 'status' ? connections : (connections[0]?.spaces ?? [])
            outputOf(command).result(value, renderStatus(connections))
            return 0
          }),
        ),
      )
}

function addConnect(program: Program, parts: Parts, finish: Finish): void {
  addConnectOptions(program.command('connect').description('connect a Confluence site')).action(
    async (options: ConnectOptions, command: Program) =>
      finish(
        await parts.withCore((open) =>
          runConnectCommand(open, options, parts.secretOf, outputOf(command), parts.signal),
        ),
      ),
  )
}

function addQuestions(program: Program, parts: Parts, finish: Finish): void {
  program
    .command('search')
    .description('list the pages that fit best')
    .argument('<words...>')
    .addOption(asOption())
    .addOption(operatorOption())
    .option('--limit <n>', 'how many pages', parseLimit, 10)
    .action(async (words: string[], options: ViewerOptions & { limit: number }, command: Program) =>
      finish(await parts.withCore(({ core }) => runSearchCommand(core, words.join(' '), options, outputOf(command)))),
    )
  program
    .command('ask')
    .description('answer a question')
    .argument('<question...>')
    .addOption(asOption())
    .addOption(operatorOption())
    .action(async (words: string[], options: ViewerOptions, command: Program) =>
      finish(
        await parts.withCore(({ core }) =>
          runAskCommand(core, words.join(' '), options, outputOf(command), parts.signal),
        ),
      ),
    )
  program
    .command('why')
    .description('say why somebody sees a page or not')
    .argument('<page-url>')
    .addOption(asOption())
    .action(async (pageUrl: string, options: { as?: string }, command: Program) =>
      finish(await parts.withCore(({ core }) => runWhyCommand(core, pageUrl, options, outputOf(command)))),
    )
  program
    .command('eval')
    .description('ask the questions of a JSONL file and count what was right')
    .argument('<questions>')
    .option('--out <file>', 'write a line for each question')
    .action(async (file: string, options: { out?: string }, command: Program) =>
      finish(await parts.withCore(({ core }) => runEvalCommand(core, file, options, outputOf(command), parts.signal))),
    )
}

function asOption(): Option {
  return new Option('--as <email>', 'with the rights of this Confluence user')
}

function operatorOption(): Option {
  return new Option('--operator', 'without any filter (written into the audit log)')
}

function parseLimit(typed: string): number {
  const limit = Number(typed)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw new InvalidArgumentError('Give a whole number from 1 to 100.')
  return limit
}
