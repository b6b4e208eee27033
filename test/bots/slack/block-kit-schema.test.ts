import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { findViewProblems } from '../../../sandbox/slack/block-kit.ts'
import { authorizeView, consentView, formView, loadingView, resultView } from '../../../src/bots/slack/connect-form.ts'
import { renderReply, renderResult } from '../../../src/bots/slack/render.ts'
import { readSlackData } from './slack-data.ts'

const draft = {
  draftId: 1,
  name: 'acme',
  test: 'Works',
  disclaimer: Array.from({ length: 40 }, (_, n) => `Sentence ${n}. ${'word '.repeat(80)}`),
}
const views = {
  form: formView({ kind: 'connect' }),
  'form of an edit': formView({ kind: 'edit', connection: 'acme' }, { excludeTemplates: 'true', autoSync: 'true' }),
  'form of a new credential': formView({ kind: 'reconnect', connection: 'acme' }),
  'the way to Atlassian': authorizeView({ authorizationId: 1, name: 'acme', url: 'https://auth.example/x' }, true),
  'form with an error': formView(
    { kind: 'connect' },
    { url: 'x', access: 'shared' },
    { field: 'url', message: 'No address.' },
  ),
  'form with an error of no field': formView({ kind: 'connect' }, {}, { field: 'elsewhere', message: 'No.' }),
  loading: loadingView('Checking…'),
  consent: consentView(draft),
  result: resultView({ kind: 'notice', tone: 'success', text: 'Done.', details: ['One.', 'Two.'] }),
}
const messages = [
  ...renderReply({ kind: 'working' }),
  ...renderReply({ kind: 'notice', text: `${'A long notice. '.repeat(2000)}\n- item\n\`\`\`\ncode\n\`\`\`` }),
  ...renderReply({ kind: 'notice', text: '' }),
  ...renderResult({ kind: 'help', commands: [{ usage: 'help', description: 'show this', adminOnly: false }] }),
  ...renderResult({ kind: 'status', connections: [] }),
]

describe('every view', () => {
  it.each(Object.entries(views))('keeps the rules of the sandbox: %s', (_name, view) => {
    expect(findViewProblems(view)).toEqual([])
  })

  it('shows an error that belongs to no field on top', () => {
    expect(JSON.stringify(views['form with an error of no field'].blocks[0])).toContain('No.')
  })
})

describe("Slack's types with their limits, where they are at hand", () => {
  const schema = readSlackData('block-kit/block-kit.limits.schema.json')

  it.runIf(schema !== undefined)('allow every message and view', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const validate = ajv.compile(schema as object)
    expect(messages.length).toBeGreaterThan(6)
    for (const { blocks } of messages) expect(validate({ blocks }), JSON.stringify(validate.errors)).toBe(true)
    for (const modal of Object.values(views)) expect(validate({ modal }), JSON.stringify(validate.errors)).toBe(true)
    expect(
      validate({ blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_list', elements: [] }] }], x: 1 }),
    ).toBe(false)
  })
})
