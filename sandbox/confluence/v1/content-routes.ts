// Content addresses of the older API: lists that page by offset with silent caps, single content, and what hangs on it.
// Data Center lives on them; Cloud has replaced them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  AnswerError,
  commaParameter,
  findVisible,
  listParameter,
  parameter,
  pathPart,
  seesContent,
  seesSpace,
} from '../front-end.ts'
import type { Content, Site, Space } from '../model.ts'
import { findSpace, listChildren } from '../model.ts'
import { findAttachment, listAttachments, listComments } from '../parts.ts'
import type { Comment } from '../parts.ts'
import { labelRecord } from '../cloud/records.ts'
import { refuseHeavy } from '../rows.ts'
import { contentRecord, historyRecord } from './content.ts'
import type { Dialect, Json } from './dialect.ts'
import { cappedLimit, contentList, expandOf, numberParameter, offsetList, visibleContent } from './dialect.ts'
import { attachmentRecord, commentRecord, partRecord } from './parts.ts'

const filtered = new WeakMap<Site, { epoch: number; lists: Map<string, Content[]> }>()

export function addContentRoutes(server: FastifyInstance, dialect: Dialect): void {
  server.get('/rest/api/content', (request, reply) => {
    const title = parameter(request, 'title')
    const all = contentsOf(dialect, request)
    return answerContents(dialect, request, reply, title === undefined ? all : all.filter((one) => one.title === title))
  })
  server.get('/rest/api/content/:id', (request) => singleContent(dialect, request))
  server.get('/rest/api/content/:id/history', (request) => historyRecord(dialect, visibleContent(dialect, request)))
  server.get('/rest/api/content/:id/label', (request, reply) => {
    const limit = Math.min(numberParameter(request, 'limit', 200), 200)
    const { labels } = visibleContent(dialect, request)
    return offsetList(dialect, request, reply, labels, { asked: limit, limit }, labelRecord)
  })
  server.get('/rest/api/content/:id/child/page', (request, reply) =>
    answerContents(dialect, request, reply, currentChildren(dialect, visibleContent(dialect, request))),
  )
  server.get('/rest/api/content/:id/descendant/page', (request, reply) =>
    answerContents(dialect, request, reply, descendants(dialect, visibleContent(dialect, request))),
  )
  server.get('/rest/api/content/:id/child/attachment', (request, reply) => listOwnAttachments(dialect, request, reply))
  server.get('/rest/api/content/:id/child/comment', (request, reply) => listOwnComments(dialect, request, reply))
}

/** Pages, blog posts, comments and attachments by id; others than current ones when their status is named. */
function singleContent(dialect: Dialect, request: FastifyRequest): Json {
  const { front } = dialect
  const { baseUrl, basePath } = front
  const id = pathPart(request, 'id')
  const expand = expandOf(request, 'history,space,version')
  const part = visiblePart(dialect, request, id)
  if (part !== undefined) return withBase(part)
  const content = asOfVersion(dialect, request, visibleContent(dialect, request))
  if (!statusesOf(dialect, request).has(content.status) && parameter(request, 'version') === undefined)
    throw dialect.notFound(`No content found with id: ContentId{id=${id}}`)
  refuseHeavy(front, [id], expand.has('body'))
  return withBase(contentRecord(dialect, content, expand))

  function withBase(record: Json): Json {
    return { ...record, _links: { ...(record._links as Json), base: baseUrl, context: basePath } }
  }
}

/** An old version by its number, as the page was then. */
function asOfVersion(dialect: Dialect, request: FastifyRequest, content: Content): Content {
  const wanted = parameter(request, 'version')
  if (wanted === undefined || wanted === String(content.version.number)) return content
  const past = content.past.find(({ number }) => String(number) === wanted)
  if (past === undefined) throw dialect.notFound(`No content found with id: ContentId{id=${content.id}}`)
  return { ...content, title: past.title, storage: past.storage, version: past }
}

function visiblePart(dialect: Dialect, request: FastifyRequest, id: string): Json | undefined {
  const { front } = dialect
  const expand = expandOf(request, 'history,space,version')
  const attachment = findAttachment(front.site, id)
  const part = front.site.comments.get(id) ?? attachment
  if (part === undefined || findVisible(front, request, part.contentId) === undefined) return undefined
  if (attachment !== undefined && !statusesOf(dialect, request).has(attachment.status))
    throw dialect.notFound(`No content found with id: ContentId{id=${id}}`)
  return partRecord(dialect, part.id, expand)
}

function listOwnAttachments(dialect: Dialect, request: FastifyRequest, reply: FastifyReply): Json {
  const { site } = dialect.front
  const expand = expandOf(request)
  const [filename, mediaType] = [parameter(request, 'filename'), parameter(request, 'mediaType')]
  const attachments = listAttachments(site, visibleContent(dialect, request))
    .filter(({ title }) => filename === undefined || title === filename)
    .filter((attachment) => mediaType === undefined || attachment.mediaType === mediaType)
  const asked = numberParameter(request, 'limit', 50)
  const limits = { asked, limit: Math.min(asked, 200) }
  return offsetList(dialect, request, reply, attachments, limits, (part) => attachmentRecord(dialect, part, expand))
}

