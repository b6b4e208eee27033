import type { Connection } from '../../db/queries/connections.ts'
import { type StoredPage, listStoredPages, tombstonePages } from '../../db/queries/pages.ts'
import { type Space, listSpaces } from '../../db/queries/spaces.ts'
import type { Core } from '../core.ts'
import { isInScope } from '../sync/exclusions.ts'
import { findMatches } from '../sync/find-matches.ts'
import { openConnectionSite } from './open-site.ts'

/**
 * Deletes the stored pages that the connection's new scope does not cover. The sync would only hide them: many that vanish
 * at once look like a lost permission there. Returns of how many it had the text.
 */
export async function retireOutOfScope(core: Core, connection: Connection, signal: AbortSignal): Promise<number> {
  const { db } = core.database
  const { scope } = connection
  if (scope.kind === 'all' || scope.kind === 'spaces') return 0
  let retired = 0
  for (const space of await listSpaces(db, connection.id)) {
    const stored = await listStoredPages(db, space.id)
    const living = stored.filter((page) => page.tombstonedAt === null || page.indexedVersion !== null)
    const matches =
      scope.kind === 'cql' ? await collectMatches(core, connection, space, scope.query, living, signal) : undefined
    const outside = living.filter((page) => hasKnownPath(page) && !isInScope(page, scope, matches))
    await tombstonePages(
      db,
      outside.map(({ id }) => id),
      core.now(),
    )
    retired += outside.filter(({ indexedVersion }) => indexedVersion !== null).length
  }
  return retired
}

/** A page that was stored before its path was is left to the sync, which reads it. */
function hasKnownPath({ parentId, ancestorIds }: StoredPage): boolean {
  return parentId === null || ancestorIds.length > 0
}

async function collectMatches(
  core: Core,
  connection: Connection,
  { spaceId, key, name, type, status, homepageId }: Space,
  query: string,
  living: StoredPage[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const space = { spaceId, key, name, type, status, homepageId: homepageId ?? undefined }
  const ids = living.map(({ pageId }) => pageId)
  return findMatches(openConnectionSite(core, connection), space, query, ids, () => {}, signal)
}
