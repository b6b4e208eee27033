import { afterEach, describe, expect, it } from 'vitest'
import { AccessDeniedError, InvalidInputError, TransientError } from '../../../src/errors.ts'
import type { ConnectForm } from '../../../src/bots/commands/connect.ts'
import { type Flow, type Harness, startHarness, until } from './harness.ts'

let harness: Harness
afterEach(() => harness.close())

async function run(flow: Flow, user = 'U0ADMIN', text = 'status') {
  harness = await startHarness(flow)
  const sent = await harness.slack.sendCommand({ user, text })
  await until(() => sent.responses().length > 0, 'an answer')
  return sent
}

describe('/confluence', () => {
  it('is acknowledged at once and answered to the person alone', async () => {
    const gate = Promise.withResolvers<void>()
    harness = await startHarness({
      parseCommand: () => ({ name: 'sync', target: 'HR', full: false }),
      runCommand: async (_core, command) => {
        await gate.promise
        return { kind: 'notice', tone: 'success', text: `${command.name} queued`, details: ['HR: 12 pages'] }
      },
    })
    const sent = await harness.slack.sendCommand({ user: 'U0ADMIN', text: 'sync HR' })
    expect(sent.ack).toMatchObject({ status: 200, body: undefined })
    expect(sent.responses()).toEqual([])
    gate.resolve()
    await until(() => sent.responses().length === 1)
    expect(sent.responses()[0]?.visible).toContain('✓ sync queued')
    expect(sent.responses()[0]?.visible).toContain('HR: 12 pages')
    expect(harness.slack.calls('chat.postMessage')).toEqual([])
  })

  it('passes on who typed it, asked of Slack anew each time', async () => {
    harness = await startHarness()
    for (const expected of [true, false]) {
      const admin = harness.slack.workspace.users.find(({ id }) => id === 'U0ADMIN')
      Object.assign(admin ?? {}, { is_admin: expected, is_owner: expected })
      await harness.slack.sendCommand({ user: 'U0ADMIN', text: 'help' })
      await until(() => harness.askers.length > 0)
      expect(harness.askers.pop()).toEqual({
        platform: 'slack',
        tenantId: 'T0ACME',
        userId: 'U0ADMIN',
        displayName: 'Ada Admin',
        email: 'ada.admin@acme.example',
        kind: 'member',
        isWorkspaceAdmin: expected,
      })
    }
  })

  it('says so when Slack does not tell who typed it, and runs nothing', async () => {
    harness = await startHarness()
    harness.slack.revoke('users:read')
    const sent = await harness.slack.sendCommand({ user: 'U0ADMIN', text: 'status' })
    await until(() => sent.responses().length === 1)
    expect(sent.responses()[0]?.visible).toContain('did not tell me who you are')
    expect(harness.askers).toEqual([])
  })

  it('shows what was wrong with the input', async () => {
    const sent = await run({
      parseCommand: () => {
        throw new InvalidInputError('usage', 'Which connection? /confluence test CONNECTION')
      },
    })
    expect(sent.responses()[0]?.visible).toContain('Which connection? /confluence test CONNECTION')
  })

  it('gives a reference, and no detail, when something broke', async () => {
    const sent = await run({
      runCommand: async () => {
        throw new Error('relation "spaces" does not exist')
      },
    })
    expect(sent.responses()[0]?.visible).toMatch(/reference [0-9a-f]{8}/)
    expect(sent.responses()[0]?.visible).not.toContain('relation')
  })

  it('uses no more than the five answers that Slack takes, and says what is left out', async () => {
    const sent = await run({
      runCommand: async () => ({ kind: 'notice', tone: 'success', text: 'x '.repeat(40_000), details: [] }),
    })
    await until(() => sent.responses().length === 5)
    expect(sent.responses()[4]?.visible).toMatch(/\d+ further messages/)
  })
})

