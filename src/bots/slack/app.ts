// The Slack bot: wires Slack's deliveries to the one flow. The only importer of @slack/bolt; this folder knows no table
// and decides nothing about who may read or do what.
import { AsyncLocalStorage } from 'node:async_hooks'
import { App, HTTPReceiver, LogLevel, type Logger as BoltLogger, SocketModeReceiver, webApi } from '@slack/bolt'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Core } from '../../core/core.ts'
import { ConnectionRevokedError, InvalidInputError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Asker } from '../question.ts'
import { type UnderWay, createUnderWay } from '../under-way.ts'
import { type SlackActions, flowActions } from './actions.ts'
import {
  type SlackParts,
  handleConsent,
  handleContinue,
  handleForm,
  handlePurge,
  handleSlashCommand,
} from './commands.ts'
import { authorizeCallback, consentCallback, formCallback, loadingView, purgeCallback } from './connect-form.ts'
import {
  isDelivery,
  parseConsent,
  parseContinue,
  parseForm,
  parseMessagesTabOpened,
  parsePurge,
  parseQuestion,
  parseSlashCommand,
  slashCommandName,
} from './events.ts'
import { type SlackInstallation, createSlackIdentity } from './identity.ts'
import { suggestedPrompts } from './render.ts'
import { createSlackReply } from './reply.ts'
import { createFind, createTell } from './tell.ts'
import { type SlackApi, type SlackResponse, createSlackApi } from './web-api.ts'

export type SlackApp = {
  mode: 'http' | 'socket'
  /** HTTP mode: mounts `POST /slack/events`. Does nothing in Socket Mode. */
  register(fastify: FastifyInstance): Promise<void>
  /** Socket Mode: resolves when connected. Does nothing in HTTP mode, where Fastify owns the port. */
  start(): Promise<void>
  /** Writes to a person, named as in the audit log (`slack:TEAM:ID`); false when they cannot be reached. */
  tell(actor: string, sentence: string, signal: AbortSignal): Promise<boolean>
  /** Whom an actor of the audit log, an id or an e-mail address names. */
  find(name: string, signal: AbortSignal): Promise<Asker | undefined>
  /** The workspace that it is installed in. */
  workspace: { teamId: string; name: string }
  /** Takes nothing new and waits, at most half a minute, for what is under way. */
  stop(): Promise<void>
}

type Receiving = Omit<SlackApp, 'tell' | 'find' | 'workspace'>

const slackEventsPath = '/slack/events'

const apiTimeoutMs = 10_000
const questionTimeoutMs = 5 * 60_000
const commandTimeoutMs = 2 * 60_000
const stopWaitMs = 25_000
const maxBodyBytes = 1_000_000

/**
 * Undefined when SLACK_BOT_TOKEN is unset. Asks Slack once whose token it is. Rejects with `InvalidInputError` naming the
 * variable that is missing or refused, with `TransientError` when Slack cannot be reached.
 */
export async function createSlackApp(core: Core, actions: SlackActions = flowActions): Promise<SlackApp | undefined> {
  const botToken = core.config.SLACK_BOT_TOKEN
  if (botToken === undefined) return undefined
  const log = core.log.child({ bot: 'slack' })
  const receiver = createReceiver(core, log)
  const { api, clientOptions } = createWebApi(core, botToken, log)
  const installation = await fetchInstallation(api, core.config.SLACK_ALLOWED_TEAMS)
  const identity = createSlackIdentity({
    api,
    installation,
    allowedTeams: core.config.SLACK_ALLOWED_TEAMS,
    now: core.now,
    log,
  })
  const { botId, botUserId, teamId } = installation
  const app = new App({
    receiver,
    authorize: async () => ({ botToken, botUserId, teamId, ...(botId === undefined ? {} : { botId }) }),
    clientOptions,
    logger: boltLogger(log),
    // Bolt would keep a state for every conversation in memory.
    convoStore: false,
  })
  const underWay = createUnderWay(log)
  listen(app, { core: { ...core, log }, actions, api, identity, installation }, underWay)
  app.error(async (error) => log.error({ err: error }, 'A delivery from Slack failed'))
  return {
    ...(receiver instanceof HTTPReceiver ? httpApp(receiver, underWay) : socketApp(receiver, underWay)),
    tell: createTell(api, teamId),
    find: createFind(api, identity, teamId),
    workspace: { teamId, name: installation.teamName ?? '' },
  }
}

