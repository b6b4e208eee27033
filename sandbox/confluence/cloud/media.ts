// Cloud's downloads: an address of the old API leads to a signed one on another host, which wants no credential and takes
// it badly when one is sent along.
import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError, parameter, pathPart } from '../front-end.ts'
import type { Attachment } from '../parts.ts'
import { findAttachment } from '../parts.ts'
import type { Dialect } from '../v1/dialect.ts'
import { visibleContent } from '../v1/dialect.ts'
import { sendBytes } from '../v1/downloads.ts'

const signingKey = 'sandbox-media'

/** The other host: this server under its other name. */
export function addMedia(server: FastifyInstance, front: FrontEnd): void {
  server.get('/media/file/:fileId/binary', (request, reply) => {
    const fileId = pathPart(request, 'fileId')
    const expires = parameter(request, 'expires') ?? ''
    if (request.headers.authorization !== undefined) {
      front.site.leaks.push(`${request.method} ${request.url}`)
      throw new AnswerError(400, 'Only one auth mechanism allowed', { 'content-type': 'text/plain' })
    }
    const isSigned = parameter(request, 'token') === sign(fileId, expires)
    if (!isSigned || Number(expires) <= front.site.now().getTime()) {
      throw new AnswerError(403, 'Request has expired', { 'content-type': 'text/plain' })
    }
    const attachment = [...front.site.attachments.values()].find((candidate) => candidate.fileId === fileId)
    if (attachment === undefined) throw new AnswerError(404, 'Not found', { 'content-type': 'text/plain' })
    return sendBytes(reply, attachment)
  })
}

/** Through gateway and site: 302 to a signed address. */
export function addV1Download(server: FastifyInstance, dialect: Dialect): void {
  const { front } = dialect
  server.get('/rest/api/content/:id/child/attachment/:attachmentId/download', (request, reply) => {
    const content = visibleContent(dialect, request)
    const attachment = findAttachment(front.site, pathPart(request, 'attachmentId'))
    if (attachment?.contentId !== content.id) throw dialect.notFound('No attachment found')
    return reply.redirect(signedUrl(front, attachment), 302)
  })
}

function signedUrl(front: FrontEnd, { fileId }: Attachment): string {
  const expires = String(front.site.now().getTime() + front.traps.mediaUrlTtlMs)
  const url = new URL(`/media/file/${fileId}/binary?token=${sign(fileId, expires)}&expires=${expires}`, front.baseUrl)
  if (url.hostname === '127.0.0.1') url.hostname = 'localhost'
  return url.href
}

function sign(fileId: string, expires: string): string {
  return createHmac('sha256', signingKey).update(`${fileId} ${expires}`).digest('hex')
}
