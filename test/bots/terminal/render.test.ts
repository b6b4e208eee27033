import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ConnectionStatus, SpaceStatus } from '../../../src/bots/commands/command.ts'
import { renderReport } from '../../../src/bots/terminal/sync.ts'
import type { SpaceReport } from '../../../src/core/sync/report-runs.ts'
import { plain, plainLine } from '../../../src/bots/terminal/plain.ts'
import {
  renderAnswer,
  renderBar,
  renderFailure,
  renderHits,
  renderResult,
  renderStatus,
} from '../../../src/bots/terminal/render.ts'
import type { Answer } from '../../../src/core/answer/answer.ts'

const space: SpaceStatus = {
  key: 'IT',
  name: 'IT desk',
  state: 'INGESTED',
  progress: undefined,
  listed: 2848,
  stored: 2847,
  failed: 1,
  excluded: 0,
  held: 0,
  excludedBy: {},
  lastRun: undefined,
  lastSyncedAt: '2026-05-04T09:10:11.000Z',
  error: undefined,
  failures: [{ pageId: '7', title: 'Broken page', reason: 'Its text is missing.' }],
  parts: { listed: 14, stored: 12, unchanged: 11, failed: 1, excluded: 1 },
  partFailures: [
    {
      pageId: '7',
      page: 'Broken page',
      kind: 'attachment',
      name: 'plan.pdf',
      reason: '“plan.pdf” took too long to read.',
    },
  ],
}
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
  test: { result: 'Works', remedy: undefined, testedAt: '2026-05-04T09:00:00.000Z' },
  schedule: '0 0 * * * UTC',
  cron: '0 0 * * *',
  timezone: 'UTC',
  lastSyncedAt: '2026-05-04T09:10:11.000Z',
  totals: { spaces: 2, stored: 2847, failed: 1, excluded: 0, held: 0 },
  nextSyncAt: '2026-05-05T00:00:00.000Z',
  spaces: [
    space,
    {
      ...space,
      key: 'HANDBOOK',
      state: 'PENDING',
      stored: 0,
      listed: 0,
      failed: 0,
      failures: [],
      parts: undefined,
      partFailures: [],
      lastSyncedAt: undefined,
      progress: { done: 0, listed: 0, isQueued: true },
    },
  ],
}
const answer: Answer = {
  kind: 'answer',
  text: 'Toner is in cupboard seven. [1]',
  statements: [],
  citations: [
    {
      n: 1,
      pageId: '21',
      title: 'Printers',
      spaceKey: 'IT',
      spaceName: 'IT desk',
      url: 'https://acme.example/wiki/spaces/IT/pages/21',
      changedAt: new Date('2026-05-04T09:10:11Z'),
      quote: 'Toner is in cupboard seven.',
    },
  ],
  nearest: [],
  searchedSpaces: ['IT desk'],
  by: 'extract',
  note: undefined,
}

const report: SpaceReport = {
  space: 'IT',
  state: 'INGESTED',
  listed: 5,
  stored: 5,
  unchanged: 3,
  updated: 2,
  failed: 0,
  excluded: 0,
  deleted: 0,
  failures: [],
  parts: { listed: 14, stored: 12, unchanged: 10, failed: 1, excluded: 1 },
  partFailures: space.partFailures,
  partNotices: Array.from({ length: 7 }, (_, n) => ({
    pageId: '7',
    page: 'Scans',
    kind: 'attachment',
    name: `${n}.pdf`,
    reason: `“${n}.pdf” holds no text, only pictures or empty pages.`,
  })),
}

/** What the terminal shows, line by line, without its colours. */
function linesOf(text: string): string[] {
  return stripVTControlCharacters(text).split('\n')
}

