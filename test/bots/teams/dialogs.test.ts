import { afterEach, expect, test } from 'vitest'
import { sandboxPeople } from '../../../sandbox/teams/people.ts'
import { channel } from '../../../sandbox/teams/start.ts'
import type { TeamsActions } from '../../../src/bots/teams/actions.ts'
import type { CommandResult } from '../../../src/bots/commands/command.ts'
import { InvalidInputError } from '../../../src/errors.ts'
import { type TestBot, type TestBotOptions, startBot } from './support.ts'

let bot: TestBot | undefined

afterEach(async () => {
  await bot?.close()
  bot = undefined
})

const offering: Partial<TeamsActions> = { runCommand: async () => ({ kind: 'connectForm' }) }

async function start(options: TestBotOptions = {}): Promise<TestBot> {
  bot = await startBot({ ...options, actions: { ...offering, ...options.actions } })
  return bot
}

const filledIn = {
  step: 'form',
  url: 'https://acme.atlassian.net/wiki',
  deployment: 'detect',
  credentialKind: 'token',
  email: 'dana@contoso.example',
  secret: 'the-very-secret-token',
  tokenExpires: '',
  name: 'handbook',
  spaces: 'HR, IT',
  part: 'spaces',
  partOf: '',
  excludeLabels: '',
  excludeTitles: '',
  excludeUrls: '',
  excludeTemplates: 'false',
  includeArchived: 'false',
  access: 'mirrored',
  schedule: '0 0 * * *',
  timezone: 'UTC',
  autoSync: 'true',
}

type CardPart = { type: string; id?: string; text?: string; value?: string; data?: Record<string, unknown> }
type Card = { body: CardPart[]; actions?: CardPart[] }

function cardOf(delivered: { status: number; body: unknown }): Card {
  expect(delivered.status).toBe(200)
  const { task } = delivered.body as { task: { type: string; value: { card: { content: Card } } } }
  expect(task.type).toBe('continue')
  return task.value.card.content
}

function textOf(card: Card): string {
  return card.body.map((part) => part.text ?? '').join('\n')
}

test('leads from the form over the test and the disclaimer to the connection', async () => {
  const { teams, recorded } = await start()
  const form = cardOf(await teams.sendInvoke('task/fetch', { data: { kind: 'connect' } }))
  expect(form.body.flatMap((part) => part.id ?? [])).toEqual(Object.keys(filledIn).slice(1))

  const disclaimer = cardOf(await teams.sendInvoke('task/submit', { data: filledIn }))
  expect(textOf(disclaimer)).toContain('3 spaces with 120 pages will be read.')
  expect(recorded.forms).toMatchObject([
    {
      form: {
        name: 'handbook',
        url: 'https://acme.atlassian.net/wiki',
        deployment: undefined,
        credentialKind: 'token',
        email: 'dana@contoso.example',
        secret: 'the-very-secret-token',
        spaces: 'HR, IT',
        access: 'mirrored',
        tokenExpires: '',
        unclear: '',
        exclusions: { labels: [], titles: [], urls: [], templates: false, archived: true },
        schedule: '0 0 * * *',
        timezone: 'UTC',
        autoSync: true,
      },
      asker: { userId: sandboxPeople.dana.aadObjectId, kind: 'member' },
    },
  ])

  const data = disclaimer.actions?.[0]?.data
  const refused = cardOf(await teams.sendInvoke('task/submit', { data: { ...data, accepted: 'false' } }))
  expect(textOf(refused)).toContain('Without this nothing is connected.')
  expect(recorded.confirmations).toEqual([])

  const outcome = cardOf(await teams.sendInvoke('task/submit', { data: { ...data, accepted: 'true' } }))
  expect(textOf(outcome)).toContain('The first sync has started.')
  expect(recorded.confirmations).toMatchObject([{ draftId: 7, asker: { userId: sandboxPeople.dana.aadObjectId } }])
})

test('shows an error at its field and keeps everything but the secret', async () => {
  const { teams } = await start({
    actions: {
      draftConnection: () =>
        Promise.reject(new InvalidInputError('url_invalid', 'This is no Confluence.', { field: 'url' })),
    },
  })
  const delivered = await teams.sendInvoke('task/submit', { data: filledIn })
  const form = cardOf(delivered)
  const at = form.body.findIndex((part) => part.id === 'url')
  expect(form.body[at]).toMatchObject({ value: 'https://acme.atlassian.net/wiki' })
  expect(form.body[at + 1]).toMatchObject({ type: 'TextBlock', text: 'This is no Confluence.' })
  expect(form.body.find((part) => part.id === 'spaces')).toMatchObject({ value: 'HR, IT' })
  expect(JSON.stringify(delivered.body)).not.toContain('the-very-secret-token')
})

test('shows only a reference for a bug', async () => {
  const { teams } = await start({ actions: { draftConnection: () => Promise.reject(new Error('inner detail')) } })
  const form = cardOf(await teams.sendInvoke('task/submit', { data: filledIn }))
  expect(textOf(form)).toMatch(/reference [0-9a-f]{8}/)
  expect(textOf(form)).not.toContain('inner detail')
})

