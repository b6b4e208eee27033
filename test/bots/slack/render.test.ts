import { describe, expect, it } from 'vitest'
import { findMessageProblem, linksOf, mentionsIn, visibleText } from '../../../sandbox/slack/block-kit.ts'
import type { Answer, Citation } from '../../../src/core/answer/answer.ts'
import type { CommandResult, ConnectionStatus } from '../../../src/bots/commands/command.ts'
import type { SlackMessage } from '../../../src/bots/slack/blocks.ts'
import { splitText } from '../../../src/bots/slack/blocks.ts'
import { progressBar } from '../../../src/bots/slack/render-status.ts'
import { renderReply, renderResult } from '../../../src/bots/slack/render.ts'
import { fc } from '../../support/property.ts'

function citation(traits: Partial<Citation> = {}): Citation {
  return {
    n: 1,
    pageId: '11',
    title: 'Holiday rules',
    spaceKey: 'HR',
    spaceName: 'People',
    url: 'https://acme.example/wiki/pages/11',
    changedAt: new Date('2026-09-30T23:59:00Z'),
    quote: 'Leave carries over.',
    ...traits,
  }
}

function answer(traits: Partial<Answer> = {}): Answer {
  return {
    kind: 'answer',
    text: 'Leave carries over [1].',
    statements: [],
    citations: [citation()],
    nearest: [],
    searchedSpaces: [],
    by: 'extract',
    note: undefined,
    ...traits,
  }
}

const show = (traits: Partial<Answer>) => renderReply({ kind: 'answer', answer: answer(traits), questionId: 'q' })
const seen = (messages: SlackMessage[]) => messages.map(({ blocks }) => visibleText(blocks)).join('\n')
const letters = (value: string) => value.replaceAll(/[^x]/g, '').length
const problems = (messages: SlackMessage[]) => messages.map(({ blocks }) => findMessageProblem(blocks)).filter(Boolean)

describe('an answer', () => {
  it('links each mark and lists the numbered source with title, space and date', () => {
    const messages = show({})
    expect(messages).toHaveLength(1)
    expect(linksOf(messages[0]?.blocks)).toEqual([
      { url: 'https://acme.example/wiki/pages/11', text: '[1]' },
      { url: 'https://acme.example/wiki/pages/11', text: 'Holiday rules' },
    ])
    expect(seen(messages)).toContain('Source: Confluence')
    expect(seen(messages)).toContain('[1] Holiday rules · People · changed 30 Sep 2026')
  })

  it('says whether it was written by AI or quoted', () => {
    expect(seen(show({ by: 'claude' }))).toContain('Written by AI')
    expect(seen(show({ by: 'extract' }))).not.toContain('AI')
    expect(seen(show({ note: 'Claude was not available.' }))).toContain('Claude was not available.')
  })

  it('keeps lists and code, and leaves a bracketed number in code or without a citation alone', () => {
    const messages = show({ text: 'Do this:\n- first [1]\n- then [9]\n\n```\nx[1] = 0\n```' })
    const elements = messages[0]?.blocks[0]
    expect(elements).toMatchObject({
      type: 'rich_text',
      elements: [
        { type: 'rich_text_section' },
        { type: 'rich_text_list', elements: [{}, {}] },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'x[1] = 0' }] },
        {},
        {},
      ],
    })
    expect(linksOf(messages[0]?.blocks).filter(({ text }) => text === '[1]')).toHaveLength(1)
    expect(linksOf(messages[0]?.blocks).filter(({ text }) => text === '[9]')).toEqual([])
  })

  it('never links what only the text says', () => {
    const messages = show({
      text: 'See <https://evil.example|here> and https://evil.example and [x](https://evil.example).',
    })
    expect(linksOf(messages[0]?.blocks).some(({ url }) => url.includes('evil'))).toBe(false)
  })
})

