import { afterEach, describe, expect, it } from 'vitest'
import { type Slack, startSlack } from '../../../sandbox/slack/slack.ts'
import type { SlackActions } from '../../../src/bots/slack/actions.ts'
import { type SlackApp, createSlackApp } from '../../../src/bots/slack/app.ts'
import type { Question } from '../../../src/bots/question.ts'
import { InvalidInputError, TransientError } from '../../../src/errors.ts'
import { slackEnvironment, testCore, until } from './harness.ts'

let slack: Slack
let app: SlackApp | undefined
afterEach(async () => {
  await app?.stop()
  app = undefined
  await slack.close()
})

const asked: Question[] = []
const actions: SlackActions = {
  answerQuestion: async (_core, question) => void asked.push(question),
  parseCommand: () => ({ name: 'help' }),
  runCommand: async () => ({ kind: 'notice', tone: 'success', text: 'It works.', details: [] }),
  draftConnection: () => Promise.reject(new Error('not here')),
  confirmConnection: () => Promise.reject(new Error('not here')),
  beginAuthorization: () => Promise.reject(new Error('not here')),
  continueAuthorization: () => Promise.reject(new Error('not here')),
  submitForm: () => Promise.reject(new Error('not here')),
  confirmEdit: () => Promise.reject(new Error('not here')),
  confirmPurge: () => Promise.reject(new Error('not here')),
}

describe('the start', () => {
  it('is skipped without a bot token', async () => {
    slack = await startSlack()
    expect(await createSlackApp(testCore({}), actions)).toBeUndefined()
  })

  it.each([
    ['SLACK_SIGNING_SECRET', { SLACK_SIGNING_SECRET: '' }],
    ['SLACK_BOT_TOKEN', { SLACK_BOT_TOKEN: 'xoxb-wrong' }],
    ['SLACK_ALLOWED_TEAMS', { SLACK_ALLOWED_TEAMS: 'T0OTHER' }],
  ])('names %s when it is what is wrong', async (field, environment) => {
    slack = await startSlack()
    const starting = createSlackApp(testCore({ ...slackEnvironment(slack), ...environment }), actions)
    await expect(starting).rejects.toBeInstanceOf(InvalidInputError)
    await expect(starting).rejects.toMatchObject({ field, message: expect.stringContaining(field) })
  })

  it('fails for now, not for good, when Slack does not answer', async () => {
    slack = await startSlack()
    const silent = { kind: 'drop', when: 'before' } as const
    slack.fail('auth.test', silent, silent, silent)
    await expect(createSlackApp(testCore(slackEnvironment(slack)), actions)).rejects.toBeInstanceOf(TransientError)
  })
})

describe('Socket Mode', () => {
  it('takes events and commands over the web socket, without an address of its own', async () => {
    await startInSocketMode()
    asked.length = 0
    expect(app?.mode).toBe('socket')
    const sent = await slack.sendMention({ user: 'U0ALICE', channel: 'C0GENERAL', text: '<@U0FOOTNOTE> hello' })
    await until(() => asked.length === 1)
    expect(sent.ack).toMatchObject({ transport: 'socket', status: 200 })
    expect(asked[0]?.messageId).toBe(sent.ts)
    const command = await slack.sendCommand({ user: 'U0ALICE', text: 'help' })
    await until(() => command.responses().length === 1)
    expect(command.responses()[0]?.visible).toContain('It works.')
  })

  it('refuses a wrong app-level token with its name', async () => {
    slack = await startSlack()
    const environment = { ...slackEnvironment(slack), SLACK_APP_TOKEN: 'xapp-wrong' }
    app = await createSlackApp(testCore(environment), actions)
    await expect(app?.start()).rejects.toMatchObject({ field: 'SLACK_APP_TOKEN' })
  })
})

async function startInSocketMode() {
  slack = await startSlack()
  const environment = { ...slackEnvironment(slack), SLACK_SIGNING_SECRET: '', SLACK_APP_TOKEN: slack.appToken }
  app = await createSlackApp(testCore(environment), actions)
  await app?.start()
  await slack.connected()
}
