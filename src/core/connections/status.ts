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
import { warnOfExpiry } from './token-expiry.ts'

export type SpaceStatus = {
  key: string
  name: string
  state: Space['state']
  /** Of the run under way; undefined when none is. */
  progress: { done: number; listed: number } | undefined
  listed: number
  stored: number
  failed: number
  excluded: number
  /** Pages that vanished in such a number that they are only hidden, until an admin lets them be deleted. */
  held: number
  lastSyncedAt: string | undefined
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
  /** Why it is paused: an admin wanted it, or the credential was refused. */
  pausedBy: 'admin' | 'credential' | undefined
  credential: Connection['credentialKind']
  /** What is covered, and the rules that leave pages out, in words. */
  covers: string
  leavesOut: string[]
  consent: { by: string; at: string } | undefined
  /** When the token ends, where an admin gave it; `warning` from two weeks before. */
  tokenExpires: { at: string; warning: string | undefined } | undefined
  autoSync: boolean
  test: { result: string; remedy: string | undefined; testedAt: string } | undefined
  schedule: string
  nextSyncAt: string | undefined
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
      return {
        ...describeConnection(connection, core.now()),
        spaces: spaces.map((space, i) =>
          describeSpace(
            space,
            summaries[i],
            { stored: stored.get(space.id) ?? 0, held: held.get(space.id) ?? 0 },
            failures.filter((failure) => failure.spaceId === space.id),
            partFailures.filter((failure) => failure.spaceId === space.id),
          ),
        ),
      }
    }),
  )
}

function describeConnection(connection: Connection, now: Date): Omit<ConnectionStatus, 'spaces'> {
  const { tokenExpiresAt, consentedBy, consentedAt } = connection
  const isPaused = connection.state === 'paused'
  return {
    name: connection.name,
    url: connection.baseUrl,
    deployment: connection.deployment,
    access: connection.accessMode,
    state: isPaused ? 'paused' : 'active',
    pausedBy: isPaused ? (connection.pauseReason === 'asked' ? 'admin' : 'credential') : undefined,
    credential: connection.credentialKind,
    covers: describeScope(connection.scope),
    leavesOut: describeExclusions(connection.exclusions),
    consent:
      consentedBy === null || consentedAt === null ? undefined : { by: consentedBy, at: consentedAt.toISOString() },
    tokenExpires:
      tokenExpiresAt === null
        ? undefined
        : { at: tokenExpiresAt.toISOString(), warning: warnOfExpiry(connection.name, tokenExpiresAt, now) },
    autoSync: connection.autoSync,
    test:
      connection.testResult === null
        ? undefined
        : {
            result: connection.testResult,
            remedy: connection.testRemedy ?? undefined,
            testedAt: connection.testedAt?.toISOString() ?? '',
          },
    schedule: `${connection.schedule} ${connection.timezone}`,
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
  const running = summary?.openRun?.counts ?? undefined
  const last = summary?.lastRun?.counts ?? undefined
  return {
    key: space.key,
    name: space.name,
    state: space.state,
    progress:
      summary?.openRun === undefined
        ? undefined
        : {
            done: running === undefined ? 0 : running.unchanged + running.updated + running.failed + running.excluded,
            listed: running?.listed ?? 0,
          },
    listed: (running ?? last)?.listed ?? 0,
    stored,
    failed: (running ?? last)?.failed ?? 0,
    excluded: (running ?? last)?.excluded ?? 0,
    held,
    lastSyncedAt: space.lastSyncedAt?.toISOString(),
    error: space.error ?? undefined,
    failures: failures.map(({ pageId, title, reason }) => ({ pageId, title, reason })),
    parts: running?.parts ?? last?.parts,
    partFailures: partFailures.map(describePart),
  }
}
