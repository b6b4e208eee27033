// Webhooks → hints and runs. What comes while others are written down is written down together with what follows it: a flood
// costs the database one round at a time, and leaves a row for each page and one queued run for each space.
import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, hastenSync } from '../../db/queries/connections.ts'
import { expireGroups } from '../../db/queries/group-freshness.ts'
import { type Holder, findDoorSpace, listCrowdedSpaces, listHolders, upsertHints } from '../../db/queries/page-hints.ts'
import { type Space, listSpaces } from '../../db/queries/spaces.ts'
import type { RunKind } from '../../db/queries/sync-runs.ts'
import { TransientError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { requestSync } from './request-sync.ts'
import type { WebhookEvent } from './webhook-event.ts'

/** Events that wait to be written down; more are refused, and sent again by whoever sent them. */
const maxWaiting = 5_000
/** One is written down at once. Where more come meanwhile, so many follow that these are waited for. */
const gatherMs = 50
/** A space with more hints than this is listed anew instead: that is fewer requests. */
const maxHints = 500
/** The whole site is listed anew at most this often because of webhooks. */
const siteEveryMs = 10 * 60_000

export type TakeHint = (connection: Connection, event: WebhookEvent) => Promise<void>

type Waiting = { connection: Connection; event: WebhookEvent; resolve: () => void; reject: (error: unknown) => void }

/** Resolves when what the event asks for is written down. */
export function createHintTaker(core: Core): TakeHint {
  let waiting: Waiting[] = []
  let isWriting = false
  const writeAll = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      for (const group of Map.groupBy(batch, ({ connection }) => connection.id).values()) await writeGroup(core, group)
      if (waiting.length > 0) await delay(gatherMs)
    }
    isWriting = false
  }
  return (connection, event) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= maxWaiting) {
        reject(new TransientError('webhooks_flooded', `Too many webhooks of ${connection.name} wait already.`))
        return
      }
      waiting.push({ connection, event, resolve, reject })
      if (!isWriting) void writeAll()
    })
}

async function writeGroup(core: Core, group: Waiting[]): Promise<void> {
  try {
    const [first] = group
    if (first !== undefined)
      await takeHints(
        core,
        first.connection,
        group.map(({ event }) => event),
      )
    for (const { resolve } of group) resolve()
  } catch (error) {
    for (const { reject } of group) reject(error)
  }
}

async function takeHints(core: Core, connection: Connection, events: WebhookEvent[]): Promise<void> {
  const { db } = core.database
  const spaces = await listSpaces(db, connection.id)
  const wanted = new Map<number, RunKind>()
  const ids = [...new Set(events.flatMap(({ contentIds }) => contentIds))]
  const holders = ids.length === 0 ? [] : await listHolders(db, connection.id, ids)
  await hintAt(core, connection, ids, holders, wanted)
  const treeIds = new Set(events.flatMap(({ isOfTree, contentIds }) => (isOfTree ? contentIds : [])))
  for (const { contentId, spaceId } of holders) if (treeIds.has(contentId)) wanted.set(spaceId, 'incremental')
  let isOfSite = events.some((event) => event.isOfSite)
  for (const { space } of events) {
    if (space === undefined) continue
    const known = spaces.find((each) => isMeant(each, space))
    if (known === undefined) isOfSite = true
    else wanted.set(known.id, 'incremental')
  }
  for (const [kind, ofKind] of Map.groupBy(
    spaces.filter(({ id }) => wanted.has(id)),
    ({ id }) => wanted.get(id) ?? 'pages',
  ))
    await requestSync(core, ofKind, { kind, requestedBy: 'webhook' })
  const now = core.now()
  if (events.some((event) => event.isOfMembers)) await expireGroups(db, connection.id, now)
  if (isOfSite) await hastenSync(db, connection.id, now, siteEveryMs)
}

/** Content that is not stored may be new: whichever space is asked for it finds out where it belongs. */
async function hintAt(
  { database: { db }, now }: Core,
  connection: Connection,
  contentIds: string[],
  holders: Holder[],
  wanted: Map<number, RunKind>,
): Promise<void> {
  const held = new Set(holders.map(({ contentId }) => contentId))
  const unknown = contentIds.filter((id) => !held.has(id))
  const door = unknown.length === 0 ? undefined : await findDoorSpace(db, connection.id)
  const hints = [...holders, ...(door === undefined ? [] : unknown.map((pageId) => ({ pageId, spaceId: door })))]
  await upsertHints(db, hints, now())
  const spaceIds = [...new Set(hints.map(({ spaceId }) => spaceId))]
  const crowded = new Set(await listCrowdedSpaces(db, spaceIds, maxHints))
  for (const id of spaceIds) wanted.set(id, crowded.has(id) ? 'incremental' : 'pages')
}

function isMeant(known: Space, { id, key }: NonNullable<WebhookEvent['space']>): boolean {
  return id === undefined ? known.key.toLowerCase() === key?.toLowerCase() : known.spaceId === id
}