/** Everything is acknowledged first: Slack waits three seconds. (Events: Bolt itself acknowledges before the listener.) */
function listen(app: App, parts: SlackParts, underWay: UnderWay): void {
  app.event('app_mention', async ({ body }) => answer(parts, body, underWay))
  app.event('message', async ({ body }) => answer(parts, body, underWay))
  app.event('app_home_opened', async ({ body }) => {
    const channel = parseMessagesTabOpened(body)
    if (channel === undefined) return
    // No thread_ts: for an agent app the call would succeed and show nothing.
    const args = { channel_id: channel, ...suggestedPrompts }
    await underWay.run('Suggesting prompts', commandTimeoutMs, async (signal) => {
      await parts.api.call('assistant.threads.setSuggestedPrompts', args, signal)
    })
  })
  app.command(slashCommandName, async ({ ack, body }) => {
    await ack()
    const command = parseSlashCommand(body, parts.installation)
    if (command === undefined) return
    await underWay.run('A command', questionTimeoutMs, (signal) => handleSlashCommand(parts, command, signal))
  })
  app.view(formCallback, async ({ ack, body }) => {
    await ack({ response_action: 'update', view: loadingView('Checking…') })
    const submitted = parseForm(body)
    if (submitted === undefined) return
    await underWay.run('A form', commandTimeoutMs, (signal) => handleForm(parts, submitted, signal))
  })
  app.view(authorizeCallback, async ({ ack, body }) => {
    await ack({ response_action: 'update', view: loadingView('Checking…') })
    const submitted = parseContinue(body)
    if (submitted === undefined) return
    await underWay.run('A sign-in', commandTimeoutMs, (signal) => handleContinue(parts, submitted, signal))
  })
  app.view(consentCallback, async ({ ack, body }) => {
    await ack({ response_action: 'update', view: loadingView('Connecting…') })
    const consent = parseConsent(body)
    if (consent === undefined) return
    await underWay.run('A consent', commandTimeoutMs, (signal) => handleConsent(parts, consent, signal))
  })
  app.view(purgeCallback, async ({ ack, body }) => {
    await ack({ response_action: 'update', view: loadingView('Deleting…') })
    const confirmed = parsePurge(body)
    if (confirmed === undefined) return
    await underWay.run('A removal', commandTimeoutMs, (signal) => handlePurge(parts, confirmed, signal))
  })
}

async function answer(parts: SlackParts, body: unknown, underWay: UnderWay): Promise<void> {
  const { core, actions, api, identity, installation } = parts
  const asked = parseQuestion(body, installation)
  if (asked === undefined) return
  const reply = createSlackReply({ api, identity, installation, asked })
  await underWay.run('A question', questionTimeoutMs, (signal) =>
    actions.answerQuestion(core, asked.question, reply, signal),
  )
}

function httpApp(receiver: HTTPReceiver, underWay: UnderWay): Receiving {
  return {
    mode: 'http',
    async register(fastify) {
      await fastify.register(async (scope) => {
        // The bytes as they came are Bolt's: it verifies the signature over them.
        scope.removeAllContentTypeParsers()
        const raw = { parseAs: 'buffer', bodyLimit: maxBodyBytes } as const
        scope.addContentTypeParser('*', raw, (_request, body, done) => done(null, body))
        scope.post(slackEventsPath, (request: FastifyRequest, reply: FastifyReply) => {
          // Slack delivers it again, to a replica that stays.
          if (underWay.isStopping()) {
            void reply.code(503).send()
            return
          }
          // Bolt would quote it in the log, and end the process over a body that is `null`.
          if (!Buffer.isBuffer(request.body) || !isDelivery(request.body, request.headers['content-type'])) {
            void reply.code(400).send()
            return
          }
          void reply.hijack()
          receiver.requestListener(Object.assign(request.raw, { rawBody: request.body }), reply.raw)
        })
      })
    },
    async start() {},
    stop: () => underWay.finish(stopWaitMs),
  }
}

function socketApp(receiver: SocketModeReceiver, underWay: UnderWay): Receiving {
  return {
    mode: 'socket',
    async register() {},
    async start() {
      await receiver.start().catch((error: unknown) => {
        const sentence =
          'Slack refuses SLACK_APP_TOKEN, or cannot be reached. It starts with xapp- and has connections:write.'
        throw new InvalidInputError('slack_app_token_refused', sentence, { field: 'SLACK_APP_TOKEN', cause: error })
      })
    },
    async stop() {
      await receiver.stop()
      await underWay.finish(stopWaitMs)
    },
  }
}

