// v2's comments. Lists of a page hold root comments only; replies are children. Comments have no date of their own: only
// their version has.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { commaParameter, findVisible, parameter } from '../front-end.ts'
import type { Content } from '../model.ts'
import { spaceOf, stableHex } from '../model.ts'
import type { Comment } from '../parts.ts'
import { listComments } from '../parts.ts'
import { answerList, visibleContent, withBase } from './lists.ts'
import { bodyFormat, idPart, invalid, notFound, statusesParameter } from './parameters.ts'
import { pageLinks, storageBody, versionRecord } from './records.ts'

const sorts = ['created-date', '-created-date', 'modified-date', '-modified-date']
const resolutions = ['open', 'reopened', 'resolved', 'dangling']
const statuses = ['current', 'archived', 'trashed', 'deleted', 'historical', 'draft']

type Location = Comment['location']

export function addCommentRoutes(server: FastifyInstance, front: FrontEnd): void {
  const { site } = front
  for (const location of ['footer', 'inline'] as const) {
    const name = `${location}-comments`
    for (const [collection, type] of [
      ['pages', 'page'],
      ['blogposts', 'blogpost'],
    ] as const) {
      server.get(`/api/v2/${collection}/:id/${name}`, (request, reply) => {
        const roots = listComments(site, visibleContent(front, request, [type])).filter(isRootAt(location))
        return listOf(front, request, reply, roots)
      })
    }
    server.get(`/api/v2/${name}`, (request, reply) =>
      listOf(front, request, reply, [...site.comments.values()].filter(isRootAt(location))),
    )
    server.get(`/api/v2/${name}/:id`, (request) => {
      const comment = visibleComment(front, request, location)
      return withBase(front, commentRecord(front, comment, bodyFormat(request), 'single'))
    })
    server.get(`/api/v2/${name}/:id/children`, (request, reply) => {
      const { id } = visibleComment(front, request, location)
      const replies = [...site.comments.values()].filter(({ parentId }) => parentId === id)
      return listOf(front, request, reply, replies, 'child')
    })
  }
}

function listOf(
  front: FrontEnd,
  request: FastifyRequest,
  reply: FastifyReply,
  all: Comment[],
  form: 'root' | 'child' = 'root',
) {
  const sort = parameter(request, 'sort')
  const wanted = commaParameter(request, 'resolution-status')
  if (sort !== undefined && !sorts.includes(sort)) throw invalid('sort', 'is not a known order')
  if (wanted.some((status) => !resolutions.includes(status))) {
    throw invalid('resolution-status', `must be among ${resolutions.join(', ')}`)
  }
  const isCurrent = statusesParameter(request, statuses, ['current']).has('current')
  const rows = all
    .filter(({ resolution }) => isCurrent && (wanted.length === 0 || wanted.includes(resolution)))
    .toSorted((one, other) => compareComments(one, other, sort))
  const withBody = bodyFormat(request)
  const sees = ({ contentId }: Comment) => findVisible(front, request, contentId) !== undefined
  const render = (comment: Comment) => commentRecord(front, comment, withBody, form)
  return answerList(front, request, reply, rows, { sees, render })
}

/** Live answers hold both spellings of an inline comment's properties, and a `resolutionStatus` even at the foot. */
function commentRecord(
  { site }: FrontEnd,
  comment: Comment,
  withBody: boolean,
  form: 'root' | 'child' | 'single',
): Record<string, unknown> {
  const content = site.contents.get(comment.contentId) as Content
  const marker = stableHex(`marker ${comment.id}`, 32)
  const container = content.type === 'blogpost' ? { blogPostId: content.id } : { pageId: content.id }
  const parent = comment.parentId === undefined ? {} : { parentCommentId: comment.parentId }
  const inline = {
    ...(comment.resolution === 'open' ? {} : { resolutionLastModifierId: comment.version.authorId }),
    properties: {
      inlineMarkerRef: marker,
      'inline-marker-ref': marker,
      inlineOriginalSelection: comment.selection,
      'inline-original-selection': comment.selection,
    },
  }
  const { webui } = pageLinks(spaceOf(site, content), content)
  return {
    id: comment.id,
    status: 'current',
    title: `Re: ${content.title}`,
    ...(form === 'child' ? {} : container),
    ...(form === 'root' ? {} : parent),
    version: { ...versionRecord(comment.version), ncsStepVersion: null },
    body: withBody ? storageBody(comment.storage) : {},
    resolutionStatus: comment.resolution,
    ...(comment.location === 'inline' ? inline : {}),
    _links: { webui: `${webui}?focusedCommentId=${comment.id}` },
  }
}

function visibleComment(front: FrontEnd, request: FastifyRequest, location: Location): Comment {
  const comment = front.site.comments.get(idPart(request))
  if (comment?.location !== location || findVisible(front, request, comment.contentId) === undefined) throw notFound()
  return comment
}

function isRootAt(location: Location): (comment: Comment) => boolean {
  return (comment) => comment.location === location && comment.parentId === undefined
}

function compareComments(one: Comment, other: Comment, sort: string | undefined): number {
  const by = sort?.replace(/^-/, '')
  const key = ({ createdAt, version }: Comment) => (by === 'created-date' ? createdAt : version.createdAt)
  const byDate = by === undefined ? 0 : key(one).localeCompare(key(other))
  const order = byDate || compareIds(one.id, other.id)
  return sort?.startsWith('-') === true ? -order : order
}