/** Root comments unless `depth=all`; in all places unless `location` names some: footer, inline, resolved. */
function listOwnComments(dialect: Dialect, request: FastifyRequest, reply: FastifyReply): Json {
  const expand = expandOf(request)
  const locations = commaParameter(request, 'location')
  const isDeep = parameter(request, 'depth') === 'all'
  const isWanted = ({ location, resolution }: Comment): boolean => {
    const place = location === 'inline' && resolution === 'resolved' ? 'resolved' : location
    return locations.length === 0 || locations.includes(place)
  }
  const comments = listComments(dialect.front.site, visibleContent(dialect, request)).filter(
    (comment) => (isDeep || comment.parentId === undefined) && isWanted(comment),
  )
  const limits = cappedLimit(request, expand)
  return offsetList(dialect, request, reply, comments, limits, (comment) => commentRecord(dialect, comment, expand))
}

function currentChildren({ front: { site } }: Dialect, content: Content): Content[] {
  return listChildren(site, content.id).filter(({ type, status }) => type === 'page' && status === 'current')
}

function descendants(dialect: Dialect, content: Content): Content[] {
  return currentChildren(dialect, content).flatMap((child) => [child, ...descendants(dialect, child)])
}

function answerContents(dialect: Dialect, request: FastifyRequest, reply: FastifyReply, contents: Content[]) {
  const expand = expandOf(request)
  return contentList(dialect, request, reply, {
    contents,
    expand,
    limits: cappedLimit(request, expand),
    render: (content) => contentRecord(dialect, content, expand),
    sees: (content) => seesContent(dialect.front, request, content),
  })
}

/** By id; of one type only, `page` unless told otherwise. */
export function contentsOf(dialect: Dialect, request: FastifyRequest): Content[] {
  const { site } = dialect.front
  const statuses = statusesOf(dialect, request)
  const type = parameter(request, 'type') ?? 'page'
  const named = commaParameter(request, 'ids')
  if (named.length > 0) {
    const contents = named.flatMap((id) => site.contents.get(id) ?? [])
    return contents.filter((content) => content.type === type && statuses.has(content.status))
  }
  const key = parameter(request, 'spaceKey')
  if (key === undefined) return filteredContents(site, undefined, type, statuses)
  return filteredContents(site, spaceOfKey(dialect, request, key).id, type, statuses)
}

/** Rejects as "not found" when it is absent or invisible. */
export function spaceOfKey(dialect: Dialect, request: FastifyRequest, key: string): Space {
  const space = findSpace(dialect.front.site, key)
  if (space === undefined || space.id === key || !seesSpace(dialect.front, request, space)) {
    throw dialect.notFound(`No space with key : ${key}`)
  }
  return space
}

/** Kept until the site changes, so that a deep offset costs nothing. */
function filteredContents(site: Site, spaceId: string | undefined, type: string, statuses: Set<string>): Content[] {
  const known = filtered.get(site)
  const kept = known?.epoch === site.epoch ? known : { epoch: site.epoch, lists: new Map<string, Content[]>() }
  filtered.set(site, kept)
  const name = `${spaceId ?? ''} ${type} ${[...statuses].toSorted().join(' ')}`
  const list = kept.lists.get(name)
  if (list !== undefined) return list
  const ids = type === 'blogpost' ? site.blogPostIds : pageIdsOf(site, spaceId)
  const fresh = ids
    .flatMap((id) => site.contents.get(id) ?? [])
    .filter((one) => one.type === type && statuses.has(one.status) && (spaceId ?? one.spaceId) === one.spaceId)
  kept.lists.set(name, fresh)
  return fresh
}

function pageIdsOf(site: Site, spaceId: string | undefined): string[] {
  return spaceId === undefined ? site.pageIds : (site.pageIdsBySpace.get(spaceId) ?? [])
}

/** `any` is current and trashed, not archived. Drafts are never listed. */
function statusesOf({ front, badRequest }: Dialect, request: FastifyRequest): Set<string> {
  const { archivedPages } = front.traps
  const given = listParameter(request, 'status').flatMap((value) => value.split(','))
  if (given.length === 0) return new Set(['current'])
  if (archivedPages !== 'known' && given.includes('archived')) {
    if (archivedPages === 'refused') throw badRequest('Invalid content status: archived')
    const statusCode = archivedPages === 'breaks' ? 500 : 501
    throw new AnswerError(statusCode, { statusCode, message: 'Unsupported content status: archived' })
  }
  const statuses = given.flatMap((status) => (status === 'any' ? ['current', 'trashed'] : [status]))
  return new Set(statuses.filter((status) => status !== 'draft'))
}