/** Characters that do something to a terminal; colours of our own are made of `ESC [ digits m` alone. */
function dangerousIn(text: string): string[] {
  // eslint-disable-next-line no-control-regex -- it looks for control characters
  const withoutColours = text.replaceAll(/\u001B\[(?:1|2|4|22|24|31|32|33|36|39)m/g, '').replaceAll('\n', '')
  return withoutColours.match(/[\p{Cc}\p{Bidi_Control}]/gu) ?? []
}

describe('status', () => {
  it('is a table of spaces with counts, failures and times', () => {
    expect(linesOf(renderStatus([connection]))).toEqual([
      'acme  active  https://acme.example/wiki',
      '  readers     Cloud, readers as in Confluence (mirrored)',
      '  covers      all spaces',
      '  test        Works (4 May 2026 09:00 UTC)',
      '  credential  API token, end not known (say it with edit acme)',
      '  last sync   4 May 2026 09:10 UTC',
      '  next sync   5 May 2026 00:00 UTC (every day at 00:00)',
      '  IT        INGESTED     2,847 of 2,848 pages stored, 1 failed  last sync 4 May 2026 09:10 UTC',
      '            12 of 14 attachments and comments, 1 left out, 1 failed',
      '            × Broken page: Its text is missing.',
      '            × plan.pdf (Broken page): “plan.pdf” took too long to read.',
      '  HANDBOOK  PENDING      not listed yet  waits for its turn  never synced',
    ])
  })

  it('counts what rules leave out', () => {
    const line = linesOf(
      renderStatus([{ ...connection, spaces: [{ ...space, stored: 7, listed: 37, failed: 0, excluded: 30 }] }]),
    ).find((each) => each.includes('INGESTED'))
    expect(line).toContain('7 of 37 pages stored, 30 left out  last sync')
  })

  it('shows a paused connection with its reason, and an error with the progress of the next attempt', () => {
    const shown = linesOf(
      renderStatus([
        {
          ...connection,
          state: 'paused',
          pausedBy: 'credential',
          test: { result: 'Auth Failed', remedy: 'acme.example refused the token. Make a new token.', testedAt: '' },
          nextSyncAt: undefined,
          spaces: [
            {
              ...space,
              state: 'ERROR',
              error: 'The site is down.',
              failures: [],
              partFailures: [],
              parts: undefined,
              failed: 30,
              progress: { done: 5, listed: 10, isQueued: false },
            },
          ],
        },
      ]),
    )
    expect(shown[0]).toBe('acme  paused, connection lost  https://acme.example/wiki')
    expect(shown[1]).toContain('! Connection lost: reconnect it with reconnect acme.')
    expect(shown[2]).toBe('  ! acme.example refused the token. Make a new token.')
    expect(shown).toContain('  next sync   none while it is paused (then every day at 00:00 UTC)')
    expect(shown.at(-3)).toContain('[████████░░░░░░░░]  5 / 10')
    expect(shown.at(-2)?.trim()).toBe('! The site is down.')
    expect(shown.at(-1)?.trim()).toBe('… and 30 more that failed: see pages IT failed.')
  })

  it('says how to begin when nothing is connected', () => {
    expect(renderStatus([])).toContain('footnote connect --help')
  })
})

describe('the proof of a run', () => {
  it('counts attachments and comments beside the pages, and says why some are not searched', () => {
    expect(linesOf(renderReport(report))).toEqual([
      '✓ IT           5 of 5 pages, 2 updated, 3 unchanged · 12 of 14 attachments and comments, 1 left out, 1 failed',
      '  × plan.pdf (Broken page): “plan.pdf” took too long to read.',
      ...[0, 1, 2, 3, 4].map((n) => `  “${n}.pdf” holds no text, only pictures or empty pages. (Scans)`),
      '  … and 2 more with --json',
    ])
  })

  it('is about pages alone where nothing hangs on them', () => {
    const parts = { listed: 0, stored: 0, unchanged: 0, failed: 0, excluded: 0 }
    expect(linesOf(renderReport({ ...report, parts, partFailures: [], partNotices: [] }))).toEqual([
      '✓ IT           5 of 5 pages, 2 updated, 3 unchanged',
    ])
  })
})

describe('answers and hits', () => {
  it('lists numbered sources with their addresses', () => {
    expect(linesOf(renderAnswer({ ...answer, note: 'An extract.' }))).toEqual([
      'Toner is in cupboard seven. [1]',
      '',
      'Sources: Confluence',
      '  [1] Printers · IT desk · changed 2026-05-04',
      '      https://acme.example/wiki/spaces/IT/pages/21',
      '',
      'An extract.',
    ])
  })

  it('are wrapped to the width of the terminal, addresses excepted', () => {
    const text = 'Toner is in cupboard seven. [1]\n\n- and paper is in cupboard eight. [1]'
    expect(linesOf(renderAnswer({ ...answer, text }, 24)).slice(0, 9)).toEqual([
      'Toner is in cupboard',
      'seven. [1]',
      '',
      '- and paper is in',
      '  cupboard eight. [1]',
      '',
      'Sources: Confluence',
      '  [1] Printers · IT desk · changed 2026-05-04',
      '      https://acme.example/wiki/spaces/IT/pages/21',
    ])
  })

  it('offers the nearest pages with an abstention', () => {
    const nearest = [{ title: 'Printers', spaceKey: 'IT', url: 'https://acme.example/wiki/spaces/IT/pages/21' }]
    const abstention: Answer = { ...answer, kind: 'abstention', text: 'Nothing found.', citations: [], nearest }
    expect(linesOf(renderAnswer(abstention))).toEqual([
      'Nothing found.',
      '',
      'Nearest pages',
      '  · Printers (IT)',
      '      https://acme.example/wiki/spaces/IT/pages/21',
    ])
  })

  it('names the file or the comment that something comes from', () => {
    const url = 'https://acme.example/wiki/spaces/IT/pages/21?preview=/21/22/toner.pdf'
    const ofFile = answer.citations.map((citation) => ({ ...citation, part: 'toner.pdf', url }))
    expect(linesOf(renderAnswer({ ...answer, citations: ofFile })).slice(3, 5)).toEqual([
      '  [1] Printers › toner.pdf · IT desk · changed 2026-05-04',
      `      ${url}`,
    ])
    const hit = { pageId: '21', title: 'Printers', part: 'Comment by Ann', spaceKey: 'IT', url, score: 1, passage: 'x' }
    expect(linesOf(renderHits([hit]))[0]).toBe('1. Printers › Comment by Ann (IT)')
  })

  it('shortens passages to a line', () => {
    const hit = { pageId: '21', title: 'Printers', spaceKey: 'IT', url: 'https://acme.example/x', score: 1 }
    expect(linesOf(renderHits([{ ...hit, passage: `one\n\ntwo ${'x'.repeat(400)}` }]))).toEqual([
      '1. Printers (IT)',
      '   https://acme.example/x',
      `   one two ${'x'.repeat(232)}…`,
    ])
    expect(renderHits([])).toBe('No page that you may read fits these words.')
  })
})

describe('renderBar', () => {
  it.each([
    [0, 0, '[░░░░░░░░]  0 / 0'],
    [0, 10, '[░░░░░░░░]  0 / 10'],
    [5, 10, '[████░░░░]  5 / 10'],
    [1204, 2848, '[███░░░░░]  1,204 / 2,848'],
    [12, 10, '[████████]  12 / 10'],
  ])('%i of %i', (done, total, bar) => {
    expect(renderBar(done, total, 8)).toBe(bar)
  })
})

describe('hostile text of a wiki', () => {
  const escape = '\u001B]0;owned\u0007\u001B[2J\u001B[31m\u009B1;1H\b\rnew line\r\n\u202Egnp.exe\u0000'

  it('loses what steers a terminal', () => {
    expect(plain(escape)).toBe(']0;owned[2J[31m1;1H\nnew line\ngnp.exe')
    expect(plainLine(`  a${escape}  b\t c`)).toBe('a]0;owned[2J[31m1;1H new line gnp.exe b c')
    expect(plain('Größe\tİzmir 日本 👩‍💻\nनमस्ते')).toBe('Größe\tİzmir 日本 👩‍💻\nनमस्ते')
  })

  it.each<[string, () => string]>([
    [
      'an answer',
      () => renderAnswer({ ...answer, text: escape, note: escape, citations: answer.citations.map(poison) }),
    ],
    ['an abstention', () => renderAnswer({ ...answer, kind: 'abstention', nearest: [poison(answer.citations[0])] })],
    ['hits', () => renderHits([{ ...poison(answer.citations[0]), score: 1, passage: escape }])],
    [
      'a status',
      () =>
        renderStatus([
          {
            ...connection,
            test: { result: 'Auth Failed', remedy: escape, testedAt: '' },
            spaces: [
              {
                ...space,
                key: escape,
                name: escape,
                error: escape,
                failures: [poison(space.failures[0])],
                partFailures: [{ pageId: '7', page: escape, kind: 'attachment', name: escape, reason: escape }],
              },
            ],
          },
        ]),
    ],
    ['a failure', () => renderFailure({ title: escape, reason: escape })],
    [
      'a proof',
      () =>
        renderReport({
          ...report,
          space: escape,
          partFailures: [{ pageId: '7', page: escape, kind: 'attachment', name: escape, reason: escape }],
          partNotices: [{ pageId: '7', page: escape, kind: 'attachment', name: escape, reason: escape }],
        }),
    ],
    ['a notice', () => renderResult({ kind: 'notice', tone: 'error', text: escape, details: [escape] })],
  ])('does not reach the terminal in %s', (_what, render) => {
    expect(render()).toContain('gnp.exe')
    expect(dangerousIn(render())).toEqual([])
  })

  /** Every text of the value replaced. */
  function poison<T extends object>(value: T | undefined): T {
    const entries = Object.entries(value ?? {}).map(([key, each]) => [key, typeof each === 'string' ? escape : each])
    return Object.fromEntries(entries) as T
  }
})
