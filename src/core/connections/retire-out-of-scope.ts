import type { Connection } from '../../db/queries/connections.ts'
import { listStoredPages, tombstonePages } from '../../db/queries/pages.ts'
import { type Space, listSpaces } from '../../db/queries/spaces.ts'
import type { Core } from '../core.ts'
import { isInScope } from '../sync/exclusions.ts'
import { openConnectionSite } from './open-site.ts'

/**
 * Deletes the stored pages that the connection's new scope does not cover. The sync would only hide them: many that vanish
 * at once look like a lost permission there. Returns how many.
 */
export async function retireOutOfScope(core: Core, connection: Connection, signal: AbortSignal): Promise<number> {
  const { db } = core.database
  const { scope } = connection
  if (scope.kind === 'all' || scope.kind === 'spaces') return 0
  let retired = 0
  for (const space of await listSpaces(db, connection.id)) {
    const stored = await listStoredPages(db, space.id)
    const tree = new Map(stored.map((page) => [page.pageId, { parentId: page.parentId ?? undefined }]))
    const matches =
      scope.kind === 'cql' ? await collectMatches(core, connection, space, scope.query, signal) : undefined
    const outside = stored.filter(
      (page) =>
        (page.tombstonedAt === null || page.indexedVersion !== null) && !isInScope(page.pageId, scope, tree, matches),
    )
    await tombstonePages(
      db,
      outside.map(({ id }) => id),
      core.now(),
    )
    retired += outside.length
  }
  return retired
}

async function collectMatches(
  core: Core,
  connection: Connection,
  { spaceId, key, name, type, status, homepageId }: Space,
  query: string,
  signal: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>()
  const space = { spaceId, key, name, type, status, homepageId: homepageId ?? undefined }
  for await (const ids of openConnectionSite(core, connection).iterateMatches(space, query, signal))
    for (const id of ids) found.add(id)
  return found
}
