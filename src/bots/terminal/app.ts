// The command line: options → the same commands as in chat. What only the whole program can do (serve, demo) is handed in
// by program.ts.
import { Argument, Command as Program, InvalidArgumentError, Option } from 'commander'
import { getConnection, unknownConnection } from '../../core/connections/get-connection.ts'
import { readStatus } from '../../core/connections/status.ts'
import { removeConnection } from '../../core/connections/remove.ts'
import type { OpenCore } from '../../core/open-core.ts'
import { runCommand } from '../commands/run.ts'
import { type ConnectOptions, runConnectCommand } from './connect.ts'
import { runEvalCommand } from './eval.ts'
import { runHelpCommand } from './help.ts'
import { operator } from './identity.ts'
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

type Finish = (status: number) => void

/** The program; `finish` is told each command's exit status. */
export function createProgram(parts: Parts, finish: Finish): Program {
  const program = new Program('footnote')
    .description("Answers questions from the company's own Confluence, with the source under every statement.")
    .option('--json', 'print one JSON value')
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
  addRemove(program, parts, finish)
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
          const result = await runCommand(core, { name: 'test', connection }, operator, parts.signal)
          const [status] = await readStatus(core, connection)
          if (status === undefined) throw unknownConnection(connection)
          if (result.kind === 'notice') output.result({ connection, ...status.test }, renderResult(result))
          return status.test?.result === 'Works' ? 0 : 1
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
    .action(async (target: string | undefined, options: { full?: boolean; wait?: boolean }, command: Program) =>
      finish(
        await parts.withCore((open, reopen) =>
          runSyncCommand(open, reopen, target, options, outputOf(command), parts.signal),
        ),
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

function addRemove(program: Program, parts: Parts, finish: Finish): void {
  program
    .command('remove')
    .description('end a connection; its content is no longer served')
    .argument('<connection>')
    .option('--purge', 'delete its content as well', false)
    .action(async (name: string, options: { purge: boolean }, command: Program) =>
      finish(
        await parts.withCore(async ({ core }) => {
          const connection = await getConnection(core, name)
          const receipt = await removeConnection(core, connection, { purge: options.purge, actor: 'terminal' })
          const done = receipt.isPurged ? 'deleted' : 'kept, but no longer served'
          outputOf(command).result(
            receipt,
            `${receipt.connection} is removed; ${receipt.pages} pages of ${receipt.spaces} spaces are ${done}.`,
          )
          return 0
        }),
      ),
    )
}

function addConnect(program: Program, parts: Parts, finish: Finish): void {
  program
    .command('connect')
    .description('connect a Confluence site')
    .requiredOption('--name <name>', 'what to call the connection')
    .requiredOption('--url <url>', 'address of the site, or of a space or page of it')
    .addOption(new Option('--deployment <kind>', 'found out when left away').choices(['cloud', 'datacenter']))
    .addOption(
      new Option('--auth <kind>', 'token: e-mail and API token (Cloud); pat or basic: Data Center').choices([
        'token',
        'pat',
        'basic',
      ]),
    )
    .option('--email <email>', 'e-mail address, or user name with --auth basic')
    .option('--secret-env <variable>', 'environment variable that holds the token or password', 'CONFLUENCE_TOKEN')
    .option('--spaces <keys>', 'space keys, separated by commas')
    .option('--all-spaces', 'every space that the account can see')
    .addOption(
      new Option('--access <mode>', "mirrored: each person's own rights; shared: everybody reads everything")
        .choices(['mirrored', 'shared'])
        .default('mirrored'),
    )
    .option('--schedule <cron>', 'when to sync by itself; empty: by hand only', '0 0 * * *')
    .option('--timezone <zone>', 'time zone of the schedule', 'UTC')
    .option('--accept-disclaimer', 'accept what the connection means for who can read what')
    .action(async (options: ConnectOptions, command: Program) =>
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
