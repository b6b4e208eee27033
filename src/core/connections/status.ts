import { type Connection, listConnections } from '../../db/queries/connections.ts'
import {
  type PageFailure,
  type Space,
  type SpaceSummary,
  countStoredPages,
  listFailures,
  listSpaceSummaries,
  listSpaces,
} from '../../db/queries/spaces.ts'
import { countHeldPages } from '../../db/queries/page-list.ts'
import { type PartReason, listPartFailures } from '../../db/queries/page-parts.ts'
import type { PartCounts } from '../../db/schema/sync-runs.ts'
import type { Core } from '../core.ts'
import { describePart, type PartReport } from '../sync/report-runs.ts'
import { describeExclusions } from './exclusion-rules.ts'
import { describeScope } from './request.ts'
import { describeExpiry, warnOfExpiry } from './token-expiry.ts'

export type SpaceStatus = {
  key: string
  name: string
  state: Space['state']
  /** Of the run under way; undefined when none is. One that waits for a worker has nothing listed yet. */
  progress: { done: number; listed: number; isQueued: boolean } | undefined
  listed: number
  stored: number
  failed: number
  excluded: number
  /** Excluded pages by the rule that leaves them out. */
  excludedBy: Record<string, number>
  /** Pages that vanished in such a number that they are only hidden, until an admin lets them be deleted. */
  held: number
  /** When a sync last succeeded. */
  lastSyncedAt: string | undefined
  /** How the last sync ended, when, and why it failed. */
  lastRun: { kind: string; state: string; at: string; error: string | undefined } | undefined
  /** Why the state is ERROR, or what limits who may read the space. */
  error: string | undefined
  failures: { pageId: string; title: string; reason: string }[]
  /** Attachments and comments, as the last run that got so far counted them. */
  parts: PartCounts | undefined
  partFailures: PartReport[]
}

export type ConnectionStatus = {
  name: string
  url: string
  deployment: Connection['deployment']
  access: Connection['accessMode']
  state: 'active' | 'paused'
  /** Why it is paused: an admin wanted it, or the credential was refused. Nothing is synced by itself then. */
  pausedBy: 'admin' | 'credential' | undefined
  credential: Connection['credentialKind']
  /** What is covered, and the rules that leave pages out, in words. */
  covers: string
  leavesOut: string[]
  consent: { by: string; at: string } | undefined
  /** When the credential ends, where that is known, in words too; `warning` from two weeks before. */
  tokenExpires: { at: string; text: string; warning: string | undefined } | undefined
  autoSync: boolean
  test: { result: string; remedy: string | undefined; testedAt: string } | undefined
  /** Cron expression and time zone; empty: by hand only. */
  schedule: string
  cron: string
  timezone: string
  /** Undefined while it is paused, or synced by hand only. */
  nextSyncAt: string | undefined
  /** When a sync of one of its spaces last succeeded. */
  lastSyncedAt: string | undefined
  /** Over all its spaces. */
  totals: { spaces: number; stored: number; failed: number; excluded: number; held: number }
  spaces: SpaceStatus[]
}

/** Failures shown of a space; the rest is a number. */
const maxFailures = 20

/** The state of all connections, or of the named one. */
export async function readStatus(core: Core, name: string | undefined): Promise<ConnectionStatus[]> {
  const { db } = core.database
  const wanted = (await listConnections(db)).filter(
    (connection) => name === undefined || connection.name.toLowerCase() === name.toLowerCase(),
  )
  return Promise.all(
    wanted.map(async (connection) => {
      const spaces = await listSpaces(db, connection.id)
      const ids = spaces.map((space) => space.id)
      const [summaries, failures, partFailures, stored, held] = await Promise.all([
        listSpaceSummaries(db, ids),
        listFailures(db, ids, maxFailures),
        listPartFailures(db, ids, maxFailures),
        countStoredPages(db, ids),
        countHeldPages(db, ids),
      ])
      const described = spaces.map((space, i) =>
        describeSpace(
          space,
          summaries[i],
          { stored: stored.get(space.id) ?? 0, held: held.get(space.id) ?? 0 },
          failures.filter((failure) => failure.spaceId === space.id),
          partFailures.filter((failure) => failure.spaceId === space.id),
        ),
      )
      return { ...describeConnection(connection, core.now()), ...summarise(described), spaces: described }
    }),
  )
}