const hostile: [string, string][] = [
  ['markup', '& < > | * _ ~ ` "quoted" <b>'],
  ['a channel call', '<!channel> <!here> @here <!subteam^S1|@all>'],
  ['a mention', '<@U0ALICE> <#C0GENERAL|general>'],
  ['a link', '<https://evil.example|Holiday rules>'],
  ['emoji', 'Café 👩🏽‍💻 :tada: 日本語'],
  ['right to left', 'سياسة الإجازات'],
  ['300 characters', `${'Long title '.repeat(27)}end`],
]

describe('a hostile title', () => {
  it.each(hostile)('of %s is shown as it is and does nothing', (_kind, title) => {
    const messages = show({
      text: `${title} [1]`,
      citations: [citation({ title, spaceName: title })],
    })
    const [message] = messages
    expect(problems(messages)).toEqual([])
    expect(mentionsIn(message?.text ?? '', message?.blocks)).toEqual([])
    expect(new Set(linksOf(message?.blocks).map(({ url }) => url))).toEqual(
      new Set(['https://acme.example/wiki/pages/11']),
    )
    expect(linksOf(message?.blocks)[1]?.text.replaceAll(/[\u2068\u2069]/g, '')).toBe(title)
    expect(message?.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
  })

  it('cannot turn round what follows it', () => {
    const text = seen(show({ citations: [citation({ title: 'abc\u202Edef' }), citation({ n: 2, title: 'سياسة' })] }))
    expect(text).toContain('abcdef · People')
    expect(text).toContain('\u2068سياسة\u2069 · People')
  })

  it('that is empty gives its place to the address', () => {
    expect(linksOf(show({ citations: [citation({ title: ' ' })] })[0]?.blocks)[1]).toEqual({
      url: 'https://acme.example/wiki/pages/11',
      text: 'https://acme.example/wiki/pages/11',
    })
  })
})

describe('an address', () => {
  it.each([
    ['https://acme.example/a|b?x=<y>', 'https://acme.example/a%7Cb?x=%3Cy%3E'],
    ['https://acme.example/ü b', 'https://acme.example/%C3%BC%20b'],
  ])('%s is encoded', (url, expected) => {
    expect(linksOf(show({ citations: [citation({ url })] })[0]?.blocks)[1]?.url).toBe(expected)
  })

  it.each(['javascript:alert(1)', 'slack://open', '/wiki/1', ''])('%j is no link', (url) => {
    const messages = show({ citations: [citation({ url })] })
    expect(linksOf(messages[0]?.blocks)).toEqual([])
    expect(seen(messages)).toContain('Holiday rules')
  })
})

describe('an abstention', () => {
  it('names the nearest pages and the spaces searched, and claims no source', () => {
    const messages = show({
      kind: 'abstention',
      text: 'I found nothing about that.',
      citations: [],
      nearest: [{ title: 'Travel', spaceKey: 'FIN', url: 'https://acme.example/wiki/pages/12' }],
      searchedSpaces: ['People', 'Finance'],
    })
    expect(seen(messages)).toContain('I found nothing about that.')
    expect(seen(messages)).toContain('Searched: People, Finance')
    expect(seen(messages)).not.toContain('Source: Confluence')
    expect(linksOf(messages[0]?.blocks)).toEqual([{ url: 'https://acme.example/wiki/pages/12', text: 'Travel' }])
  })
})

describe("Slack's limits", () => {
  it('hold for any text, and nothing of it is lost', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.constantFrom('- item', '```', '', '[1]', 'x'.repeat(7000)),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const messages = show({ text: lines.join('\n') })
        expect(problems(messages)).toEqual([])
        for (const { text } of messages) expect(text.length).toBeLessThanOrEqual(4000)
        expect(letters(seen(messages))).toBeGreaterThanOrEqual(letters(lines.join('')))
      }),
      { numRuns: 60 },
    )
  })

  it('hold for a hundred citations with long addresses', () => {
    const url = `https://acme.example/${'p'.repeat(2000)}`
    const citations = Array.from({ length: 100 }, (_, n) => citation({ n: n + 1, url, title: `Page ${n + 1}` }))
    const messages = show({ citations })
    expect(problems(messages)).toEqual([])
    for (let n = 1; n <= 100; n++) expect(seen(messages)).toContain(`[${n}] Page ${n} ·`)
    expect(visibleText(messages[1]?.blocks)).toContain(`Continued, 2 of ${messages.length}`)
  })

  it('are kept by parts that join to the text and halve no character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.integer({ min: 2, max: 60 }), (value, max) => {
        const parts = splitText(value, max)
        expect(parts.join('')).toBe(value)
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(max)
          expect(part.isWellFormed()).toBe(value.isWellFormed())
        }
      }),
    )
  })
})

