// v2's pages and blog posts: lists, single ones, their versions and labels.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sortIds, sortedPageIds } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { parameter, pathPart } from '../front-end.ts'
import type { Content, ContentType, PastVersion } from '../model.ts'
import { refuseHeavy } from '../rows.ts'
import { answerContents, answerList, visibleContent, visibleSpace, withBase } from './lists.ts'
import {
  bodyFormat,
  idsParameter,
  invalid,
  limitParameter,
  maxLimit,
  notFound,
  sortParameter,
  statusesParameter,
} from './parameters.ts'
import { labelRecord, pageRecord, versionRecord } from './records.ts'

const listed = ['current', 'archived', 'deleted', 'trashed']
const single = [...listed, 'historical', 'draft']

export function addPageRoutes(server: FastifyInstance, front: FrontEnd): void {
  for (const [name, type] of [
    ['pages', 'page'],
    ['blogposts', 'blogpost'],
  ] as const) {
    server.get(`/api/v2/spaces/:id/${name}`, (request, reply) =>
      listContents(front, request, reply, type, [visibleSpace(front, request).id]),
    )
    server.get(`/api/v2/${name}`, (request, reply) => {
      const spaceIds = idsParameter(request, 'space-id', 100)
      return listContents(front, request, reply, type, spaceIds.length === 0 ? undefined : spaceIds)
    })
    server.get(`/api/v2/${name}/:id`, (request) => singleContent(front, request, type))
    server.get(`/api/v2/${name}/:id/labels`, (request, reply) =>
      answerList(front, request, reply, visibleContent(front, request, [type]).labels, { render: labelRecord }),
    )
    server.get(`/api/v2/${name}/:id/versions`, (request, reply) => listVersions(front, request, reply, type))
    server.get(`/api/v2/${name}/:id/versions/:number`, (request) => {
      const content = visibleContent(front, request, [type])
      const version = findVersion(content, pathPart(request, 'number'))
      if (version === undefined) throw notFound()
      return {
        ...versionRecord(version),
        contentTypeModified: false,
        collaborators: [],
        prevVersion: 0,
        nextVersion: 0,
      }
    })
  }
}

function listContents(
  front: FrontEnd,
  request: FastifyRequest,
  reply: FastifyReply,
  type: 'page' | 'blogpost',
  spaceIds: string[] | undefined,
) {
  const sort = sortParameter(request)
  const withBody = bodyFormat(request)
  const title = parameter(request, 'title')
  const subtype = parameter(request, 'subtype')
  const rootOnly = parameter(request, 'depth') === 'root'
  const wanted = statusesParameter(request, listed, type === 'page' ? ['current', 'archived'] : ['current'])
  if (subtype !== undefined && !['live', 'page'].includes(subtype)) throw invalid('subtype', 'must be live or page')
  return answerContents(front, request, reply, {
    ids: idsOf(front, request, type, spaceIds),
    sort,
    withBody,
    render: (content) => pageRecord(front, content, withBody),
    keeps: (content) =>
      content.type === type &&
      wanted.has(content.status) &&
      (title === undefined || content.title === title) &&
      (subtype === undefined || (content.subtype === 'live') === (subtype === 'live')) &&
      (spaceIds?.includes(content.spaceId) ?? true) &&
      !(rootOnly && content.parentId !== undefined),
  })
}

function idsOf({ site }: FrontEnd, request: FastifyRequest, type: ContentType, spaceIds: string[] | undefined) {
  const sort = sortParameter(request)
  const given = idsParameter(request, 'id', maxLimit)
  if (given.length > 0) return sortIds(site, [...new Set(given.filter((id) => site.contents.has(id)))], sort)
  return type === 'page' ? sortedPageIds(site, spaceIds, sort) : sortIds(site, site.blogPostIds, sort)
}

function singleContent(front: FrontEnd, request: FastifyRequest, type: 'page' | 'blogpost') {
  const content = visibleContent(front, request, [type])
  const isDraft = parameter(request, 'get-draft') === 'true'
  const wanted = statusesParameter(request, single, isDraft ? ['draft'] : [])
  const isHidden = content.status === 'draft' || (content.status === 'trashed' && front.traps.trashedNeedsStatus)
  const number = parameter(request, 'version')
  const version = number === undefined ? undefined : findVersion(content, number)
  if (number !== undefined && version === undefined) throw notFound()
  const isPast = version !== undefined && version.number !== content.version.number
  const status = isPast ? 'historical' : content.status
  if (wanted.size === 0 ? isHidden : !wanted.has(status) && !wanted.has(content.status)) throw notFound()
  const withBody = bodyFormat(request)
  refuseHeavy(front, [content.id], withBody)
  const shown: Content = isPast ? { ...content, title: version.title, storage: version.storage, version } : content
  const record = pageRecord(front, shown, withBody)
  const labels = parameter(request, 'include-labels') === 'true' ? { labels: includedLabels(content) } : {}
  return withBase(front, { ...record, ...(isPast ? { status: 'historical' } : {}), ...labels })
}

function includedLabels({ id, labels }: Content) {
  const cut = labels.slice(0, 50).map(labelRecord)
  const meta = labels.length > 50 ? { hasMore: true, cursor: '50' } : { hasMore: false }
  return { results: cut, meta, _links: { self: `/wiki/api/v2/pages/${id}/labels` } }
}

/** Newest first, unless sorted the other way. With bodies at most 50 at once. */
function listVersions(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, type: 'page' | 'blogpost') {
  const content = visibleContent(front, request, [type])
  const withBody = bodyFormat(request)
  if (withBody && limitParameter(request, 25) > 50) throw invalid('limit', 'must be between 1 and 50')
  const versions = versionsOf(content)
  if (parameter(request, 'sort') !== 'modified-date') versions.reverse()
  const render = (version: PastVersion) => {
    const body = withBody ? { body: { storage: { representation: 'storage', value: version.storage } } } : {}
    return { ...versionRecord(version), [type]: { title: version.title, id: content.id, ...body } }
  }
  return answerList(front, request, reply, versions, { render })
}

function versionsOf(content: Content): PastVersion[] {
  return [...content.past, { ...content.version, title: content.title, storage: content.storage }]
}

function findVersion(content: Content, number: string): PastVersion | undefined {
  return versionsOf(content).find((version) => String(version.number) === number)
}
