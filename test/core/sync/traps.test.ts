// Whole syncs of one space on sites that behave badly, a row for each way (sandbox/confluence/traps.ts, faults.ts). Whatever the
// site does, the run either stores every page or fails with a sentence, and no stored page is lost.
import { describe, it } from 'vitest'
import type { Fault } from '../../../sandbox/confluence/faults.ts'
import type { Traps } from '../../../sandbox/confluence/traps.ts'
import type { ContentValue, SiteValues } from '../../../sandbox/confluence/values.ts'
import { listStoredPages } from '../../../src/db/queries/pages.ts'
import { findSpaceById } from '../../../src/db/queries/spaces.ts'
import { type Synced, syncAndWait } from '../../support/core.ts'
import { type Flow, openFlow } from '../../support/flow.ts'
import type { Flavour } from './small-company.ts'

type Row = {
  name: string
  traps?: Partial<Traps>
  faults?: Fault[]
  /** What is there besides the leaves. */
  more?: ContentValue[]
  /** Pages that the account cannot see. */
  hidden?: number
  /** Synced once on a site that behaves, so that there is something to lose. */
  isStoredBefore?: boolean
  /** Why the run fails. */
  error?: RegExp
  /** Pages that fail alone. */
  failing?: string[]
}

const leaves = 120
/** Lists are cut so that this small space needs several answers. */
const short = { listFill: 0.1 }

const cloud: Row[] = [
  {
    name: 'short and empty lists, cursors that need encoding',
    traps: { ...short, emptyLists: 2, rawCursorsInNext: true },
  },
  { name: 'lists within answers that hold little', traps: { nestedListLimit: 25 }, more: [crowded()] },
  { name: 'unknown parameters are refused', traps: { unknownParameters: 'refuse', nullChildPositions: true } },
  { name: 'next skips rows, on a first sync', traps: { ...short, skipRowsInNext: 3 } },
  { name: 'next skips rows', traps: { ...short, skipRowsInNext: 3 }, isStoredBefore: true },
  {
    name: 'a cursor that comes again',
    traps: { ...short, repeatCursorFrom: 2 },
    isStoredBefore: true,
    error: /repeated a page/,
  },
  { name: 'cursors that end at once', traps: { ...short, cursorTtlMs: 1 }, isStoredBefore: true, error: /./ },
  {
    name: 'a search index that lags, keeps what is gone and lives elsewhere',
    traps: {
      searchLagMs: 60_000,
      searchKeepsDeleted: true,
      searchArchivedSpaces: true,
      searchTimeZone: 'Pacific/Auckland',
      searchTakesIsoDates: true,
      ancestorExpansionFails: true,
    },
  },
  {
    name: 'hidden e-mails, folders without restrictions',
    traps: { hideEmails: true, folderRestrictions: false, trashedNeedsStatus: true },
  },
  { name: 'pages that cannot be rendered', traps: { unrenderablePages: ['1003', '1040'] }, failing: ['1003', '1040'] },
  { name: 'answers that are too heavy', traps: { tooHeavy: { rows: 20, status: 504 } } },
  { name: 'bodies that are too heavy', traps: { tooHeavy: { rows: 10, status: 502, onlyWithBody: true } } },
  { name: 'a burst limit', traps: { ...short, rateLimit: { kind: 'cloud-burst', perSecond: 30 }, retryAfter: 'none' } },
  {
    name: 'a burst limit that says 403',
    traps: { ...short, rateLimit: { kind: 'cloud-burst', perSecond: 30 }, rateLimitStatus: 403 },
  },
  {
    name: 'answers that are cut, broken off and dropped',
    faults: [
      { kind: 'truncate', path: /pages/, times: 2 },
      { kind: 'break-off', path: /pages/ },
      { kind: 'drop', path: /search/, times: 2 },
      { kind: 'status', status: 500, path: /permissions/ },
      { kind: 'status', status: 503, path: /body-format/ },
    ],
  },
  { name: 'bodies that drip', faults: [{ kind: 'drip', path: /body-format/, pieces: 10, everyMs: 20 }] },
]