function createReceiver({ config }: Core, log: Logger): HTTPReceiver | SocketModeReceiver {
  const logger = boltLogger(log)
  if (config.SLACK_APP_TOKEN !== undefined) {
    // No retryConfig: the SDK's own keeps asking for a new connection, and a refusal while reconnecting would go unhandled.
    const clientOptions = { slackApiUrl: `${config.SLACK_API_URL}/`, timeout: apiTimeoutMs }
    return new SocketModeReceiver({ appToken: config.SLACK_APP_TOKEN, logger, installerOptions: { clientOptions } })
  }
  if (config.SLACK_SIGNING_SECRET === undefined) {
    throw new InvalidInputError(
      'slack_signing_secret_missing',
      'SLACK_SIGNING_SECRET is missing: copy it from the Slack app’s Basic Information, or set SLACK_APP_TOKEN for Socket Mode.',
      { field: 'SLACK_SIGNING_SECRET' },
    )
  }
  return new HTTPReceiver({
    signingSecret: config.SLACK_SIGNING_SECRET,
    endpoints: [slackEventsPath],
    bodyLimit: maxBodyBytes,
    logger,
  })
}

/**
 * No retries and no waiting inside the SDK: a post whose connection drops would be sent again, and one rate limit would
 * hold up every other call. The signal reaches the request through the store; that works because nothing queues
 * (`maxRequestConcurrency`), so each request starts in its caller's own context.
 */
function createWebApi({ config }: Core, botToken: string, log: Logger) {
  const signals = new AsyncLocalStorage<AbortSignal>()
  const clientOptions: webApi.WebClientOptions = {
    slackApiUrl: `${config.SLACK_API_URL}/`,
    timeout: apiTimeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    maxRequestConcurrency: Number.POSITIVE_INFINITY,
    allowAbsoluteUrls: false,
    logger: boltLogger(log),
    fetch: (input, init) => {
      const given = [init?.signal, signals.getStore()].filter((signal) => signal instanceof AbortSignal)
      return fetch(input, { ...init, signal: AbortSignal.any(given) })
    },
  }
  const client = new webApi.WebClient(botToken, clientOptions)
  const api = createSlackApi((method, args, signal) =>
    signals.run(signal, () => client.apiCall(method, args) as unknown as Promise<SlackResponse>),
  )
  return { api, clientOptions }
}

const authTest = z.object({
  team_id: z.string(),
  team: z.string().default(''),
  user_id: z.string(),
  bot_id: z.string().optional(),
  enterprise_id: z.string().nullish(),
})

async function fetchInstallation(api: SlackApi, allowedTeams: string[]): Promise<SlackInstallation> {
  const signal = AbortSignal.timeout(apiTimeoutMs * 4)
  const response = await api.call('auth.test', {}, signal).catch((error: unknown) => {
    if (!(error instanceof ConnectionRevokedError)) throw error
    throw new InvalidInputError('slack_bot_token_refused', error.message, { field: 'SLACK_BOT_TOKEN', cause: error })
  })
  const {
    team_id: teamId,
    team: teamName,
    user_id: botUserId,
    bot_id: botId,
    enterprise_id: enterpriseId,
  } = authTest.parse(response)
  if (allowedTeams.length > 0 && !allowedTeams.some((team) => team === teamId || team === enterpriseId)) {
    const sentence = `SLACK_ALLOWED_TEAMS does not list ${teamId}, the workspace of SLACK_BOT_TOKEN. Add it, or use another token.`
    throw new InvalidInputError('slack_team_not_allowed', sentence, { field: 'SLACK_ALLOWED_TEAMS' })
  }
  return { teamId, teamName, botUserId, botId, enterpriseId: enterpriseId ?? undefined }
}

/** Debug and info are dropped: Bolt prints requests there, with the text of questions. */
function boltLogger(log: Logger): BoltLogger {
  const write = (level: 'warn' | 'error') => (message: unknown) => {
    log[level](message instanceof Error ? { err: message } : { bolt: String(message) }, 'Slack SDK')
  }
  return {
    debug: () => {},
    info: () => {},
    warn: write('warn'),
    error: write('error'),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  }
}