describe('/confluence ask', () => {
  const asking: Flow = {
    parseCommand: () => ({ name: 'ask', question: 'how many days?' }),
    runCommand: async () => ({ kind: 'question', question: 'how many days?' }),
    answerQuestion: async (_core, _question, reply, signal) => {
      const replyId = await reply.post({ kind: 'working' }, signal)
      await reply.update(replyId, { kind: 'notice', text: 'Twenty-eight.' }, signal)
    },
  }

  it('is answered in the direct conversation, in a thread under the question', async () => {
    const sent = await run(asking, 'U0ALICE', 'ask how many days?')
    await until(() => harness.slack.messages('U0ALICE').length === 2)
    const [root, reply] = harness.slack.messages('U0ALICE')
    await until(() => reply?.edits === 1)
    expect(root?.visible).toContain('how many days?')
    expect(reply).toMatchObject({ threadTs: root?.ts })
    expect(reply?.visible).toContain('Twenty-eight.')
    expect(sent.responses()[0]?.visible).toContain('direct message')
    expect(harness.asked[0]?.question).toMatchObject({
      audience: 'direct',
      conversationId: 'D0ALICE',
      threadId: root?.ts,
      messageId: root?.ts,
      askerId: 'U0ALICE',
      text: 'how many days?',
    })
    expect(harness.slack.messages('C0GENERAL')).toEqual([])
  })

  it('needs no scope for opening direct conversations', async () => {
    harness = await startHarness(asking)
    harness.slack.revoke('im:write', 'im:read')
    const sent = await harness.slack.sendCommand({ user: 'U0ALICE', text: 'ask how many days?' })
    await until(() => sent.responses().length === 1)
    expect(sent.responses()[0]?.visible).toContain('direct message')
  })
})

