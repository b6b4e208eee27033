// The Teams bot on a real Fastify server, talking to the sandbox over HTTP; the work above it is recorded, not done.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { type StartTeamsOptions, type TeamsSandbox, startTeams } from '../../../sandbox/teams/start.ts'
import type { TeamsActions } from '../../../src/bots/teams/actions.ts'
import { type TeamsApp, createTeamsApp } from '../../../src/bots/teams/app.ts'
import type { Answer, Citation } from '../../../src/core/answer/answer.ts'
import type { Command } from '../../../src/bots/commands/command.ts'
import type { ConnectForm } from '../../../src/bots/commands/connect.ts'
import type { Asker, Question } from '../../../src/bots/question.ts'
import type { Feedback } from '../../../src/bots/teams/events.ts'
import { loadConfig } from '../../../src/config.ts'
import type { Core } from '../../../src/core/core.ts'
import { type Logger, createLog } from '../../../src/log.ts'

export type Recorded = {
  questions: Question[]
  commands: { command: Command; asker: Asker }[]
  forms: { form: ConnectForm; asker: Asker }[]
  confirmations: { draftId: number; asker: Asker }[]
  feedback: Feedback[]
}

export type TestBot = {
  teams: TeamsSandbox
  app: TeamsApp
  url: string
  recorded: Recorded
  close(): Promise<void>
}

export type TestBotOptions = {
  env?: Record<string, string>
  actions?: Partial<TeamsActions>
  sandbox?: StartTeamsOptions
  dialogAnswerWithinMs?: number
  log?: Logger
}

export async function startBot(options: TestBotOptions = {}): Promise<TestBot> {
  const teams = await startTeams(options.sandbox)
  const recorded: Recorded = { questions: [], commands: [], forms: [], confirmations: [], feedback: [] }
  const app = await createTeamsApp(createCore({ ...teams.env, ...options.env }, options.log), {
    ...recordingActions(recorded, options.actions),
    ...(options.dialogAnswerWithinMs === undefined ? {} : { dialogAnswerWithinMs: options.dialogAnswerWithinMs }),
  })
  if (app === undefined) throw new Error('Teams is not configured')
  const fastify = Fastify({ forceCloseConnections: true })
  app.register(fastify)
  await fastify.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`
  teams.useBot(url)
  return {
    teams,
    app,
    url,
    recorded,
    async close() {
      await app.stop()
      await fastify.close()
      await teams.close()
    },
  }
}

export function createCore(env: Record<string, string>, log = createLog('silent')): Core {
  return {
    config: loadConfig(env),
    log,
    database: undefined as never,
    encryptionKey: () => new Uint8Array(32),
    budgets: undefined as never,
    async enqueueRun() {},
    now: () => new Date(),
  }
}

/** What was handed over is recorded, then `given` (or a harmless stand-in) does the work. */
function recordingActions(recorded: Recorded, given: Partial<TeamsActions> = {}): TeamsActions {
  return {
    async answerQuestion(core, question, reply, signal) {
      recorded.questions.push(question)
      await given.answerQuestion?.(core, question, reply, signal)
    },
    async runCommand(core, command, asker, signal) {
      recorded.commands.push({ command, asker })
      if (given.runCommand !== undefined) return given.runCommand(core, command, asker, signal)
      return { kind: 'notice', tone: 'success', text: `ran ${command.name}`, details: [] }
    },
    async draftConnection(core, form, asker, signal) {
      recorded.forms.push({ form, asker })
      if (given.draftConnection !== undefined) return given.draftConnection(core, form, asker, signal)
      return { draftId: 7, name: form.name, test: 'Works', disclaimer: ['3 spaces with 120 pages will be read.'] }
    },
    async confirmConnection(core, draftId, asker, signal) {
      recorded.confirmations.push({ draftId, asker })
      if (given.confirmConnection !== undefined) return given.confirmConnection(core, draftId, asker, signal)
      return { kind: 'notice', tone: 'success', text: 'Connected. The first sync has started.', details: [] }
    },
    beginAuthorization: given.beginAuthorization ?? unused,
    continueAuthorization: given.continueAuthorization ?? unused,
    submitForm: given.submitForm ?? unused,
    confirmEdit: given.confirmEdit ?? unused,
    confirmPurge: given.confirmPurge ?? unused,
    async recordFeedback(_core, feedback) {
      recorded.feedback.push(feedback)
    },
    parseCommand: given.parseCommand ?? parseTestCommand,
  }
}

function parseTestCommand(text: string): Command {
  const [word = '', ...rest] = text.split(' ')
  if (word === 'status') return { name: 'status', connection: rest[0] }
  if (word === 'connect') return { name: 'connect' }
  if (word === 'ask') return { name: 'ask', question: rest.join(' ') }
  return { name: 'help' }
}

export function citation(n: number, overrides: Partial<Citation> = {}): Citation {
  return {
    n,
    pageId: String(n),
    title: `Page ${n}`,
    spaceKey: 'HR',
    spaceName: 'People',
    url: `https://wiki.example.com/spaces/HR/pages/${n}`,
    changedAt: new Date('2026-01-02T03:04:05Z'),
    quote: `Sentence number ${n}.`,
    ...overrides,
  }
}

export function answer(overrides: Partial<Answer> = {}): Answer {
  return {
    kind: 'answer',
    text: 'You get 25 days [1] and may carry over 5 [2].',
    statements: [],
    citations: [citation(1), citation(2)],
    nearest: [],
    searchedSpaces: ['People'],
    by: 'claude',
    note: undefined,
    ...overrides,
  }
}

async function unused(): Promise<never> {
  throw new Error('not in this test')
}
