// The bot as it runs, on a sandbox Slack: a real Fastify, signed requests, and a recording in place of the flow.
import Fastify, { type FastifyInstance } from 'fastify'
import { type Slack, type SlackOptions, startSlack } from '../../../sandbox/slack/slack.ts'
import type { SlackActions } from '../../../src/bots/slack/actions.ts'
import { type SlackApp, createSlackApp } from '../../../src/bots/slack/app.ts'
import type { Asker, Question, Reply } from '../../../src/bots/question.ts'
import { loadConfig } from '../../../src/config.ts'
import type { Core } from '../../../src/core/core.ts'
import { createLog } from '../../../src/log.ts'

export type Asked = { question: Question; reply: Reply; signal: AbortSignal }
export type Flow = Partial<SlackActions>

export type Harness = {
  slack: Slack
  app: SlackApp
  fastify: FastifyInstance
  asked: Asked[]
  /** Who each command and form was passed on for. */
  askers: Asker[]
  close(): Promise<void>
}

export function testCore(environment: Record<string, string>, now: () => Date = () => new Date()): Core {
  return {
    config: loadConfig({ LOG_LEVEL: 'silent', ...environment }),
    log: createLog('silent'),
    database: undefined as never,
    encryptionKey: () => new Uint8Array(32),
    budgets: undefined as never,
    enqueueRun: async () => {},
    now,
  }
}

export function slackEnvironment(slack: Slack): Record<string, string> {
  return { SLACK_BOT_TOKEN: slack.botToken, SLACK_SIGNING_SECRET: slack.signingSecret, SLACK_API_URL: slack.apiUrl }
}

/** `flow` replaces single actions; a question that no `answerQuestion` is given for is only recorded. */
export async function startHarness(
  flow: Flow = {},
  {
    slack: options,
    environment,
    now,
  }: { slack?: SlackOptions; environment?: Record<string, string>; now?: () => Date } = {},
): Promise<Harness> {
  const slack = await startSlack(options)
  const asked: Asked[] = []
  const askers: Asker[] = []
  const actions: SlackActions = {
    answerQuestion: async (core, question, reply, signal) => {
      asked.push({ question, reply, signal })
      await flow.answerQuestion?.(core, question, reply, signal)
    },
    parseCommand: flow.parseCommand ?? (() => ({ name: 'help' })),
    runCommand: async (core, command, asker, signal) => {
      askers.push(asker)
      return (
        (await flow.runCommand?.(core, command, asker, signal)) ?? {
          kind: 'notice',
          tone: 'success',
          text: `${command.name} done`,
          details: [],
        }
      )
    },
    draftConnection: async (core, form, asker, signal) => {
      askers.push(asker)
      if (flow.draftConnection === undefined) throw new Error('no draft in this test')
      return flow.draftConnection(core, form, asker, signal)
    },
    beginAuthorization: flow.beginAuthorization ?? unused,
    continueAuthorization: async (core, id, asker, signal) => {
      askers.push(asker)
      return (flow.continueAuthorization ?? unused)(core, id, asker, signal)
    },
    submitForm: async (core, of, text, asker, signal) => {
      askers.push(asker)
      return (flow.submitForm ?? unused)(core, of, text, asker, signal)
    },
    confirmEdit: flow.confirmEdit ?? unused,
    confirmPurge: async (core, purge, asker) => {
      askers.push(asker)
      return (flow.confirmPurge ?? unused)(core, purge, asker)
    },
    confirmConnection: async (core, draftId, asker, signal) => {
      askers.push(asker)
      if (flow.confirmConnection === undefined) throw new Error('no confirmation in this test')
      return flow.confirmConnection(core, draftId, asker, signal)
    },
  }
  const app = await createSlackApp(testCore({ ...slackEnvironment(slack), ...environment }, now), actions)
  if (app === undefined) throw new Error('the bot did not start')
  const fastify = Fastify()
  fastify.post('/other', (request) => ({ parsed: request.body }))
  await app.register(fastify)
  const address = await fastify.listen({ port: 0, host: '127.0.0.1' })
  slack.connect(`${address}/slack/events`)
  return {
    slack,
    app,
    fastify,
    asked,
    askers,
    async close() {
      fastify.server.closeAllConnections()
      await fastify.close()
      await app.stop()
      await slack.close()
    },
  }
}

/** Resolves when the condition holds; fails after five seconds. */
export async function until(holds: () => boolean, what = 'the condition'): Promise<void> {
  const endsAt = performance.now() + 5000
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`Waited too long for ${what}.`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function unused(): Promise<never> {
  throw new Error('not in this test')
}