const connection: ConnectionStatus = {
  name: 'acme',
  url: 'https://acme.example/wiki',
  deployment: 'cloud',
  access: 'mirrored',
  state: 'active',
  pausedBy: undefined,
  credential: 'token',
  covers: 'all spaces',
  leavesOut: [],
  consent: undefined,
  tokenExpires: undefined,
  autoSync: true,
  test: { result: 'Auth Failed', remedy: 'Make a new token.', testedAt: '2026-11-03T10:00:00Z' },
  schedule: '0 * * * * UTC',
  cron: '0 * * * *',
  timezone: 'UTC',
  lastSyncedAt: '2026-11-03T09:05:00Z',
  totals: { spaces: 2, stored: 85, failed: 2, excluded: 3, held: 0 },
  nextSyncAt: '2026-11-03T11:00:00Z',
  spaces: [
    {
      key: 'HR',
      name: 'People <&>',
      state: 'IN_PROGRESS',
      progress: { done: 40, listed: 100, isQueued: false },
      listed: 90,
      stored: 85,
      failed: 2,
      excluded: 3,
      held: 0,
      excludedBy: {},
      lastRun: undefined,
      lastSyncedAt: '2026-11-03T09:05:00Z',
      error: undefined,
      failures: [{ pageId: '77', title: 'Broken *page*', reason: 'The body is not XML.' }],
      parts: { listed: 1_250, stored: 1_240, unchanged: 1_200, failed: 3, excluded: 7 },
      partFailures: [],
    },
    {
      key: 'IT',
      name: 'Tech',
      state: 'ERROR',
      progress: undefined,
      listed: 0,
      stored: 0,
      failed: 0,
      excluded: 0,
      held: 0,
      excludedBy: {},
      lastRun: undefined,
      lastSyncedAt: undefined,
      error: 'The space is gone.',
      failures: [],
      parts: undefined,
      partFailures: [],
    },
  ],
}

