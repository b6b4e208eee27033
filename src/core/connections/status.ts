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
import type { Core } from '../core.ts'

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
  lastSyncedAt: string | undefined
  /** Why the state is ERROR, or what limits who may read the space. */
  error: string | undefined
  failures: { pageId: string; title: string; reason: string }[]
}

export type ConnectionStatus = {
  name: string
  url: string
  deployment: Connection['deployment']
  access: Connection['accessMode']
  state: 'active' | 'paused'
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
      const [summaries, failures, stored] = await Promise.all([
        listSpaceSummaries(db, ids),
        listFailures(db, ids, maxFailures),
        countStoredPages(db, ids),
      ])
      return {
        ...describeConnection(connection),
        spaces: spaces.map((space, i) =>
          describeSpace(
            space,
            summaries[i],
            stored.get(space.id) ?? 0,
            failures.filter((failure) => failure.spaceId === space.id),
          ),
        ),
      }
    }),
  )
}

function describeConnection(connection: Connection): Omit<ConnectionStatus, 'spaces'> {
  return {
    name: connection.name,
    url: connection.baseUrl,
    deployment: connection.deployment,
    access: connection.accessMode,
    state: connection.state === 'paused' ? 'paused' : 'active',
    test:
      connection.testResult === null
        ? undefined
        : {
            result: connection.testResult,
            remedy: connection.testRemedy ?? undefined,
            testedAt: connection.testedAt?.toISOString() ?? '',
          },
    schedule: `${connection.schedule} ${connection.timezone}`,
    nextSyncAt: connection.state === 'paused' ? undefined : connection.nextSyncAt?.toISOString(),
  }
}

function describeSpace(
  space: Space,
  summary: SpaceSummary | undefined,
  stored: number,
  failures: PageFailure[],
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
            done: running === undefined ? 0 : running.unchanged + running.updated + running.failed,
            listed: running?.listed ?? 0,
          },
    listed: (running ?? last)?.listed ?? 0,
    stored,
    failed: (running ?? last)?.failed ?? 0,
    excluded: (running ?? last)?.excluded ?? 0,
    lastSyncedAt: space.lastSyncedAt?.toISOString(),
    error: space.error ?? undefined,
    failures: failures.map(({ pageId, title, reason }) => ({ pageId, title, reason })),
  }
}
