// A page or folder as the older API shows it; what is not expanded is named in `_expandable`.
import type { Content, Readers, Site, Space, Version } from '../model.ts'
import { listAncestors, spaceOf } from '../model.ts'
import { labelRecord } from '../cloud/records.ts'
import { listAttachments, listComments } from '../parts.ts'
import type { Dialect, Expand, Json } from './dialect.ts'
import { attachmentRecord, commentRecord } from './parts.ts'

export function contentRecord(dialect: Dialect, content: Content, expand: Expand): Json {
  const { site, traps } = dialect.front
  const self = `/rest/api/content/${content.id}`
  const space = spaceOf(site, content)
  const labels = () => listPart(content.labels.map(v1Label), 0, traps.nestedListLimit)
  const parts: [name: string, path: string, render: () => unknown][] = [
    ['space', `/rest/api/space/${space.key}`, () => spaceRecord(dialect, space)],
    ['history', `${self}/history`, () => historyRecord(dialect, content)],
    ['version', '', () => versionOf(dialect, content.id, content.version)],
    ['ancestors', '', () => listAncestors(site, content).map((above) => ancestorRecord(dialect, above, expand))],
    ['body', '', () => bodyRecord(content, expand)],
    ['metadata', '', () => (expand.has('metadata.labels') ? { labels: labels() } : { _expandable: { labels: '' } })],
    ['children', `${self}/child`, () => childrenRecord(dialect, content, expand)],
    ['restrictions', `${self}/restriction/byOperation`, () => restrictionsRecord(dialect, content, expand)],
  ]
  const record: Json = { id: content.id, type: content.type, status: content.status, title: content.title }
  const expandable: Json = {
    container: `/rest/api/space/${space.key}`,
    descendants: `${self}/descendant`,
  }
  for (const [name, path, render] of parts) {
    if (expand.has(name)) record[name] = render()
    else expandable[name] = path
  }
  return {
    ...record,
    extensions: { position: content.type === 'blogpost' ? 'none' : content.position },
    _expandable: expandable,
    _links: dialect.contentLinks(content),
  }
}

/** The id is a number here, unlike every other id. */
export function spaceRecord(dialect: Dialect, space: Space, homepage?: Json): Json {
  const self = `${dialect.front.baseUrl}/rest/api/space/${space.key}`
  const home = space.homepageId === undefined ? {} : { homepage: `/rest/api/content/${space.homepageId}` }
  return {
    id: Number(space.id),
    key: space.key,
    name: space.name,
    status: space.status,
    type: space.type === 'personal' ? 'personal' : 'global',
    ...(homepage === undefined ? {} : { homepage }),
    _links: { webui: `/spaces/${space.key}`, self },
    _expandable: { metadata: '', icon: '', description: '', permissions: '', ...(homepage === undefined ? home : {}) },
  }
}

export function versionOf(dialect: Dialect, contentId: string, version: Version): Json {
  const { authorId, createdAt, message, number, minorEdit } = version
  const self = `${dialect.front.baseUrl}/rest/experimental/content/${contentId}/version/${number}`
  return {
    by: dialect.renderUser(dialect.front.site.accounts.get(authorId)),
    when: dialect.renderDate(createdAt),
    message,
    number,
    minorEdit,
    ...dialect.versionMarks,
    _links: { self },
    _expandable: { content: `/rest/api/content/${contentId}` },
  }
}

/** One operation's own restriction. `expand` may leave out `restrictions.user` or `restrictions.group`. */
export function restrictionRecord(
  dialect: Dialect,
  content: Content,
  operation: 'read' | 'update',
  cut: { start: number; limit: number; users: boolean; groups: boolean },
): Json {
  const { site, baseUrl } = dialect.front
  // Restrictions on editing are not modelled: they hide nothing.
  const readers = operation === 'read' ? content.restriction : undefined
  const restrictions: Json = {}
  const expandable: Json = { content: `/rest/api/content/${content.id}` }
  const { users, groups } = subjects(site, readers)
  if (cut.users) restrictions.user = listPart(users.map(dialect.renderUser), cut.start, cut.limit)
  if (cut.groups) restrictions.group = listPart(groups.map(dialect.renderGroup), cut.start, cut.limit)
  if (!cut.users && !cut.groups) expandable.restrictions = ''
  const self = `${baseUrl}/rest/api/content/${content.id}/restriction/byOperation/${operation}`
  return { operation, ...(cut.users || cut.groups ? { restrictions } : {}), _expandable: expandable, _links: { self } }
}