describe('the status', () => {
  it('shows state, bar, counts, syncs, failures and the test with its remedy', () => {
    const text = seen(renderResult({ kind: 'status', connections: [connection] }))
    for (const part of [
      'acme · active · https://acme.example/wiki',
      'Last sync: 3 Nov 2026 09:05 UTC · next sync: 3 Nov 2026 11:00 UTC (every hour)',
      'Test: Auth Failed (3 Nov 2026 10:00 UTC) · API token, end not known',
      '⚠ Make a new token.',
      'IN_PROGRESS HR People <&>: 85 of 90 pages stored, 3 left out, 2 failed · last sync 3 Nov 2026 09:05 UTC',
      '1,240 of 1,250 attachments and comments · 7 left out · 3 failed',
      '[████░░░░░░] 40 % (40 of 100)',
      'Page 77 “Broken *page*”: The body is not XML.',
      '… and 1 more that failed: see pages HR failed.',
      'ERROR IT Tech: not listed yet · never synced',
      'The space is gone.',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('of many spaces is split within the limits', () => {
    const spaces = Array.from({ length: 300 }, (_, n) => ({
      ...(connection.spaces[0] as never as object),
      key: `S${n}`,
    }))
    const messages = renderResult({ kind: 'status', connections: [{ ...connection, spaces: spaces as never }] })
    expect(problems(messages)).toEqual([])
    for (let n = 0; n < 300; n++) expect(seen(messages)).toContain(` S${n} `)
  })

  it.each([
    [{ done: 0, listed: 0 }, '[░░░░░░░░░░] 0 % (0 of 0)'],
    [{ done: 99, listed: 100 }, '[█████████░] 99 % (99 of 100)'],
    [{ done: 120, listed: 100 }, '[██████████] 100 % (120 of 100)'],
  ])('draws %j', (progress, bar) => expect(progressBar(progress)).toBe(bar))
})

describe('a command', () => {
  it.each<[string, CommandResult, string]>([
    [
      'help',
      { kind: 'help', commands: [{ usage: 'sync [SPACE]', description: 'refresh now', adminOnly: true }] },
      '/confluence sync [SPACE] refresh now (admins)',
    ],
    ['no hit', { kind: 'searchHits', words: 'moon', hits: [] }, 'No page that you may read has “moon”.'],
    ['a refusal', { kind: 'notice', tone: 'refusal', text: 'Only admins.', details: ['Ask Ada.'] }, '✕ Only admins.'],
    ['nothing connected', { kind: 'status', connections: [] }, '/confluence connect'],
  ])('renders %s', (_name, result, expected) => {
    const messages = renderResult(result)
    expect(problems(messages)).toEqual([])
    expect(seen(messages)).toContain(expected)
  })

  it('names hits by the file or the comment that they are', () => {
    const hit = {
      pageId: '1',
      title: 'Leave',
      spaceKey: 'HR',
      url: 'https://acme.example/wiki/1',
      score: 1,
      passage: '',
    }
    const hits = [
      { ...hit, part: 'plan.pdf' },
      { ...hit, part: 'Comment by Ann' },
    ]
    const messages = renderResult({ kind: 'searchHits', words: 'leave', hits })
    expect(problems(messages)).toEqual([])
    expect(seen(messages)).toContain('Leave › plan.pdf')
    expect(seen(messages)).toContain('Leave › Comment by Ann')
  })

  it('lists hits with their link, space and passage', () => {
    const hits = Array.from({ length: 60 }, (_, n) => ({
      pageId: String(n),
      title: `Page ${n}`,
      spaceKey: 'HR',
      url: `https://acme.example/wiki/${n}`,
      score: 1,
      passage: `Passage ${n} ${'long '.repeat(200)}`,
    }))
    const messages = renderResult({ kind: 'searchHits', words: 'leave', hits })
    expect(problems(messages)).toEqual([])
    expect(messages.flatMap(({ blocks }) => linksOf(blocks))).toHaveLength(60)
    expect(seen(messages)).toContain('Passage 59')
  })
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

describe('lists for admins', () => {
  it('show pages with their state and reason, and how many are left out', () => {
    const text = seen(renderResult({ kind: 'pages', listing: { filter: 'failed', pages: [page], total: 70 } }))
    expect(text).toContain('70 pages for “failed”')
    expect(text).toContain('Lost <badges> · IT · failed: Its text is missing.')
    expect(text).toContain('… and 69 more.')
    expect(seen(renderResult({ kind: 'pages', listing: { filter: 'x', pages: [], total: 0 } }))).toContain(
      'No page fits “x”.',
    )
  })

  it('show who did what, and when', () => {
    const text = seen(renderResult({ kind: 'audit', entries: [entry] }))
    expect(text).toContain('3 Nov 2026 10:00 UTC edit acme · slack:T1:U1 · changes access shared')
  })

  it('say what a lost connection, an ending token and hidden pages need', () => {
    const [space] = connection.spaces
    const warning = 'The token of acme ends on 2026-11-10, in 7 days.'
    const text = seen(
      renderResult({
        kind: 'status',
        connections: [
          {
            ...connection,
            state: 'paused',
            pausedBy: 'credential',
            tokenExpires: { at: '2026-11-10T00:00:00.000Z', text: 'ends on 2026-11-10', warning },
            leavesOut: ['label draft'],
            spaces: space === undefined ? [] : [{ ...space, held: 30 }],
          },
        ],
      }),
    )
    for (const part of [
      '⚠ Connection lost: reconnect it with reconnect acme.',
      `⚠ ${warning}`,
      'Covers all spaces, without label draft',
      '⚠ 30 pages vanished at once and are hidden. If they are really gone, delete with sync HR --delete-vanished',
    ])
      expect(text).toContain(part)
  })
})
