// `/download/attachments/PAGE/NAME` below the base URL: the bytes themselves. Invisible pages answer like absent ones.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { findVisible, pathPart } from '../front-end.ts'
import type { Attachment } from '../parts.ts'
import { listAttachments } from '../parts.ts'
import type { Dialect } from './dialect.ts'

export function addSiteDownload(server: FastifyInstance, { front, notFound }: Dialect): void {
  server.get('/download/attachments/:id/:name', (request, reply) => {
    const content = findVisible(front, request, pathPart(request, 'id'))
    const attachment = (content === undefined ? [] : listAttachments(front.site, content)).find(
      ({ title }) => title === pathPart(request, 'name'),
    )
    if (attachment === undefined) throw notFound('No attachment found')
    return sendBytes(reply, attachment)
  })
}

export function sendBytes(reply: FastifyReply, { bytes, mediaType, title }: Attachment) {
  return reply
    .header('content-type', mediaType)
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(title)}`)
    .header('x-content-type-options', 'nosniff')
    .send(bytes)
}