/** What hangs on it, 25 of each at most and without a way to the rest. */
function childrenRecord(dialect: Dialect, content: Content, expand: Expand): Json {
  const { site } = dialect.front
  const self = `/rest/api/content/${content.id}/child`
  const bare: Expand = new Set()
  const lists: [name: string, render: () => Json[]][] = [
    ['attachment', () => listAttachments(site, content).map((part) => attachmentRecord(dialect, part, bare))],
    ['comment', () => rootComments(site, content).map((part) => commentRecord(dialect, part, bare))],
  ]
  const record: Json = {}
  const expandable: Json = { page: `${self}/page` }
  for (const [name, render] of lists) {
    if (expand.has(`children.${name}`)) record[name] = listPart(render(), 0, 25)
    else expandable[name] = `${self}/${name}`
  }
  return { ...record, _expandable: expandable, _links: { self: `${dialect.front.baseUrl}${self}` } }
}

function rootComments(site: Site, content: Content) {
  return listComments(site, content).filter(({ parentId }) => parentId === undefined)
}

function v1Label(name: string): Json {
  return { ...labelRecord(name), label: name }
}

/** A list within a record: no `next`, only its own `start`, `limit` and `size`. */
function listPart(rows: unknown[], start: number, limit: number): Json {
  const results = rows.slice(start, start + limit)
  return { results, start, limit, size: results.length }
}

function subjects(site: Site, readers: Readers | undefined) {
  const users = [...(readers?.users ?? [])].flatMap((id) => site.accounts.get(id) ?? [])
  return { users, groups: [...(readers?.groups ?? [])].flatMap((id) => site.groups.get(id) ?? []) }
}

function restrictionsRecord(dialect: Dialect, content: Content, expand: Expand): Json {
  const record: Json = {}
  const expandable: Json = {}
  for (const operation of ['read', 'update'] as const) {
    const path = `restrictions.${operation}`
    const users = expand.has(`${path}.restrictions.user`)
    const groups = expand.has(`${path}.restrictions.group`)
    const limit = dialect.front.traps.nestedListLimit
    if (expand.has(path))
      record[operation] = restrictionRecord(dialect, content, operation, { start: 0, limit, users, groups })
    else expandable[operation] = `/rest/api/content/${content.id}/restriction/byOperation/${operation}`
  }
  const self = `${dialect.front.baseUrl}/rest/api/content/${content.id}/restriction/byOperation`
  return { ...record, _expandable: expandable, _links: { self } }
}

export function historyRecord(dialect: Dialect, content: Content): Json {
  return {
    latest: true,
    createdBy: dialect.renderUser(dialect.front.site.accounts.get(content.authorId)),
    createdDate: dialect.renderDate(content.createdAt),
    _links: { self: `${dialect.front.baseUrl}/rest/api/content/${content.id}/history` },
    _expandable: { lastUpdated: '', previousVersion: '', contributors: '', nextVersion: '' },
  }
}

function ancestorRecord(dialect: Dialect, content: Content, expand: Expand): Json {
  const { id, type, status, title, position } = content
  const self = `${dialect.front.baseUrl}/rest/api/content/${id}`
  const inner: Expand = new Set(
    [...expand].flatMap((path) => (path.startsWith('ancestors.') ? [path.slice('ancestors.'.length)] : [])),
  )
  const restrictions = inner.has('restrictions') ? { restrictions: restrictionsRecord(dialect, content, inner) } : {}
  return { id, type, status, title, ...restrictions, extensions: { position }, _expandable: {}, _links: { self } }
}

function bodyRecord(content: Content, expand: Expand): Json {
  const expandable: Json = { editor: '', view: '', export_view: '', styled_view: '', anonymous_export_view: '' }
  if (!expand.has('body.storage')) return { _expandable: { ...expandable, storage: '' } }
  const storage = {
    value: content.storage,
    representation: 'storage',
    _expandable: { content: `/rest/api/content/${content.id}` },
  }
  return { storage, _expandable: expandable }
}
