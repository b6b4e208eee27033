import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { findRefusal } from '../../../sandbox/teams/rules.ts'
import type { CommandResult, ConnectionStatus } from '../../../src/bots/commands/command.ts'
import type { Place } from '../../../src/bots/teams/activity.ts'
import {
  renderAuthorize,
  renderDisclaimer,
  renderForm,
  renderOutcome,
  renderWaiting,
} from '../../../src/bots/teams/dialog-cards.ts'
import { escapeMarkdown, renderLink } from '../../../src/bots/teams/markdown.ts'
import { renderCommandResult, renderReply } from '../../../src/bots/teams/render.ts'
import { answer, citation } from './support.ts'
import { fc } from '../../support/property.ts'

const place = { audience: 'direct' } as Place
const shared = { audience: 'shared' } as Place

function render(overrides: Parameters<typeof answer>[0]) {
  return renderReply({ kind: 'answer', answer: answer(overrides), questionId: 'q' })
}

describe('an answer', () => {
  test('has its citation marks and plain links', () => {
    const [message] = render({})
    expect(message?.text).toBe(
      [
        'You get 25 days [1] and may carry over 5 [2].',
        '**Sources**',
        '[1] [Page 1](https://wiki.example.com/spaces/HR/pages/1) · People',
        '[2] [Page 2](https://wiki.example.com/spaces/HR/pages/2) · People',
      ].join('\n\n'),
    )
  })

  test('is labelled as generated only when a model wrote it', () => {
    expect(render({})[0]?.entities?.[0]).toMatchObject({ additionalType: ['AIGeneratedContent'] })
    expect(render({ by: 'extract' })[0]?.entities?.[0]).not.toHaveProperty('additionalType')
    expect(render({ kind: 'abstention', text: 'I found nothing.', citations: [] })[0]).not.toHaveProperty('entities')
  })

  test('keeps within the limits of citations', () => {
    const long = 'long 😀 '.repeat(60)
    const citations = Array.from({ length: 30 }, (_, index) =>
      citation(index + 1, { title: long, quote: long, spaceName: long }),
    )
    const text = [...citations, ...citations].map(({ n }) => `Statement [${n}].`).join(' ')
    const [message] = render({ text, citations: [...citations, ...citations] })
    expect(findRefusal({ type: 'message', ...message })).toBeUndefined()
    expect(message?.entities).toHaveLength(1)
    expect(message?.entities?.[0]?.['citation']).toHaveLength(20)
  })

  test('that found nothing offers the nearest pages', () => {
    const nearest = [{ title: 'Leave', spaceKey: 'HR', url: 'https://wiki.example.com/1' }]
    const [message] = render({ kind: 'abstention', text: 'I found no page that says this.', citations: [], nearest })
    expect(message?.text).toBe(
      'I found no page that says this.\n\n**Pages that may help**\n\n- [Leave](https://wiki.example.com/1)',
    )
  })

  test('keeps lists together and code as it is', () => {
    const text = 'Do this:\n- one_two [1]\n- three\n```sh\nrm *.log # [1]\n```\nDone.'
    expect(render({ text })[0]?.text).toContain(
      'Do this:\n\n- one\\_two [1]\n- three\n\n```\nrm *.log # [1]\n```\n\nDone.',
    )
  })

  test('too long for one message goes on in further ones, of which the last has the rating buttons', () => {
    const text = `${'A sentence with words. '.repeat(6_000)}[1]`
    const messages = render({ text })
    expect(messages.length).toBeGreaterThan(1)
    for (const message of messages) expect(JSON.stringify(message).length * 2).toBeLessThan(80 * 1024)
    expect(messages.map((message) => message.channelData !== undefined)).toEqual(
      messages.map((_, index) => index === messages.length - 1),
    )
    const words = messages.map((message) => message.text?.replace(/\*\*Sources[\s\S]*/, '')).join(' ')
    expect(words.match(/sentence/g)).toHaveLength(6_000)
  })
})

