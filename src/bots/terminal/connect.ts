import { createInterface } from 'node:readline/promises'
import { type Command as Program, Option } from 'commander'
import type { OpenCore } from '../../core/open-core.ts'
import { InvalidInputError } from '../../errors.ts'
import { beginAuthorization } from '../commands/authorize.ts'
import { type ConnectDraft, type ConnectForm, confirmConnection, draftConnection } from '../commands/connect.ts'
import { authorizeHere } from './authorize.ts'
import { type CoverageOptions, addCoverage, readCoverage, readExclusions } from './coverage-options.ts'
import { newExclusions } from '../../core/connections/exclusion-rules.ts'
import { operator } from './identity.ts'
import type { Output } from './output.ts'
import { hintOfWorkers } from './sync.ts'

export type CredentialOptions = {
  auth?: ConnectForm['credentialKind']
  email?: string
  secretEnv: string
  tokenExpires?: string
}

export type ConnectOptions = CoverageOptions &
  CredentialOptions & {
    name: string
    url: string
    deployment?: 'cloud' | 'datacenter'
    access: 'mirrored' | 'shared'
    schedule: string
    timezone: string
    autoSync: boolean
    acceptDisclaimer?: boolean
  }

export type SecretOf = (variable: string) => string | undefined

export function addCredential(command: Program): Program {
  return command
    .addOption(
      new Option(
        '--auth <kind>',
        'token, scoped (token with scopes, or of a service account) or oauth: Cloud; pat or basic: Data Center',
      ).choices(['token', 'pat', 'basic', 'scoped', 'oauth']),
    )
    .option('--email <email>', 'e-mail address, or user name with --auth basic')
    .option('--secret-env <variable>', 'environment variable that holds the token or password', 'CONFLUENCE_TOKEN')
    .option('--token-expires <date>', 'the day on which the token ends, such as 2027-05-01: you are warned before')
}

export function addConnectOptions(command: Program): Program {
  command
    .requiredOption('--name <name>', 'what to call the connection')
    .requiredOption('--url <url>', 'address of the site, or of a space or page of it')
    .addOption(new Option('--deployment <kind>', 'found out when left away').choices(['cloud', 'datacenter']))
  addCredential(command)
  addCoverage(command)
  return command
    .addOption(
      new Option('--access <mode>', "mirrored: each person's own rights; shared: everybody reads everything")
        .choices(['mirrored', 'shared'])
        .default('mirrored'),
    )
    .option(
      '--schedule <when>',
      'when to sync by itself: hourly, daily, weekly, by hand, or a cron expression',
      '0 0 * * *',
    )
    .option('--timezone <zone>', 'time zone of the schedule', 'UTC')
    .option('--no-auto-sync', 'keep the schedule but sync by hand only')
    .option('--accept-disclaimer', 'accept what the connection means for who can read what')
}

/** `footnote connect`. `secretOf` reads an environment variable: a secret is never an argument, where others could see it. */
export async function runConnectCommand(
  { core }: OpenCore,
  options: ConnectOptions,
  secretOf: SecretOf,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const form = toForm(options, secretOf)
  const draft =
    form.credentialKind === 'oauth'
      ? await authorizeHere(core, await beginAuthorization(core, form, operator), output, signal)
      : await draftConnection(core, form, operator, signal)
  if (!('draftId' in draft)) throw new Error('an authorization of connect renewed a connection')
  await showDisclaimer(draft, options.acceptDisclaimer === true, output, signal)
  const confirmed = await confirmConnection(core, draft.draftId, operator, signal)
  const text = confirmed.kind === 'notice' ? confirmed.text : `${draft.name} is connected.`
  const { name, test, disclaimer, facts } = draft
  output.result({ connection: name, test, disclaimer, consent: facts, sync: 'queued' }, text)
  const hint = hintOfWorkers(core.database.kind, 'run footnote sync --wait').trim()
  if (!output.json && hint !== '') output.remark(hint)
  return 0
}

function toForm(options: ConnectOptions, secretOf: SecretOf): ConnectForm {
  const coverage = readCoverage(options)
  if (coverage === undefined)
    throw new InvalidInputError(
      'spaces_missing',
      'Say which spaces to sync: --spaces IT,HR for some, or --all-spaces for all that the account can see; or --tree or --page with the address of a page, or --cql with a query.',
      { field: 'spaces' },
    )
  return {
    name: options.name,
    url: options.url,
    deployment: options.deployment,
    ...readCredential(options, secretOf),
    ...coverage,
    exclusions: newExclusions(readExclusions(options)),
    access: options.access,
    schedule: options.schedule,
    timezone: options.timezone,
    autoSync: options.autoSync,
  }
}

export function readCredential(
  options: CredentialOptions,
  secretOf: SecretOf,
): Pick<ConnectForm, 'credentialKind' | 'email' | 'secret' | 'tokenExpires'> {
  const credentialKind = options.auth ?? (options.email === undefined ? 'pat' : 'token')
  const secret = credentialKind === 'oauth' ? '' : secretOf(options.secretEnv)
  if (secret === undefined || (secret === '' && credentialKind !== 'oauth'))
    throw new InvalidInputError(
      'secret_missing',
      `Missing Credentials: put the token or password into the environment variable ${options.secretEnv} (or name another with --secret-env).`,
      { field: 'secret' },
    )
  return { credentialKind, email: options.email ?? '', secret, tokenExpires: options.tokenExpires }
}

/** Shows the disclaimer and waits for its acceptance, unless that was given with the command. */
export async function showDisclaimer(
  { test, disclaimer, purpose }: Pick<ConnectDraft, 'test' | 'disclaimer' | 'purpose'>,
  isAccepted: boolean,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  if (!output.json) output.remark(`${test}.\n\n${disclaimer.join('\n\n')}\n`)
  if (isAccepted || (await isConsented(signal))) return
  // Without --json it stands above already.
  const read = output.json
    ? `Read this and, if you may, run the command again with --accept-disclaimer: ${disclaimer.join(' ')}`
    : 'If you may accept this, run the command again with --accept-disclaimer.'
  throw new InvalidInputError(
    'disclaimer_not_accepted',
    `Nothing was ${purpose === 'edit' ? 'changed' : 'connected'}. ${read}`,
  )
}

/** Asks where somebody sits; Ctrl+C and Ctrl+D are a no. */
async function isConsented(signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const left = new Promise<string>((resolve) => {
    prompt.once('SIGINT', () => resolve(''))
    prompt.once('close', () => resolve(''))
  })
  const typed = await Promise.race([prompt.question('Accept? [y/N] ', { signal }).catch(() => ''), left])
  prompt.close()
  if (typed === '') process.stderr.write('\n')
  return /^y(es)?$/i.test(typed.trim())
}