test('answers in time while the test goes on, and then shows its result to the same person only', async () => {
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
  const { teams, recorded } = await start({
    dialogAnswerWithinMs: 20,
    actions: {
      async draftConnection() {
        await finished
        return { draftId: 8, name: 'handbook', test: 'Works', disclaimer: ['Read this.'] }
      },
    },
  })
  const waiting = cardOf(await teams.sendInvoke('task/submit', { data: filledIn }))
  expect(textOf(waiting)).toContain('Still checking')
  const data = waiting.actions?.[0]?.data
  expect(JSON.stringify(data)).not.toContain('the-very-secret-token')

  expect(textOf(cardOf(await teams.sendInvoke('task/submit', { data })))).toContain('Still checking')
  finish()
  const stranger = cardOf(await teams.sendInvoke('task/submit', { data }, { from: sandboxPeople.kim }))
  expect(textOf(stranger)).toContain('not known any more')
  expect(textOf(cardOf(await teams.sendInvoke('task/submit', { data })))).toContain('Read this.')
  expect(recorded.forms).toHaveLength(1)
  expect(textOf(cardOf(await teams.sendInvoke('task/submit', { data })))).toContain('not known any more')
})

test('never takes credentials where others read along', async () => {
  const { teams, recorded } = await start()
  for (const [name, data] of [
    ['task/fetch', { kind: 'connect' }],
    ['task/submit', filledIn],
  ] as const) {
    const card = cardOf(await teams.sendInvoke(name, { data }, { chat: channel }))
    expect(textOf(card)).toContain('private chat')
    expect(card.actions).toBeUndefined()
  }
  expect(recorded.forms).toEqual([])
})

test('opens no form for those to whom the command is refused', async () => {
  const refusal: CommandResult = { kind: 'notice', tone: 'refusal', text: 'Only admins may connect.', details: [] }
  const { teams } = await start({ actions: { runCommand: async () => refusal } })
  const card = cardOf(await teams.sendInvoke('task/fetch', { data: { kind: 'connect' } }))
  expect(textOf(card)).toBe('Only admins may connect.')
})

test('does nothing for somebody whom the roster does not confirm', async () => {
  const stranger = { id: '29:stranger', name: 'Nobody', aadObjectId: '88888888-8888-4888-8888-888888888888' }
  const { teams, recorded } = await start()
  const card = cardOf(await teams.sendInvoke('task/submit', { data: filledIn }, { from: stranger }))
  expect(textOf(card)).toContain('did not confirm who you are')
  expect(recorded.forms).toEqual([])
})

test('changes a connection: its values stand in the form, and the disclaimer is accepted again', async () => {
  const submitted: unknown[] = []
  const { teams } = await start({
    actions: {
      runCommand: async () => ({
        kind: 'form',
        form: { kind: 'edit', connection: 'acme', values: { name: 'acme', spaces: 'HR', part: 'spaces' } },
      }),
      submitForm: async (_core, of, text) => {
        submitted.push(of, text)
        return { draftId: 9, purpose: 'edit', name: 'acme', test: 'Works', disclaimer: ['5 pages more.'] }
      },
      confirmEdit: async (_core, id) => ({ kind: 'notice', tone: 'success', text: `Changed ${id}.`, details: [] }),
    },
  })
  const opened = await teams.sendInvoke('task/fetch', { data: { kind: 'edit', connection: 'acme' } })
  const form = cardOf(opened)
  expect(form.body.find(({ id }) => id === 'spaces')).toMatchObject({ value: 'HR' })
  expect(form.body.some(({ id }) => id === 'secret')).toBe(false)
  const data = { ...form.actions?.[0]?.data, spaces: 'HR, IT', part: 'cql', partOf: 'label = x' }
  const disclaimer = cardOf(await teams.sendInvoke('task/submit', { data }))
  expect(textOf(disclaimer)).toContain('5 pages more.')
  expect(submitted).toMatchObject([
    { kind: 'edit', connection: 'acme' },
    { spaces: 'HR, IT', part: 'cql', partOf: 'label = x' },
  ])
  const consent = disclaimer.actions?.[0]?.data
  const refused = cardOf(await teams.sendInvoke('task/submit', { data: { ...consent, accepted: 'false' } }))
  expect(textOf(refused)).toContain('Without this nothing is changed.')
  const outcome = cardOf(await teams.sendInvoke('task/submit', { data: { ...consent, accepted: 'true' } }))
  expect(textOf(outcome)).toContain('Changed 9.')
})

test('sends people to Atlassian for OAuth, and goes on when they are back', async () => {
  let isBack = false
  const url = 'https://auth.example/authorize?state=s'
  const { teams } = await start({
    actions: {
      beginAuthorization: async (_core, form) => ({ authorizationId: 3, name: form.name, url }),
      continueAuthorization: async (_core, id) =>
        isBack
          ? { draftId: 4, name: 'handbook', test: 'Works', disclaimer: [`Let in by ${id}.`] }
          : { authorizationId: id, name: '', url: '' },
    },
  })
  const asked = cardOf(await teams.sendInvoke('task/submit', { data: { ...filledIn, credentialKind: 'oauth' } }))
  expect(asked.actions).toMatchObject([
    { type: 'Action.OpenUrl', url },
    { type: 'Action.Submit', title: 'Continue' },
  ])
  const data = asked.actions?.[1]?.data
  const waiting = cardOf(await teams.sendInvoke('task/submit', { data }))
  expect(textOf(waiting)).toContain('Nothing has come back from Atlassian yet.')
  expect(waiting.actions).toMatchObject([{ url }, { title: 'Continue' }])
  isBack = true
  expect(textOf(cardOf(await teams.sendInvoke('task/submit', { data })))).toContain('Let in by 3.')
})
