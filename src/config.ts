// Environment → Config. The only reader of process.env; every variable's meaning stands beside it and `.env.example`
// is generated from here (scripts/env-example.ts).
import { z } from 'zod'
import { InvalidInputError } from './errors.ts'

const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
const flag = z
  .enum(['0', '1'], 'write 1 for yes or 0 for no')
  .default('0')
  .transform((value) => value === '1')
const optional = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value))
const notAPort = 'write a whole number from 0 to 65535, such as 3000'
const port = z.coerce.number(notAPort).int(notAPort).min(0, notAPort).max(65535, notAPort)
const notALease = 'write a whole number of seconds from 2 to 600, such as 60'
const notAnAmount = 'write a whole number of megabytes from 0 to 500, such as 25'
const attachmentTypes = ['pdf', 'docx', 'xlsx', 'pptx', 'csv', 'md', 'txt']
const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
const appTypes = ['SingleTenant', 'MultiTenant', 'UserAssignedMSI'] as const
const notACount = 'write a whole number from 1 to 100, such as 8'
const address = z
  .url({ protocol: /^https?$/, error: 'write an address that begins with https:// or http://' })
  .transform((value) => value.replace(/\/+$/, ''))

export const variables = z.object({
  DATABASE_URL: optional.describe('PostgreSQL 15 or newer with pgvector 0.8; without it the embedded database is used'),
  FOOTNOTE_DATA_DIR: z.string().default('./data').describe('folder of the embedded database and its key'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  PORT: port.default(3000).describe('port to listen on'),
  FOOTNOTE_PUBLIC_URL: address.optional().describe('how the outside reaches this server, https://…'),
  FOOTNOTE_ENCRYPTION_KEY: optional.describe(
    '32 bytes, base64, for stored credentials; made in the data folder with the embedded database',
  ),
  FOOTNOTE_ADMINS: list.describe('comma-separated e-mail addresses or platform ids who are admins from the start'),
  SLACK_BOT_TOKEN: optional.describe('xoxb-… of the installed Slack app'),
  SLACK_SIGNING_SECRET: optional.describe('signing secret of the Slack app (HTTP mode)'),
  SLACK_APP_TOKEN: optional.describe('xapp-… (Socket Mode)'),
  SLACK_CLIENT_ID: optional.describe('for installation by OAuth'),
  SLACK_CLIENT_SECRET: optional.describe('for installation by OAuth'),
  SLACK_ALLOWED_TEAMS: list.describe('Slack team ids that may use this server; empty: the first that is installed'),
  SLACK_API_URL: address.default('https://slack.com/api').describe("Slack's Web API"),
  MICROSOFT_APP_ID: optional.describe('application id of the Azure Bot'),
  MICROSOFT_APP_PASSWORD: optional.describe('client secret of the Azure Bot'),
  MICROSOFT_APP_TENANT_ID: optional.describe('Entra tenant of the Azure Bot'),
  MICROSOFT_APP_TYPE: z
    .enum(appTypes, `write one of ${appTypes.join(', ')}`)
    .default('SingleTenant')
    .describe('type of the Azure Bot: SingleTenant, MultiTenant or UserAssignedMSI'),
  MICROSOFT_OPENID_METADATA_URL: address
    .default('https://login.botframework.com/v1/.well-known/openidconfiguration')
    .describe('whose keys sign what Teams sends (another address only for tests)'),
  MICROSOFT_LOGIN_URL: address
    .default('https://login.microsoftonline.com')
    .describe('where the bot gets its own tokens (another address only for tests)'),
  TEAMS_ALLOWED_TENANTS: list.describe('Entra tenant ids that may use this server'),
  TEAMS_SERVICE_HOSTS: z
    .string()
    .default('smba.trafficmanager.net,*.botframework.com')
    .transform((value) => value.split(',').map((host) => host.trim()))
    .describe('hosts that the bot may send its token to'),
  FOOTNOTE_TEAMS_DEV: flag.describe('1: Teams without an app id, on loopback only (Agents Playground)'),
  ANTHROPIC_API_KEY: optional.describe('Claude writes the answers; without a key answers are extracts'),
  ANTHROPIC_BASE_URL: address.default('https://api.anthropic.com').describe("Anthropic's API"),
  ANTHROPIC_MODEL: z.string().default('claude-sonnet-5-5').describe('the model that writes answers'),
  ATLASSIAN_API_URL: address.default('https://api.atlassian.com').describe('the Cloud gateway'),
  ATLASSIAN_AUTH_URL: address.default('https://auth.atlassian.com').describe("Atlassian's sign-in, for OAuth"),
  ATLASSIAN_CLIENT_ID: optional.describe('client id of your OAuth 2.0 (3LO) app, for connections with --auth oauth'),
  ATLASSIAN_CLIENT_SECRET: optional.describe('its secret'),
  FOOTNOTE_SITE_CONCURRENCY: z.coerce
    .number(notACount)
    .int(notACount)
    .min(1, notACount)
    .max(100, notACount)
    .default(8)
    .describe('the most requests at a time that one Confluence site gets from all replicas together'),
  FOOTNOTE_LEASE_SECONDS: z.coerce
    .number(notALease)
    .int(notALease)
    .min(2, notALease)
    .max(600, notALease)
    .default(60)
    .describe('after how many seconds the sync run of a worker that died is taken up by another'),
  FOOTNOTE_ATTACHMENT_TYPES: list
    .default(attachmentTypes)
    .describe('endings of the attachments that are read, from pdf, docx, xlsx, pptx, csv, md and txt'),
  FOOTNOTE_ATTACHMENT_MAX_MB: z.coerce
    .number(notAnAmount)
    .int(notAnAmount)
    .min(0, notAnAmount)
    .max(500, notAnAmount)
    .default(25)
    .describe('larger attachments are left out; 0: all of them'),
  FOOTNOTE_ALLOW_LOOPBACK: flag.describe('1: a connection may point at this machine (development and tests)'),
  LOG_LEVEL: z
    .enum(logLevels, `write one of ${logLevels.join(', ')}`)
    .optional()
    .describe('silent, fatal, error, warn, info, debug or trace; default info for serve, fatal for single commands'),
})

export type Config = ReturnType<typeof loadConfig>

/** Reads the environment; an unusable value is an `InvalidInputError` that names the variable, never its content. */
export function loadConfig(environment: Record<string, string | undefined>) {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = variables.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0] ?? 'configuration')
    throw new InvalidInputError('config_invalid', `${name} cannot be used: ${issue?.message ?? 'invalid value'}.`, {
      field: name,
    })
  }
  return parsed.data
}
