import { createInterface } from 'node:readline/promises'
import type { OpenCore } from '../../core/open-core.ts'
import { InvalidInputError } from '../../errors.ts'
import { type ConnectForm, confirmConnection, draftConnection } from '../commands/connect.ts'
import { operator } from './identity.ts'
import type { Output } from './output.ts'

export type ConnectOptions = {
  name: string
  url: string
  deployment?: 'cloud' | 'datacenter'
  auth?: ConnectForm['credentialKind']
  email?: string
  secretEnv: string
  spaces?: string
  allSpaces?: boolean
  access: 'mirrored' | 'shared'
  schedule: string
  timezone: string
  acceptDisclaimer?: boolean
}

/** `footnote connect`. `secretOf` reads an environment variable: a secret is never an argument, where others could see it. */
export async function runConnectCommand(
  { core }: OpenCore,
  options: ConnectOptions,
  secretOf: (variable: string) => string | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (options.spaces === undefined && options.allSpaces !== true)
    throw new InvalidInputError(
      'spaces_missing',
      'Say which spaces to sync: --spaces IT,HR for some, or --all-spaces for all that the account can see.',
      { field: 'spaces' },
    )
  if (options.spaces !== undefined && options.allSpaces === true)
    throw new InvalidInputError('spaces_ambiguous', 'Use either --spaces or --all-spaces.', { field: 'spaces' })
  if (options.spaces !== undefined && !/[^\s,;]/.test(options.spaces))
    throw new InvalidInputError(
      'spaces_missing',
      '--spaces names no space: write keys such as IT,HR, or use --all-spaces.',
      { field: 'spaces' },
    )
  const draft = await draftConnection(core, toForm(options, secretOf(options.secretEnv)), operator, signal)
  if (!output.json) output.remark(`${draft.test}.\n\n${draft.disclaimer.join('\n\n')}\n`)
  if (options.acceptDisclaimer !== true) await requireConsent(draft.disclaimer)
  const confirmed = await confirmConnection(core, draft.draftId, operator, signal)
  const text = confirmed.kind === 'notice' ? confirmed.text : `${draft.name} is connected.`
  output.result({ connection: draft.name, test: draft.test, disclaimer: draft.disclaimer, sync: 'queued' }, text)
  if (!output.json && core.database.kind === 'embedded')
    output.remark('No server is running here, so the sync waits: run footnote sync --wait, or footnote serve.')
  return 0
}

function toForm(options: ConnectOptions, secret: string | undefined): ConnectForm {
  if (secret === undefined || secret === '')
    throw new InvalidInputError(
      'secret_missing',
      `Missing Credentials: put the token or password into the environment variable ${options.secretEnv} (or name another with --secret-env).`,
      { field: 'secret' },
    )
  return {
    name: options.name,
    url: options.url,
    deployment: options.deployment,
    credentialKind: options.auth ?? (options.email === undefined ? 'pat' : 'token'),
    email: options.email ?? '',
    secret,
    spaces: options.spaces ?? '',
    allSpaces: options.allSpaces === true,
    access: options.access,
    schedule: options.schedule,
    timezone: options.timezone,
  }
}

async function requireConsent(disclaimer: string[]): Promise<void> {
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const prompt = createInterface({ input: process.stdin, output: process.stderr })
    const typed = await prompt.question('Accept? [y/N] ')
    prompt.close()
    if (/^y(es)?$/i.test(typed.trim())) return
  }
  throw new InvalidInputError(
    'disclaimer_not_accepted',
    `Nothing was connected. Read this and, if you may, run the command again with --accept-disclaimer: ${disclaimer.join(' ')}`,
  )
}