describe('text from pages and people', () => {
  test.each([
    ['[click](https://evil.example)', '\\[click\\](https://evil.example)'],
    ['<at>Everybody</at>', '&lt;at&gt;Everybody&lt;/at&gt;'],
    ['<a href="x">y</a>', '&lt;a href="x"&gt;y&lt;/a&gt;'],
    ['**bold** _it_ `code`', '\\*\\*bold\\*\\* \\_it\\_ \\`code\\`'],
    ['# heading', '\\# heading'],
    ['back\\[slash](x)', 'back\\\\\\[slash\\](x)'],
    ['&lt;at&gt;', '&amp;lt;at&amp;gt;'],
    ['see [1] and [9]', 'see [1] and \\[9\\]'],
    ['https://wiki.example.com/a_b?x=1&y=_', 'https://wiki.example.com/a_b?x=1&y=_'],
  ])('%j cannot be more than text', (text, escaped) => {
    expect(escapeMarkdown(text, new Set([1]))).toBe(escaped)
  })

  test.each([
    ['Title](https://evil.example) [x', 'https://wiki.example.com/1'],
    ['https://evil.example', 'https://wiki.example.com/1'],
    ['ok', 'https://wiki.example.com/1)[x](https://evil.example'],
    ['ok', 'https://wiki.example.com/<at>x</at>'],
    ['', 'https://wiki.example.com/1'],
  ])('a page titled %j at %j makes one link to its own site', (title, url) => {
    const link = renderLink(title, url)
    const [, label = '', href = ''] = /^\[(.*)\]\(([^()\s]*)\)$/.exec(link) ?? []
    expect(label).not.toMatch(/(?<!\\)(?:\\\\)*[[\]]|:\/\//)
    expect(new URL(href).host).toBe('wiki.example.com')
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', 'nonsense'])('%j is no link', (url) => {
    expect(renderLink('Title', url)).toBe('Title')
  })

  test('never leaves a tag or a link target, whatever it says', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('[', ']', '(', ')', '<', '>', '\\', '`', '*', '&', 'a', '1', ' ', '\n'),
    })
    fc.assert(
      fc.property(nasty, (text) => {
        const [message] = renderReply({ kind: 'notice', text })
        const outsideCode = (message?.text ?? '').replaceAll(/^```\n[\s\S]*?\n```$/gm, '')
        expect(outsideCode).not.toMatch(/[<>]/)
        expect(outsideCode.replaceAll(/\\./g, '')).not.toMatch(/[[\]`*]/)
      }),
    )
  })
})

const connection: ConnectionStatus = {
  name: 'hand_book',
  url: 'https://wiki.example.com',
  deployment: 'datacenter',
  access: 'mirrored',
  state: 'active',
  pausedBy: undefined,
  credential: 'token',
  covers: 'all spaces',
  leavesOut: [],
  consent: undefined,
  tokenExpires: undefined,
  autoSync: true,
  test: { result: 'Works', remedy: undefined, testedAt: '2026-01-01' },
  schedule: '0 * * * * UTC',
  cron: '0 * * * *',
  timezone: 'UTC',
  nextSyncAt: '2026-01-01T12:00:00Z',
  lastSyncedAt: '2026-01-01T11:00:00Z',
  totals: { spaces: 1, stored: 118, failed: 2, excluded: 0, held: 0 },
  spaces: [
    {
      key: 'HR',
      name: 'People [x](https://evil.example)',
      state: 'IN_PROGRESS',
      progress: { done: 5, listed: 10, isQueued: false },
      listed: 120,
      stored: 118,
      failed: 2,
      excluded: 0,
      held: 0,
      excludedBy: {},
      lastRun: undefined,
      lastSyncedAt: '2026-01-01T11:00:00Z',
      error: undefined,
      failures: [{ pageId: '1', title: 'Broken', reason: 'not readable' }],
      parts: { listed: 14, stored: 12, unchanged: 11, failed: 1, excluded: 1 },
      partFailures: [],
    },
  ],
}

describe('cards', () => {
  const results: [string, CommandResult, Place][] = [
    ['help', { kind: 'help', commands: [{ usage: 'sync', description: 'refresh', adminOnly: true }] }, place],
    ['the offer to connect', { kind: 'connectForm' }, place],
    ['the way to the private chat', { kind: 'connectForm' }, shared],
    ['status', { kind: 'status', connections: [connection] }, place],
    ['the offer to change', { kind: 'form', form: { kind: 'edit', connection: 'n', values: {} } }, place],
    ['the way there', { kind: 'form', form: { kind: 'reconnect', connection: 'n', values: {} } }, shared],
    ['status of nothing', { kind: 'status', connections: [] }, place],
  ]
  const draft = { draftId: 7, name: 'n', test: 'Works', disclaimer: ['a'] }
  const dialogCards = [
    renderForm(),
    renderForm({ kind: 'connect' }, { name: 'n' }, { field: 'url', message: 'no' }),
    renderForm({ kind: 'edit', connection: 'n' }),
    renderForm({ kind: 'reconnect', connection: 'n' }),
    renderAuthorize({ authorizationId: 1, name: 'n', url: 'https://auth.example' }, true),
    renderWaiting('t'),
  ]

  test.each(results)('%s fits the limits and opens no dialog in a channel', (_what, result, where) => {
    const [message] = renderCommandResult(result, where, 'app-id')
    const json = JSON.stringify(message)
    expect(json.length * 2).toBeLessThan(25 * 1024)
    expect(json.includes('task/fetch')).toBe(
      ['connectForm', 'form'].includes(result.kind) && where.audience === 'direct',
    )
  })

  test('show the counts of a space, and its name as text', () => {
    const json = JSON.stringify(renderCommandResult({ kind: 'status', connections: [connection] }, place, 'app-id'))
    expect(json).toContain('118 of 120 pages stored, 2 failed, last sync 1 Jan 2026 11:00 UTC')
    expect(json).toContain('5 of 10 done')
    expect(json).toContain('12 of 14 attachments and comments, 1 left out, 1 failed')
    expect(json).not.toContain('People [x]')
  })

  test('with a thousand spaces say how many are left out', () => {
    const many = { ...connection, spaces: Array.from({ length: 1_000 }, () => connection.spaces).flat() }
    const json = JSON.stringify(renderCommandResult({ kind: 'status', connections: [many] }, place, 'app-id'))
    expect(json.length * 2).toBeLessThan(28 * 1024)
    expect(json).toMatch(/and \d+ more/)
  })

  const schema = new URL(
    '../../../../shared/data/teams/adaptive-cards/adaptive-card.1.5.0.schema.json',
    import.meta.url,
  )
  test.skipIf(!existsSync(schema))('are valid Adaptive Cards 1.5', () => {
    const { $schema: _draft, id: _id, ...rest } = JSON.parse(readFileSync(schema, 'utf8'))
    const isValid = new Ajv({ strict: false, validateFormats: false }).compile(rest)
    const cards = [
      ...results.map(([, result, where]) => renderCommandResult(result, where, 'app')[0]?.attachments?.[0]?.content),
      ...dialogCards,
      renderDisclaimer(draft, 'accept'),
      renderOutcome('Done', ['a detail']),
    ]
    for (const card of cards) expect(isValid(card) ? [] : isValid.errors).toEqual([])
    expect(isValid({ type: 'AdaptiveCard', version: '1.5', body: [{ type: 'Nonsense' }] })).toBe(false)
  })
})

test('search hits are links with their passages', () => {
  const hits = [
    { pageId: '1', title: 'Leave', spaceKey: 'HR', url: 'https://wiki.example.com/1', score: 1, passage: 'Days.' },
  ]
  const [message] = renderCommandResult({ kind: 'searchHits', words: 'leave', hits }, place, 'app')
  expect(message?.text).toBe('Pages for “leave”\n\n**[Leave](https://wiki.example.com/1)** · HR\n\nDays.')
})

test('sources and hits that are a file or a comment are named by it', () => {
  const cited = [{ ...citation(1), part: 'plan.pdf' }]
  const [message] = render({ text: 'Yes [1].', citations: cited })
  expect(message?.text).toContain('[1] [Page 1 › plan.pdf](https://wiki.example.com/spaces/HR/pages/1)')
  expect(JSON.stringify(message?.entities)).toContain('Page 1 › plan.pdf')
  const hit = { pageId: '1', title: 'Leave', spaceKey: 'HR', url: 'https://wiki.example.com/1', score: 1, passage: 'x' }
  const hits = [{ ...hit, part: 'Comment by Ann' }]
  const [listed] = renderCommandResult({ kind: 'searchHits', words: 'leave', hits }, place, 'app')
  expect(listed?.text).toContain('[Leave › Comment by Ann](https://wiki.example.com/1)')
})

const page = {
  pageId: '7',
  title: 'Lost <badges>',
  spaceKey: 'IT',
  connection: 'acme',
  state: 'failed' as const,
  reason: 'Its text is missing.',
  note: undefined,
  url: 'https://acme.example/wiki/7',
  changedAt: '2026-11-03T10:00:00.000Z',
}
const entry = {
  at: '2026-11-03T10:00:00.000Z',
  actor: 'slack:T1:U1',
  action: 'edit',
  subject: 'acme',
  details: { changes: 'access shared' },
}

test('pages and the audit log are lists of escaped lines', () => {
  const [pages] = renderCommandResult({ kind: 'pages', listing: { filter: '', pages: [page], total: 2 } }, place, 'app')
  expect(pages?.text).toMatch(/^2 pages\n\n- Lost .*badges.* \(IT\), failed: Its text is missing\.\n\n… and 1 more/)
  expect(pages?.text).not.toContain('<badges>')
  const [audit] = renderCommandResult({ kind: 'audit', entries: [entry] }, place, 'app')
  expect(audit?.text).toContain('edit acme (changes access shared)')
})
