// The commands on connections that there are: edit, reconnect, pause, resume, remove, pages, audit.
import { createInterface } from 'node:readline/promises'
import { type Command as Program, Option } from 'commander'
import type { EditRequest } from '../../core/connections/edit-changes.ts'
import { getConnection } from '../../core/connections/get-connection.ts'
import { readPages } from '../../core/connections/list-pages.ts'
import { readAudit } from '../../core/connections/read-audit.ts'
import { findRemovable, previewPurge, removeConnection } from '../../core/connections/remove.ts'
import { endWebhooks, makeWebhookSecret } from '../../core/connections/webhooks.ts'
import type { Core } from '../../core/core.ts'
import { InvalidInputError } from '../../errors.ts'
import { beginReconnection } from '../commands/authorize.ts'
import type { CommandResult } from '../commands/command.ts'
import { confirmEdit, submitEdit, submitReconnection } from '../commands/edit.ts'
import { askPurge, describeRemoval, runLife } from '../commands/life.ts'
import { describeEnd, describeSetup } from '../commands/webhook.ts'
import type { Parts } from './app.ts'
import { authorizeHere } from './authorize.ts'
import { type CredentialOptions, addCredential, readCredential, showDisclaimer } from './connect.ts'
import { type CoverageOptions, addCoverage, readCoverage, readExclusions } from './coverage-options.ts'
import { operator } from './identity.ts'
import type { Output } from './output.ts'
import { renderAudit, renderPages, renderResult } from './render.ts'

type Register = {
  program: Program
  parts: Parts
  finish: (status: number) => void
  outputOf: (command: Program) => Output
}

export function addConnectionCommands(register: Register): void {
  addEdit(register)
  addReconnect(register)
  addLife(register)
  addWebhook(register)
  addLists(register)
}

type EditOptions = CoverageOptions & {
  name?: string
  excludeNothing?: boolean
  access?: 'mirrored' | 'shared'
  schedule?: string
  timezone?: string
  autoSync?: boolean
  tokenExpires?: string
  acceptDisclaimer?: boolean
}

function addEdit({ program, parts, finish, outputOf }: Register): void {
  const edit = program
    .command('edit')
    .description('change what a connection covers, who reads it, when it syncs')
    .argument('<connection>')
    .option('--name <name>', 'another name')
  addCoverage(edit)
    .option('--no-exclude-templates', 'templates are left out no more')
    .option('--no-include-archived', 'archived pages are left out again')
    .option('--no-exclude-archived-spaces', 'archived spaces are read like others')
    .option('--exclude-nothing', 'drop the rules that there are; those named beside it take their place')
    .addOption(
      new Option('--access <mode>', "mirrored: each person's own rights; shared: everybody reads everything").choices([
        'mirrored',
        'shared',
      ]),
    )
    .option('--schedule <when>', 'when to sync by itself: hourly, daily, weekly, by hand, or a cron expression')
    .option('--timezone <zone>', 'time zone of the schedule')
    .option('--auto-sync', 'sync by itself, as scheduled')
    .option('--no-auto-sync', 'keep the schedule but sync by hand only')
    .option('--token-expires <date>', 'the day on which the token ends; empty: not known')
    .option('--accept-disclaimer', 'accept what the change means for who can read what')
    .action(async (name: string, options: EditOptions, command: Program) =>
      finish(await parts.withCore(({ core }) => runEdit(core, name, options, outputOf(command), parts.signal))),
    )
}

async function runEdit(
  core: Core,
  name: string,
  options: EditOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const request = toEdit(options)
  if (Object.values(request).every((value) => value === undefined))
    throw new InvalidInputError(
      'nothing_to_edit',
      'Say what to change, such as --schedule "0 6 * * *". See footnote help edit.',
    )
  const step = await submitEdit(core, name, request, operator, signal)
  if (!('draftId' in step)) return show(step, output)
  await showDisclaimer(step, options.acceptDisclaimer === true, output, signal)
  const result = await confirmEdit(core, step.draftId, operator, signal)
  return show(result, output, { disclaimer: step.disclaimer, consent: step.facts })
}

function toEdit(options: EditOptions): EditRequest {
  return {
    name: options.name,
    coverage: readCoverage(options),
    clearsExclusions: options.excludeNothing === true ? true : undefined,
    addedExclusions: readExclusions(options),
    access: options.access,
    schedule: options.schedule,
    timezone: options.timezone,
    autoSync: options.autoSync,
    tokenExpires: options.tokenExpires,
  }
}