function summarise(spaces: SpaceStatus[]): Pick<ConnectionStatus, 'lastSyncedAt' | 'totals'> {
  const sum = (of: (space: SpaceStatus) => number): number => spaces.reduce((total, space) => total + of(space), 0)
  return {
    lastSyncedAt: spaces
      .flatMap(({ lastSyncedAt }) => lastSyncedAt ?? [])
      .toSorted()
      .at(-1),
    totals: {
      spaces: spaces.length,
      stored: sum(({ stored }) => stored),
      failed: sum(({ failed }) => failed),
      excluded: sum(({ excluded }) => excluded),
      held: sum(({ held }) => held),
    },
  }
}

function describeConnection(
  connection: Connection,
  now: Date,
): Omit<ConnectionStatus, 'spaces' | 'lastSyncedAt' | 'totals'> {
  const { name, credentialKind, schedule, timezone, tokenExpiresAt, consentedBy, consentedAt } = connection
  const isPaused = connection.state === 'paused'
  return {
    name,
    url: connection.baseUrl,
    deployment: connection.deployment,
    access: connection.accessMode,
    state: isPaused ? 'paused' : 'active',
    pausedBy: isPaused ? (connection.pauseReason === 'asked' ? 'admin' : 'credential') : undefined,
    credential: credentialKind,
    covers: describeScope(connection.scope),
    leavesOut: describeExclusions(connection.exclusions),
    consent:
      consentedBy === null || consentedAt === null ? undefined : { by: consentedBy, at: consentedAt.toISOString() },
    tokenExpires:
      tokenExpiresAt === null
        ? undefined
        : {
            at: tokenExpiresAt.toISOString(),
            text: describeExpiry({ credentialKind, tokenExpiresAt }, now),
            warning: warnOfExpiry({ name, credentialKind, tokenExpiresAt }, now),
          },
    autoSync: connection.autoSync,
    test:
      connection.testResult === null
        ? undefined
        : {
            result: connection.testResult,
            remedy: connection.testRemedy ?? undefined,
            testedAt: connection.testedAt?.toISOString() ?? '',
          },
    schedule: schedule === '' ? '' : `${schedule} ${timezone}`,
    cron: schedule,
    timezone,
    nextSyncAt: isPaused || !connection.autoSync ? undefined : connection.nextSyncAt?.toISOString(),
  }
}

function describeSpace(
  space: Space,
  summary: SpaceSummary | undefined,
  { stored, held }: { stored: number; held: number },
  failures: PageFailure[],
  partFailures: PartReason[],
): SpaceStatus {
  const { openRun, lastRun } = summary ?? { openRun: undefined, lastRun: undefined }
  const running = openRun?.counts ?? undefined
  // While a run has not listed everything yet, what the last one found says more.
  const counts = running !== undefined && running.listed > 0 ? running : (lastRun?.counts ?? undefined)
  return {
    key: space.key,
    name: space.name,
    state: space.state,
    progress:
      openRun === undefined
        ? undefined
        : {
            done: running === undefined ? 0 : running.unchanged + running.updated + running.failed + running.excluded,
            listed: running?.listed ?? 0,
            isQueued: openRun.state === 'queued',
          },
    listed: counts?.listed ?? 0,
    stored,
    failed: counts?.failed ?? 0,
    excluded: counts?.excluded ?? 0,
    excludedBy: counts?.excludedBy ?? {},
    held,
    lastSyncedAt: space.lastSyncedAt?.toISOString(),
    lastRun:
      lastRun === undefined
        ? undefined
        : {
            kind: lastRun.kind,
            state: lastRun.state,
            at: lastRun.finishedAt?.toISOString() ?? '',
            error: lastRun.error ?? undefined,
          },
    error: space.error ?? undefined,
    failures: failures.map(({ pageId, title, reason }) => ({ pageId, title, reason })),
    parts: running?.parts ?? lastRun?.counts?.parts,
    partFailures: partFailures.map(describePart),
  }
}
