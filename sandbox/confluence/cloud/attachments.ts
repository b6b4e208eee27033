// v2's attachments: of the whole site, of a page or blog post, and single ones.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { findVisible, parameter } from '../front-end.ts'
import { spaceOf } from '../model.ts'
import { findAttachment, listAttachments } from '../parts.ts'
import type { Attachment } from '../parts.ts'
import { answerList, visibleContent, withBase } from './lists.ts'
import { idPart, invalid, notFound, statusesParameter } from './parameters.ts'
import { pageLinks, versionRecord } from './records.ts'

const sorts = ['created-date', '-created-date', 'modified-date', '-modified-date']

export function addAttachmentRoutes(server: FastifyInstance, front: FrontEnd): void {
  server.get('/api/v2/attachments', (request, reply) =>
    listOf(front, request, reply, [...front.site.attachments.values()]),
  )
  server.get('/api/v2/pages/:id/attachments', (request, reply) =>
    listOf(front, request, reply, listAttachments(front.site, visibleContent(front, request, ['page']))),
  )
  server.get('/api/v2/blogposts/:id/attachments', (request, reply) =>
    listOf(front, request, reply, listAttachments(front.site, visibleContent(front, request, ['blogpost']))),
  )
  server.get('/api/v2/attachments/:id', (request) => {
    const attachment = findAttachment(front.site, idPart(request))
    if (attachment === undefined || findVisible(front, request, attachment.contentId) === undefined) throw notFound()
    return withBase(front, attachmentRecord(front, attachment))
  })
}

function listOf(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, all: Attachment[]) {
  const [sort, mediaType, filename] = ['sort', 'mediaType', 'filename'].map((name) => parameter(request, name))
  if (sort !== undefined && !sorts.includes(sort)) throw invalid('sort', 'is not a known order')
  const wanted = statusesParameter(request, ['current', 'archived', 'trashed'], ['current', 'archived'])
  const rows = all
    .filter(({ status }) => wanted.has(status))
    .filter((attachment) => mediaType === undefined || attachment.mediaType === mediaType)
    .filter(({ title }) => filename === undefined || title === filename)
    .toSorted((one, other) => compareAttachments(one, other, sort))
  const sees = ({ contentId }: Attachment) => findVisible(front, request, contentId) !== undefined
  const render = (attachment: Attachment) => attachmentRecord(front, attachment)
  return answerList(front, request, reply, rows, { sees, render, byDefault: 50 })
}

function compareAttachments(one: Attachment, other: Attachment, sort: string | undefined): number {
  const by = sort?.replace(/^-/, '')
  const key = ({ createdAt, version }: Attachment) => (by === 'created-date' ? createdAt : version.createdAt)
  const byDate = by === undefined ? 0 : key(one).localeCompare(key(other))
  const order = byDate || compareIds(one.id, other.id)
  return sort?.startsWith('-') === true ? -order : order
}

function attachmentRecord({ site }: FrontEnd, attachment: Attachment): Record<string, unknown> {
  const content = site.contents.get(attachment.contentId)
  const download = downloadPath(attachment)
  const page = content === undefined ? '' : pageLinks(spaceOf(site, content), content).webui
  const webui = `${page}?preview=%2F${attachment.contentId}%2F${attachment.id}`
  return {
    id: `att${attachment.id}`,
    status: attachment.status,
    title: attachment.title,
    createdAt: attachment.createdAt,
    [content?.type === 'blogpost' ? 'blogPostId' : 'pageId']: attachment.contentId,
    mediaType: attachment.mediaType,
    mediaTypeDescription: attachment.mediaType,
    comment: attachment.comment,
    fileId: attachment.fileId,
    fileSize: attachment.bytes.length,
    webuiLink: webui,
    downloadLink: download,
    version: { ...versionRecord(attachment.version), ncsStepVersion: null },
    _links: { webui, download },
  }
}

/** Below the site's base URL. */
export function downloadPath({ contentId, title, version }: Attachment): string {
  const modified = new Date(version.createdAt).getTime()
  const query = `version=${version.number}&modificationDate=${modified}&cacheVersion=1&api=v2`
  return `/download/attachments/${contentId}/${encodeURIComponent(title)}?${query}`
}
