// A form of the chats → what is asked of the core, on a real connection.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { confirmEdit } from '../../../src/bots/commands/edit.ts'
import { type FormText, type OpenForm, fieldOf, fieldsOf, readConnectForm } from '../../../src/bots/commands/form.ts'
import { runCommand } from '../../../src/bots/commands/run.ts'
import { submitForm } from '../../../src/bots/commands/submit-form.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { type Flow, openFlow, slackMember } from '../../support/flow.ts'

const admin = slackMember('ada.admin', { isWorkspaceAdmin: true })
const signal = AbortSignal.timeout(60_000)

describe('the form of a connection', () => {
  let flow: Flow
  beforeAll(async () => {
    flow = await openFlow('embedded')
    await flow.connect({ spaces: 'HB', schedule: '0 0 * * *' })
    await flow.work()
  })
  afterAll(() => flow.close())

  const open = async (kind: OpenForm['kind']): Promise<OpenForm> => {
    const result = await runCommand(flow.core, { name: kind, connection: 'acme' }, admin, signal)
    if (result.kind !== 'form') throw new Error(result.kind)
    return result.form
  }
  const submit = async (kind: OpenForm['kind'], changes: FormText, asker = admin) => {
    const form = await open(kind)
    return submitForm(flow.core, form, { ...form.values, ...changes }, asker, signal)
  }

  it('opens with what is so, and never with a secret', async () => {
    const { values } = await open('edit')
    expect(values).toMatchObject({
      name: 'acme',
      spaces: 'HB',
      part: 'spaces',
      includeArchived: 'false',
      access: 'mirrored',
      autoSync: 'true',
    })
    expect(Object.keys(await open('reconnect').then((form) => form.values))).toEqual(['credentialKind'])
    expect(JSON.stringify(values)).not.toContain(flow.confluence.credentials.token)
  })

  it('asks nothing of the site for a change of the schedule', async () => {
    flow.confluence.clearRequests()
    expect(await submit('edit', { schedule: '0 6 * * *', timezone: 'Europe/Berlin' })).toMatchObject({
      tone: 'success',
      text: 'acme is changed: schedule 0 6 * * *; time zone Europe/Berlin.',
    })
    expect(flow.confluence.requests).toEqual([])
    await expect(submit('edit', {})).rejects.toMatchObject({ code: 'nothing_changed' })
  })

  it('asks for consent before another part is read, and takes all spaces only when that is chosen', async () => {
    const part = await submit('edit', { spaces: '', part: 'tree', partOf: `${flow.confluence.url}/spaces/IT/pages/21` })
    expect(part).toMatchObject({ purpose: 'edit', name: 'acme', facts: { pages: 1, spaces: ['IT'] } })
    await expect(submit('edit', { spaces: '' })).rejects.toMatchObject({ code: 'spaces_missing', field: 'spaces' })
    await expect(submit('edit', { part: 'all' })).rejects.toMatchObject({ code: 'scope_ambiguous', field: 'spaces' })
    const all = await submit('edit', { spaces: '', part: 'all' })
    if (!('draftId' in all)) throw new Error('no consent was asked for')
    await confirmEdit(flow.core, all.draftId, admin, signal)
    expect((await getConnection(flow.core, 'acme')).scope).toEqual({ kind: 'all' })
    expect((await open('edit')).values).toMatchObject({ spaces: '', part: 'all' })
  })

  it('changes the day on which the token ends, and whether archived pages are read', async () => {
    expect(await submit('edit', { tokenExpires: '2099-05-01' })).toMatchObject({
      text: 'acme is changed: token ends 2099-05-01.',
    })
    expect((await open('edit')).values).toMatchObject({ tokenExpires: '2099-05-01' })
    expect(await submit('edit', { tokenExpires: '' })).toMatchObject({
      text: 'acme is changed: token without known end.',
    })
    const archived = await submit('edit', { includeArchived: 'true' })
    if (!('draftId' in archived)) throw new Error('no consent was asked for')
    expect(archived.disclaimer).toContain('Archived pages and spaces are read too.')
  })

  it.each<[FormText, object]>([
    [{ partOf: 'label = x' }, { code: 'part_unclear' }],
    [{ part: 'page' }, { code: 'part_missing', field: 'page' }],
    [
      { part: 'cql', partOf: 'label = = x' },
      { code: 'cql_refused', field: 'cql' },
    ],
    [{ timezone: '' }, { code: 'timezone_invalid', field: 'timezone' }],
  ])('refuses %j', async (changes, expected) => {
    await expect(submit('edit', changes)).rejects.toMatchObject(expected)
  })

  it('gives a new credential, and refuses both forms to others', async () => {
    const { email, token } = flow.confluence.credentials
    expect(await submit('reconnect', { credentialKind: 'token', email, secret: token })).toMatchObject({
      text: 'acme works again, as Footnote Sync. The sync of 2 spaces goes on where it stood.',
    })
    const member = slackMember('bob.member')
    for (const kind of ['edit', 'reconnect'] as const)
      await expect(submit(kind, { schedule: '' }, member)).rejects.toMatchObject({ code: 'not_admin' })
  })
})

it('a wrong field of any form is one that the form has', () => {
  const shown = fieldsOf('connect').map(({ name }) => name)
  for (const field of ['tree', 'page', 'cql', 'auth', 'secret', 'excludeTitles', 'tokenExpires'])
    expect(shown).toContain(fieldOf(field))
  expect(fieldOf('ATLASSIAN_CLIENT_SECRET')).toBeUndefined()
  expect(readConnectForm({ credentialKind: 'magic', access: 'everyone' })).toMatchObject({
    credentialKind: 'token',
    access: 'mirrored',
    schedule: '0 0 * * *',
    timezone: 'UTC',
    autoSync: true,
    allSpaces: false,
  })
  expect(
    readConnectForm({
      schedule: '',
      timezone: 'Europe/Berlin',
      autoSync: 'false',
      includeArchived: 'true',
      part: 'all',
    }),
  ).toMatchObject({
    schedule: '',
    timezone: 'Europe/Berlin',
    autoSync: false,
    allSpaces: true,
    exclusions: { archived: false },
  })
})
