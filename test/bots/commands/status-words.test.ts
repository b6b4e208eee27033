import { describe, expect, it } from 'vitest'
import type { ConnectionStatus, SpaceStatus } from '../../../src/bots/commands/command.ts'
import {
  describeCounts,
  describeCredential,
  describeLastRun,
  describeMoreFailures,
  describeNextSync,
  momentOf,
  noticesOf,
} from '../../../src/bots/commands/status-words.ts'

const space: SpaceStatus = {
  key: 'HR',
  name: 'People',
  state: 'INGESTED',
  progress: undefined,
  listed: 4,
  stored: 4,
  failed: 0,
  excluded: 0,
  excludedBy: {},
  parts: undefined,
  partFailures: [],
  held: 0,
  lastSyncedAt: '2026-11-20T10:00:00.000Z',
  lastRun: { kind: 'incremental', state: 'succeeded', at: '2026-11-20T10:00:00.000Z', error: undefined },
  error: undefined,
  failures: [],
}
const connection: ConnectionStatus = {
  name: 'acme',
  url: 'https://acme.example/wiki',
  deployment: 'cloud',
  access: 'mirrored',
  state: 'active',
  pausedBy: undefined,
  credential: 'token',
  covers: 'HR',
  leavesOut: [],
  consent: undefined,
  tokenExpires: undefined,
  autoSync: true,
  test: { result: 'Works', remedy: undefined, testedAt: '2026-11-20T10:00:00.000Z' },
  schedule: '0 0 * * * Europe/Berlin',
  cron: '0 0 * * *',
  timezone: 'Europe/Berlin',
  nextSyncAt: '2026-11-20T23:00:00.000Z',
  lastSyncedAt: '2026-11-20T10:00:00.000Z',
  totals: { spaces: 1, stored: 4, failed: 0, excluded: 0, held: 0 },
  spaces: [space],
}

describe('the next sync', () => {
  const paused = { state: 'paused', pausedBy: 'admin', nextSyncAt: undefined } as const
  it.each<[string, Partial<ConnectionStatus>]>([
    ['21 Nov 2026 00:00 Europe/Berlin (every day at 00:00)', {}],
    ['21 Nov 2026 00:00 Europe/Berlin (every hour)', { cron: '0 * * * *' }],
    ['21 Nov 2026 00:00 Europe/Berlin (every hour at minute 15)', { cron: '15 * * * *' }],
    ['21 Nov 2026 00:00 Europe/Berlin (every Sunday at 06:05)', { cron: '5 6 * * 7' }],
    ['21 Nov 2026 00:00 Europe/Berlin (cron */10 8-18 * * 1-5)', { cron: '*/10 8-18 * * 1-5' }],
    ['by hand only', { cron: '', nextSyncAt: undefined }],
    [
      'by hand only: automatic sync is switched off (else every day at 00:00 Europe/Berlin)',
      { autoSync: false, nextSyncAt: undefined },
    ],
    ['none while it is paused (then every day at 00:00 Europe/Berlin)', paused],
    ['none while it is paused (then by hand only)', { ...paused, autoSync: false }],
    ['none while it is paused', { ...paused, cron: '' }],
  ])('is %s', (words, changes) => expect(describeNextSync({ ...connection, ...changes })).toBe(words))
})

const end = (text: string) => ({ at: '2027-05-01T00:00:00.000Z', text, warning: undefined })

describe('the credential', () => {
  it.each<[string, Partial<ConnectionStatus>]>([
    ['API token, end not known (say it with edit acme)', {}],
    ['personal access token, ends on 2027-05-01', { credential: 'pat', tokenExpires: end('ends on 2027-05-01') }],
    ['OAuth', { credential: 'oauth' }],
    ['user name and password', { credential: 'basic' }],
  ])('is %s', (words, changes) => expect(describeCredential({ ...connection, ...changes })).toBe(words))
})

describe('the counts of a space', () => {
  it.each<[string, Partial<SpaceStatus>]>([
    ['4 of 4 pages stored', {}],
    ['not listed yet', { stored: 0, listed: 0, lastSyncedAt: undefined }],
    ['no pages', { stored: 0, listed: 0 }],
    [
      '1,200 of 1,204 pages stored, 3 left out (label draft), 1 failed',
      {
        stored: 1200,
        listed: 1204,
        excluded: 3,
        excludedBy: { 'label draft': 3 },
        failed: 1,
      },
    ],
    [
      '1 of 4 pages stored, 3 left out (2 by label draft, 1 by templates)',
      { stored: 1, excluded: 3, excludedBy: { 'label draft': 2, templates: 1 } },
    ],
  ])('are %s', (words, changes) => expect(describeCounts({ ...space, ...changes })).toBe(words))

  it('come with the last success, and with a later attempt that was none', () => {
    expect(describeLastRun(space, 'UTC')).toBe('last sync 20 Nov 2026 10:00 UTC')
    const failed = { kind: 'full', state: 'failed', at: '2026-11-20T11:00:00.000Z', error: 'The site is down.' }
    expect(describeLastRun({ ...space, lastRun: failed }, 'UTC')).toBe(
      'last sync 20 Nov 2026 10:00 UTC, failed 20 Nov 2026 11:00 UTC',
    )
    expect(describeLastRun({ ...space, lastRun: undefined, lastSyncedAt: undefined }, 'UTC')).toBe('never synced')
  })

  it('name how many failures are not shown', () => {
    const failure = { pageId: '1', title: 'x', reason: 'y' }
    expect(describeMoreFailures({ ...space, failed: 30, failures: Array.from({ length: 20 }, () => failure) }, 3)).toBe(
      '… and 27 more that failed: see pages HR failed.',
    )
    expect(describeMoreFailures({ ...space, failed: 1, failures: [failure] }, 3)).toBeUndefined()
  })
})

describe('what must not be overlooked', () => {
  it('is the loss first, then its reason; no reason twice, and none where all is well', () => {
    const test = { result: 'Auth Failed', remedy: 'acme.example refused the token. Make a new one.', testedAt: '' }
    expect(noticesOf({ ...connection, state: 'paused', pausedBy: 'credential', test })).toEqual([
      'Connection lost: reconnect it with reconnect acme. What is stored is still answered from.',
      'acme.example refused the token. Make a new one.',
    ])
    expect(noticesOf(connection)).toEqual([])
  })
})

describe('a moment', () => {
  it.each([
    ['2026-11-03T23:05:00Z', 'UTC', '3 Nov 2026 23:05 UTC'],
    ['2026-11-03T23:05:00Z', 'Asia/Kolkata', '4 Nov 2026 04:35 Asia/Kolkata'],
    ['2026-07-01T00:00:00Z', 'America/New_York', '30 Jun 2026 20:00 America/New_York'],
    ['soon', 'UTC', 'soon'],
  ])('%s in %s is %s', (value, timezone, words) => expect(momentOf(value, timezone)).toBe(words))
})
