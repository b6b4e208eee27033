// Own read restrictions and labels of a page, from the v1 REST API of both deployments. Here lies the one trap that would
// open a page to everybody: a restriction list that was cut, hidden or not expanded looks like "no restriction". Such a list
// is read again from the restriction endpoint, and what stays unclear is `unreadable`.
import { AccessDeniedError, TransientError } from '../../errors.ts'
import {
  kindOf,
  permissionExpansion,
  permissionRow,
  readRestriction,
  type PermissionRow,
  type ReadRestriction,
} from './answers.ts'
import { path, type HttpClient } from './http.ts'
import { iterateByCursor } from './paging.ts'
import { contentOf, iterateSearch } from './search.ts'
import type { ContentKind, PagePermissions, SitePrincipal, SiteSpace } from './site.ts'
import { orUnreadable } from './unreadable.ts'

type Readers = PagePermissions['readers']
type Sublist = {
  results: unknown[]
  limit?: number | undefined
  size?: number | undefined
  totalSize?: number | undefined
  _links?: { next?: string | undefined } | undefined
}

export type PermissionReader = {
  http: HttpClient
  /** Cloud keys groups by id, Data Center by name. */
  groupKey: 'id' | 'name'
  fetchLabels: (kind: ContentKind, pageId: string, signal: AbortSignal) => Promise<string[]>
}

/** Cloud: from the search index, which knows neither archived pages nor the last minutes. */
export async function* iteratePermissionSearch(
  reader: PermissionReader,
  space: SiteSpace,
  signal: AbortSignal,
): AsyncGenerator<PagePermissions[]> {
  const search = {
    cql: contentOf(space),
    expand: permissionExpansion,
    inArchivedSpaces: space.status === 'archived',
    row: permissionRow,
    limit: 200,
    subject: `space ${space.key}`,
  }
  const searcher = { http: reader.http, iterate: iterateByCursor }
  for await (const rows of iterateSearch(searcher, search, signal)) {
    yield await Promise.all(rows.map((row) => resolvePermissions(reader, row, signal)))
  }
}

/** From a row of a listing; asks again only for what the row does not hold completely. */
export async function resolvePermissions(
  reader: PermissionReader,
  row: PermissionRow,
  signal: AbortSignal,
): Promise<PagePermissions> {
  const pageId = row.id
  const kind = kindOf(row.type)
  try {
    const restriction = row.restrictions?.read
    const readers = isWholeRestriction(restriction)
      ? withoutEmpty(principalsOf(reader, restriction))
      : await orUnreadable(fetchReaders(reader, pageId, signal))
    const labels = row.metadata?.labels
    return {
      pageId,
      kind,
      readers,
      labels:
        labels !== undefined && isWhole(labels)
          ? labelNames(labels.results)
          : await reader.fetchLabels(kind, pageId, signal),
    }
  } catch (error) {
    // One page that Confluence cannot answer for must not end the census of its space; it is closed instead.
    if (error instanceof AccessDeniedError || isBrokenAnswer(error))
      return { pageId, kind, readers: 'unreadable', labels: [] }
    throw error
  }
}

/** A page's or folder's own readers, all of them, from the restriction endpoint. */
export async function fetchReaders(reader: PermissionReader, contentId: string, signal: AbortSignal): Promise<Readers> {
  const found = new Map<string, SitePrincipal>()
  let declared = 0
  for (let start = 0, rounds = 0; ; rounds++) {
    if (rounds > 200) return 'unreadable'
    const answer = await reader.http.send(
      {
        path: path`/rest/api/content/${contentId}/restriction/byOperation/read`,
        query: { expand: 'restrictions.user,restrictions.group', start, limit: 100 },
        schema: readRestriction,
      },
      signal,
    )
    const { user, group } = answer?.restrictions ?? {}
    if (user === undefined || group === undefined) return 'unreadable'
    const known = found.size
    for (const principal of principalsOf(reader, { restrictions: { user, group } }))
      found.set(JSON.stringify(principal), principal)
    declared = Math.max(declared, sizeOf(user) + sizeOf(group))
    const rows = Math.max(user.results.length, group.results.length)
    if (found.size === known || (isWhole(user) && isWhole(group))) break
    // By rows, not by limit: a skipped reader is locked out, a repeated one costs nothing.
    start += rows
  }
  return found.size === 0 && declared > 0 ? 'unreadable' : withoutEmpty([...found.values()])
}

/** Labels of a page, without people's own favourites (`my:`). */
export function labelNames(labels: { name: string; prefix?: string | null | undefined }[]): string[] {
  return labels.filter(({ prefix }) => prefix !== 'my').map(({ name }) => name)
}

function isWholeRestriction(restriction: ReadRestriction | undefined): restriction is ReadRestriction {
  const { user, group } = restriction?.restrictions ?? {}
  return user !== undefined && group !== undefined && isWhole(user) && isWhole(group)
}

/** Nested lists are capped at 25, 100 or 200 depending on version and endpoint, often without a `next` or an honest limit. */
function isWhole(list: Sublist): boolean {
  const rows = list.results.length
  return list._links?.next === undefined && sizeOf(list) <= rows && rows < Math.min(25, list.limit || 25)
}

function sizeOf(list: Sublist): number {
  return Math.max(list.size ?? 0, list.totalSize ?? 0)
}

function principalsOf(reader: PermissionReader, { restrictions }: ReadRestriction): SitePrincipal[] {
  const users = (restrictions.user?.results ?? []).map((user): SitePrincipal => {
    const userId = user.accountId ?? user.userKey
    return userId === undefined ? { kind: 'unknown', description: 'user without an id' } : { kind: 'user', userId }
  })
  const groups = (restrictions.group?.results ?? []).map((group): SitePrincipal => {
    const groupId = group[reader.groupKey]
    if (groupId === undefined) return { kind: 'unknown', description: 'group without an id' }
    return { kind: 'group', groupId, name: group.name ?? '' }
  })
  return [...users, ...groups]
}

const withoutEmpty = (principals: SitePrincipal[]) => (principals.length === 0 ? undefined : principals)

const isBrokenAnswer = (error: unknown) =>
  error instanceof TransientError && (error.code === 'server_error' || error.code === 'answer_malformed')