function addReconnect({ program, parts, finish, outputOf }: Register): void {
  const reconnect = program
    .command('reconnect')
    .description('give a connection a new credential; it goes on where it stood')
    .argument('<connection>')
  addCredential(reconnect).action(async (name: string, options: CredentialOptions, command: Program) =>
    finish(
      await parts.withCore(async ({ core }) => {
        const output = outputOf(command)
        const connection = await getConnection(core, name)
        // Left away, the kind stays: most people only make a new token.
        const typed = readCredential({ auth: connection.credentialKind, ...options }, parts.secretOf)
        if (typed.credentialKind !== 'oauth')
          return show(await submitReconnection(core, name, typed, operator, parts.signal), output)
        const begun = await beginReconnection(core, connection, operator)
        const done = await authorizeHere(core, begun, output, parts.signal)
        if ('draftId' in done) throw new Error('an authorization of reconnect made a draft')
        return show(done, output)
      }),
    ),
  )
}

function addLife({ program, parts, finish, outputOf }: Register): void {
  const descriptions = {
    pause: 'stop reading the site of a connection; its content stays',
    resume: 'go on with a paused connection',
  } as const
  for (const name of ['pause', 'resume'] as const)
    program
      .command(name)
      .description(descriptions[name])
      .argument('<connection>')
      .action(async (connection: string, _options: object, command: Program) =>
        finish(
          await parts.withCore(async ({ core }) =>
            show(await runLife(core, { name, connection }, 'terminal', parts.signal), outputOf(command)),
          ),
        ),
      )
  program
    .command('remove')
    .description('end a connection; its content is no longer served')
    .argument('<connection>')
    .option('--purge', 'delete its content as well', false)
    .option('--yes', 'purge without asking first', false)
    .action(async (name: string, options: RemoveOptions, command: Program) =>
      finish(await parts.withCore(({ core }) => runRemove(core, name, options, outputOf(command), parts.signal))),
    )
}

function addWebhook({ program, parts, finish, outputOf }: Register): void {
  program
    .command('webhook')
    .description('let a Data Center tell what changed; shows the secret once')
    .argument('<connection>')
    .option('--rotate', 'replace the secret; the earlier one is refused from now on')
    .option('--off', 'take no webhooks any more')
    .action(async (name: string, options: { rotate?: boolean; off?: boolean }, command: Program) =>
      finish(
        await parts.withCore(async ({ core }) => {
          const connection = await getConnection(core, name)
          const output = outputOf(command)
          if (options.off === true) {
            await endWebhooks(core, connection, 'terminal')
            return show(describeEnd(connection.name), output)
          }
          const setup = await makeWebhookSecret(core, connection, {
            rotate: options.rotate === true,
            actor: 'terminal',
          })
          output.result(setup, renderResult(describeSetup(setup)))
          return 0
        }),
      ),
    )
}

type RemoveOptions = { purge: boolean; yes: boolean }

/** A person at a terminal is asked before anything is deleted for good; scripts are not. */
async function runRemove(
  core: Core,
  name: string,
  { purge, yes }: RemoveOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const connection = await findRemovable(core, name, { purge })
  const isAsked = purge && !yes && !output.json && process.stdin.isTTY && process.stderr.isTTY
  if (isAsked && !(await confirmHere(askPurge(await previewPurge(core, connection), connection.id), signal))) {
    output.remark('Nothing was deleted.')
    return 1
  }
  const receipt = await removeConnection(core, connection, { purge, actor: 'terminal' })
  output.result(receipt, renderResult(describeRemoval(receipt)))
  return 0
}

async function confirmHere(
  asked: Extract<CommandResult, { kind: 'confirmation' }>,
  signal: AbortSignal,
): Promise<boolean> {
  process.stderr.write(`${renderResult(asked)}\n`)
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const typed = await lines.question(`Type ${asked.purge.connection} to delete it: `, { signal })
    return typed.trim().toLowerCase() === asked.purge.connection.toLowerCase()
  } finally {
    lines.close()
  }
}

function addLists({ program, parts, finish, outputOf }: Register): void {
  program
    .command('pages')
    .description('list stored pages and their state')
    .argument(
      '[filter...]',
      'failed, excluded, held, waiting, stored or partial; a space, a connection; else a part of a title',
    )
    .action(async (words: string[], _options: object, command: Program) =>
      finish(
        await parts.withCore(async ({ core }) => {
          const listing = await readPages(core, words)
          outputOf(command).result(listing, renderPages(listing))
          return 0
        }),
      ),
    )
  program
    .command('audit')
    .description('show who did what')
    .action(async (_options: object, command: Program) =>
      finish(
        await parts.withCore(async ({ core }) => {
          const entries = await readAudit(core)
          outputOf(command).result(entries, renderAudit(entries))
          return 0
        }),
      ),
    )
}

/** Prints what was done and returns the exit status. */
export function show(result: CommandResult, output: Output, more: Record<string, unknown> = {}): number {
  if (result.kind !== 'notice') throw new Error(`${result.kind} is not shown here`)
  output.result({ done: result.text, details: result.details, ...more }, renderResult(result))
  return 0
}