describe('/confluence connect', () => {
  const form = {
    url: 'https://acme.example/wiki',
    email: 'reader@acme.example',
    secret: 'very-secret-token',
    name: 'acme',
    spaces: 'HR, IT',
    access: 'shared',
  }
  const parts: Flow = {
    parseCommand: () => ({ name: 'connect' }),
    runCommand: async () => ({ kind: 'connectForm' }),
  }
  const drafting: Flow = {
    ...parts,
    draftConnection: async () => ({
      draftId: 7,
      name: 'acme',
      test: 'Works',
      disclaimer: ['Footnote will copy 120 pages of 2 spaces.', 'Everyone it serves may read them.'],
    }),
    confirmConnection: async (_core, draftId) => ({
      kind: 'notice',
      tone: 'success',
      text: `Connected, draft ${draftId}.`,
      details: [],
    }),
  }

  it('opens a view within the life of the trigger, however slow the check of the person is', async () => {
    const gate = Promise.withResolvers<void>()
    harness = await startHarness({ ...parts, runCommand: () => gate.promise.then(() => ({ kind: 'connectForm' })) })
    await harness.slack.sendCommand({ user: 'U0ADMIN', text: 'connect' })
    await until(() => harness.slack.views().length === 1)
    expect(harness.slack.views()[0]?.visible).toContain('One moment')
    gate.resolve()
    await until(() => harness.slack.views()[0]?.visible.includes('Site address') === true)
  })

  it('shows a refusal in the view', async () => {
    const { view } = await openForm(
      {
        ...parts,
        runCommand: async () => ({ kind: 'notice', tone: 'refusal', text: 'Only admins connect sites.', details: [] }),
      },
      'U0BOB',
    )
    expect(view()?.visible).toContain('Only admins connect sites.')
    expect(view()?.view['submit']).toBeUndefined()
  })

  it('goes from the form through the disclaimer to the connection', async () => {
    const forms: ConnectForm[] = []
    const { view, viewId } = await openForm({
      ...drafting,
      draftConnection: async (core, given, asker, signal) => {
        forms.push(given)
        return (drafting.draftConnection as NonNullable<Flow['draftConnection']>)(core, given, asker, signal)
      },
    })
    const submitted = await harness.slack.submitView(viewId, form)
    expect(submitted.ack).toMatchObject({ status: 200, body: { response_action: 'update' } })
    await until(() => view()?.visible.includes('120 pages') === true, 'the disclaimer')
    expect(forms).toEqual([
      {
        name: 'acme',
        url: 'https://acme.example/wiki',
        deployment: undefined,
        credentialKind: 'token',
        email: 'reader@acme.example',
        secret: 'very-secret-token',
        spaces: 'HR, IT',
        allSpaces: false,
        access: 'shared',
        tokenExpires: '',
        unclear: '',
        exclusions: { labels: [], titles: [], urls: [], templates: false, archived: true },
        schedule: '0 0 * * *',
        timezone: 'UTC',
        autoSync: true,
      },
    ])
    expect(JSON.parse(String(view()?.view['private_metadata']))).toEqual({ draftId: 7 })
    await harness.slack.submitView(viewId, { consent: ['accepted'] })
    await until(() => view()?.visible.includes('Connected, draft 7.') === true, 'the result')
    expect(harness.askers.map(({ userId }) => userId)).toEqual(['U0ADMIN', 'U0ADMIN', 'U0ADMIN'])
  })

  it('reads which part is covered and what is left out, and shows both again after an error', async () => {
    const forms: ConnectForm[] = []
    const { view, viewId } = await openForm({
      ...drafting,
      draftConnection: async (_core, given) => {
        forms.push(given)
        throw new InvalidInputError('cql_refused', 'Confluence does not understand this.', { field: 'cql' })
      },
    })
    const excluded = { excludeLabels: 'draft, old', excludeTitles: 'Minutes*\nTo do', excludeTemplates: ['true'] }
    await harness.slack.submitView(viewId, { ...form, part: 'cql', partOf: 'label = x', ...excluded })
    await until(() => view()?.visible.includes('does not understand this') === true, 'the error')
    expect(forms).toMatchObject([
      {
        spaces: 'HR, IT',
        cql: 'label = x',
        exclusions: { labels: ['draft', 'old'], titles: ['Minutes*', 'To do'], urls: [], templates: true },
      },
    ])
    const blocks = JSON.stringify(view()?.view['blocks'])
    expect(blocks).toMatch(/label = x.*does not understand this.*draft, old.*Minutes\*/)
    expect(blocks).not.toContain('very-secret-token')
  })

  it('sends people to Atlassian for OAuth, and goes on when they are back', async () => {
    let isBack = false
    const url = 'https://auth.example/authorize?state=s'
    const { view, viewId } = await openForm({
      ...drafting,
      beginAuthorization: async (_core, given) => ({ authorizationId: 3, name: given.name, url }),
      continueAuthorization: async (_core, id) =>
        isBack
          ? { draftId: 4, name: 'acme', test: 'Works', disclaimer: [`Let in by ${id}.`] }
          : { authorizationId: id, name: '', url: '' },
    })
    await harness.slack.submitView(viewId, { ...form, secret: '', credentialKind: 'oauth' })
    await until(() => view()?.visible.includes('Open Atlassian') === true, 'the way')
    expect(JSON.stringify(view()?.view['blocks'])).toContain(url)
    await harness.slack.submitView(viewId, {})
    await until(() => view()?.visible.includes('Nothing has come back') === true, 'the wait')
    isBack = true
    await harness.slack.submitView(viewId, {})
    await until(() => view()?.visible.includes('Let in by 3.') === true, 'the disclaimer')
  })

  it('changes a connection: its values stand in the form, and the disclaimer is accepted again', async () => {
    const submitted: unknown[] = []
    const { view, viewId } = await openForm({
      parseCommand: () => ({ name: 'edit', connection: 'acme' }),
      runCommand: async () => ({
        kind: 'form',
        form: { kind: 'edit', connection: 'acme', values: { name: 'acme', spaces: 'HR', timezone: 'UTC' } },
      }),
      submitForm: async (_core, of, text) => {
        submitted.push(of, text)
        return { draftId: 9, purpose: 'edit', name: 'acme', test: 'Works', disclaimer: ['5 pages more.'] }
      },
      confirmEdit: async (_core, id) => ({ kind: 'notice', tone: 'success', text: `Changed ${id}.`, details: [] }),
    })
    expect(view()?.visible).toContain('What to read')
    expect(view()?.visible).not.toContain('Token or password')
    const fields = { name: 'acme', timezone: 'UTC', spaces: 'HR, IT', access: 'mirrored', part: 'spaces' }
    await harness.slack.submitView(viewId, { ...fields, schedule: '0 6 * * *' })
    await until(() => view()?.visible.includes('5 pages more.') === true, 'the disclaimer')
    expect(submitted).toMatchObject([
      { kind: 'edit', connection: 'acme' },
      { spaces: 'HR, IT', schedule: '0 6 * * *', autoSync: 'true' },
    ])
    await harness.slack.submitView(viewId, { consent: ['accepted'] })
    await until(() => view()?.visible.includes('Changed 9.') === true, 'the result')
  })

  it('cannot be confirmed without the tick', async () => {
    const { view, viewId } = await openForm(drafting)
    await harness.slack.submitView(viewId, form)
    await until(() => view()?.visible.includes('120 pages') === true)
    await expect(harness.slack.submitView(viewId, {})).rejects.toThrow('must be ticked')
  })

  it.each(['url', 'credentialKind', 'secret', 'name', 'spaces'])(
    'shows an error at its field (%s) and keeps what was typed, except the secret',
    async (field) => {
      const { view, viewId } = await openForm({
        ...parts,
        draftConnection: async () => {
          throw new InvalidInputError('wrong', 'This cannot be used.', { field })
        },
      })
      await harness.slack.submitView(viewId, form)
      await until(() => view()?.visible.includes('This cannot be used.') === true, 'the error')
      const blocks = view()?.view['blocks'] as { type: string; block_id?: string }[]
      const position = blocks.findIndex((block) => JSON.stringify(block).includes('This cannot be used.'))
      expect(blocks[position - 1]?.block_id).toBe(field)
      const everything = JSON.stringify(harness.slack.calls('views.update')) + JSON.stringify(view())
      expect(everything).not.toContain('very-secret-token')
      expect(everything).toContain('reader@acme.example')
    },
  )

  it('keeps the form when the site could not be reached', async () => {
    const { view, viewId } = await openForm({
      ...parts,
      draftConnection: async () => {
        throw new TransientError('site_unreachable', 'acme.example does not answer. Try again.')
      },
    })
    await harness.slack.submitView(viewId, form)
    await until(() => view()?.visible.includes('does not answer') === true)
    expect(view()?.visible).toContain('Site address')
  })

  it('ends with the refusal when the person lost the right meanwhile', async () => {
    const { view, viewId } = await openForm({
      ...parts,
      draftConnection: async () => {
        throw new AccessDeniedError('not_admin', 'Only admins connect sites.')
      },
    })
    await harness.slack.submitView(viewId, form)
    await until(() => view()?.visible.includes('Only admins connect sites.') === true)
    expect(view()?.visible).not.toContain('Site address')
  })

  it('tells the result by direct message when the window was closed', async () => {
    const gate = Promise.withResolvers<void>()
    const { view, viewId } = await openForm({
      ...drafting,
      confirmConnection: async () => {
        await gate.promise
        return { kind: 'notice', tone: 'success', text: 'Connected after all.', details: [] }
      },
    })
    await harness.slack.submitView(viewId, form)
    await until(() => view()?.visible.includes('120 pages') === true)
    await harness.slack.submitView(viewId, { consent: ['accepted'] })
    harness.slack.closeView(viewId)
    gate.resolve()
    await until(() => harness.slack.messages('U0ADMIN').length === 1)
    expect(harness.slack.messages('U0ADMIN')[0]?.visible).toContain('Connected after all.')
  })
})

async function openForm(flow: Flow, user = 'U0ADMIN') {
  harness = await startHarness(flow)
  await harness.slack.sendCommand({ user, text: 'connect' })
  const view = () => harness.slack.views()[0]
  await until(() => view() !== undefined && !view()?.visible.includes('One moment'), 'the form')
  return { view, viewId: view()?.id ?? '' }
}
