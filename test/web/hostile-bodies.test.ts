// What anybody can send to the platforms' routes, with a valid signature or without: refused, and nothing of it is logged.
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signRequest } from '../../sandbox/slack/delivery.ts'
import { type Slack, startSlack } from '../../sandbox/slack/slack.ts'
import { type TeamsSandbox, startTeams } from '../../sandbox/teams/start.ts'
import { signChannelToken } from '../../sandbox/teams/tokens.ts'
import { createSlackApp } from '../../src/bots/slack/app.ts'
import { createTeamsApp } from '../../src/bots/teams/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Core } from '../../src/core/core.ts'
import { createServer } from '../../src/web/server.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

const fiveMegabytes = JSON.stringify({ type: 'event_callback', text: 'confidential '.repeat(400_000) })

/** Name, content type, body; the status for what is signed and what is not. */
type Case = [name: string, type: string, body: string, signed: number, unsigned: number]

const toSlack: Case[] = [
  ['five megabytes', json, fiveMegabytes, 413, 413],
  ['an empty object', json, '{}', 404, 401],
  ['a list', json, '[]', 400, 400],
  ['a number', json, '7', 400, 400],
  ['null', json, 'null', 400, 400],
  ['null in a form', form, 'payload=null', 400, 400],
  ['nothing', json, '', 400, 400],
  ['half an object', json, '{"text": "confidential', 400, 400],
  ['no JSON', json, 'confidential {', 400, 400],
  ['an object of another content type', 'text/plain', '{"text": "confidential"}', 404, 401],
  ['a form without a type', form, 'text=confidential', 404, 401],
]

const toTeams: Case[] = [
  ['five megabytes', json, fiveMegabytes, 413, 413],
  ['an empty object', json, '{}', 400, 400],
  ['a list', json, '[]', 400, 400],
  ['null', json, 'null', 400, 400],
  ['nothing', json, '', 400, 400],
  ['no JSON', json, 'confidential {', 400, 400],
  ['no text where text belongs', json, '{"type": "message", "text": ["confidential"]}', 400, 400],
  ['an activity of nobody', json, '{"type": "message", "channelId": "msteams", "text": "confidential"}', 403, 401],
  ['a prototype', json, '{"type": "message", "__proto__": {"text": "confidential"}}', 400, 400],
  ['an object of another content type', 'text/plain', '{"type": "message", "text": "confidential"}', 400, 400],
  ['a form', form, 'text=confidential', 415, 415],
  ['XML', 'application/xml', '<text>confidential</text>', 415, 415],
]

const expected = (cases: Case[]) => cases.map(([name, , , signed, unsigned]) => [name, signed, unsigned])

describe('the routes of the platforms', () => {
  let slack: Slack
  let teams: TeamsSandbox
  let server: FastifyInstance
  let url: string
  let stopBots: () => Promise<unknown>
  const logged: string[] = []

  beforeAll(async () => {
    slack = await startSlack()
    teams = await startTeams()
    const environment = { SLACK_BOT_TOKEN: slack.botToken, SLACK_SIGNING_SECRET: slack.signingSecret }
    const core: Core = {
      config: loadConfig({ ...teams.env, ...environment, SLACK_API_URL: slack.apiUrl }),
      log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
      database: undefined as never,
      encryptionKey: () => new Uint8Array(32),
      budgets: undefined as never,
      enqueueRun: async () => {},
      now: () => new Date(),
    }
    const bots = [await createSlackApp(core), await createTeamsApp(core)].filter((bot) => bot !== undefined)
    server = await createServer(core, bots)
    url = await server.listen({ host: '127.0.0.1', port: 0 })
    stopBots = () => Promise.all(bots.map((bot) => bot.stop()))
  })
  afterAll(async () => {
    await stopBots()
    server.server.closeAllConnections()
    await server.close()
    await slack.close()
    await teams.close()
  })

  async function post(path: string, [, type, body]: Case, credentials: Record<string, string>): Promise<unknown> {
    const headers = { 'content-type': type, ...credentials }
    const response = await fetch(url + path, { method: 'POST', body, headers, signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    expect(text).toMatch(/^$|^\{"status":"refused"\}$/)
    return response.status
  }

  /** All at once: Bolt takes three seconds to give up on a body that is of no type. */
  async function postAll(path: string, cases: Case[], sign: (body: string) => Promise<Record<string, string>>) {
    return Promise.all(
      cases.map(async (each) => [each[0], await post(path, each, await sign(each[2])), await post(path, each, {})]),
    )
  }

  it('refuse whatever is no delivery of Slack', async () => {
    const now = Math.floor(Date.now() / 1000)
    const statuses = await postAll('/slack/events', toSlack, async (body) =>
      signRequest(body, slack.signingSecret, now),
    )
    expect(statuses).toEqual(expected(toSlack))
  })

  it('refuse whatever is no activity of Teams', async () => {
    const audience = teams.env['MICROSOFT_APP_ID'] ?? ''
    const authorization = await signChannelToken({ audience, serviceUrl: teams.url })
    expect(await postAll('/api/messages', toTeams, async () => ({ authorization }))).toEqual(expected(toTeams))
  })

  it('say in the log that it happened, not what it said, and are there for the next', async () => {
    expect(logged.join('')).toContain('Slack SDK')
    expect(logged.join('')).not.toContain('confidential')
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) })
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
  })
})