const datacenter: Row[] = [
  { name: 'short lists', traps: short },
  { name: 'next skips rows', traps: { ...short, skipRowsInNext: 3 }, isStoredBefore: true },
  { name: 'an old version, whose next skips rows', traps: { version: '7.4.0', nextStartAsRequested: true } },
  {
    name: 'an old version without next that hides pages',
    traps: { version: '7.4.0', listsWithoutNext: true },
    hidden: 5,
  },
  { name: 'an old version that hides pages', traps: { version: '7.4.0' }, hidden: 5 },
  { name: 'another time zone', traps: { utcOffset: '+05:30', searchTimeZone: 'Asia/Kolkata' } },
  {
    name: 'a bucket of requests',
    traps: { rateLimit: { kind: 'datacenter', capacity: 20, fillPerSecond: 30 }, retryAfter: 'none' },
  },
  { name: 'pages that cannot be rendered', traps: { unrenderablePages: ['1003'] }, failing: ['1003'] },
  { name: 'answers that are too heavy', traps: { tooHeavy: { rows: 20, status: 500 } } },
  {
    name: 'answers that are cut, broken off and dropped',
    faults: [
      { kind: 'truncate', path: /content\/scan/, times: 2 },
      { kind: 'break-off', path: /content\/search/ },
      { kind: 'drop', path: /content\/search/, times: 2 },
    ],
  },
]

describe.each<[Flavour, Row[]]>([
  ['cloud', cloud],
  ['datacenter', datacenter],
])('a sync of %s with', (flavour, rows) => {
  // Side by side: most of the time goes into waiting before something is tried again.
  it.concurrent.for(rows)('$name', async (row, { expect, onTestFinished }) => {
    const flow = await openFlow('embedded', { flavour, site: site(row) })
    onTestFinished(() => flow.close())
    await flow.connect()
    if (row.isStoredBefore === true) await syncSpace(flow)
    flow.confluence.setTraps(row.traps ?? {})
    for (const fault of row.faults ?? []) flow.confluence.fail(fault)
    const { run, failures } = await syncSpace(flow)
    if (row.error !== undefined)
      expect(run).toMatchObject({ state: 'failed', error: expect.stringMatching(row.error) as string })
    else expect([run.state, run.error]).toEqual(['succeeded', null])
    const failing = row.failing ?? []
    expect(failures.map(({ pageId }) => pageId).toSorted()).toEqual(failing)
    expect(await servedIds(flow)).toEqual(expectedIds(row).filter((id) => !failing.includes(id)))
  })
})

function leaf(i: number, more: Partial<ContentValue> = {}): ContentValue {
  const id = String(1_000 + i)
  return { id, spaceKey: 'HR', title: `Leaf ${i}`, parentId: '1', storage: `<p>quokka words of ${id}</p>`, ...more }
}

/** More people and labels than a list within an answer holds. */
function crowded(): ContentValue {
  const labels = Array.from({ length: 40 }, (_, i) => `label-${i}`)
  return leaf(500, { labels, read: { users: Array.from({ length: 40 }, (_, i) => `person${i}`) } })
}

function site({ more = [], hidden = 0 }: Row): SiteValues {
  const people = Array.from({ length: 40 }, (_, i) => `person${i}`)
  return {
    spaces: [{ id: '100', key: 'HR', name: 'People', homepageId: '1', read: { licensed: true } }],
    groups: [{ name: 'staff', members: people }],
    users: people.map((name) => ({
      accountId: name,
      displayName: name,
      email: `${name}@acme.example`,
      username: name,
    })),
    pages: [
      leaf(-999, { title: 'Home', parentId: null }),
      ...Array.from({ length: leaves }, (_, i) => leaf(i, i < hidden ? { read: { users: ['person1'] } } : {})),
      ...more,
    ],
    ...(hidden > 0 ? { syncAccount: { accountId: 'footnote', seesAll: false, isAdmin: true } } : {}),
  }
}

function expectedIds({ more = [], hidden = 0 }: Row): string[] {
  const shown = Array.from({ length: leaves - hidden }, (_, i) => String(1_000 + hidden + i))
  return ['1', ...shown, ...more.map(({ id = '' }) => id)].toSorted()
}

async function syncSpace(flow: Flow): Promise<Synced> {
  const { HR } = await syncAndWait(flow.open, 'HR')
  if (HR === undefined) throw new Error('HR was not synced')
  return HR
}

async function servedIds(flow: Flow): Promise<string[]> {
  const { db } = flow.core.database
  const space = await findSpaceById(db, 1)
  const stored = await listStoredPages(db, space?.id ?? 0)
  return stored
    .filter(({ tombstonedAt, indexedVersion }) => tombstonedAt === null && indexedVersion !== null)
    .map(({ pageId }) => pageId)
    .toSorted()
}
