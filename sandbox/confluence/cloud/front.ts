// The Cloud flavour: both REST APIs under /wiki, the same behind the gateway's path, downloads, OAuth, and the address
// that tells a site's cloud id.
import type { FastifyInstance } from 'fastify'
import type { AuditRecord } from '../audit.ts'
import { addCloudAudit } from '../audit.ts'
import type { FrontEnd } from '../front-end.ts'
import { installRateLimits } from '../rate-limits.ts'
import { isWrite } from '../traffic.ts'
import { addSiteDownload } from '../v1/downloads.ts'
import { addAttachmentRoutes } from './attachments.ts'
import { addCommentRoutes } from './comments.ts'
import type { Way } from './credentials.ts'
import { authenticate } from './credentials.ts'
import { addMedia, addV1Download } from './media.ts'
import type { OAuthDesk } from './oauth.ts'
import { addOAuth } from './oauth.ts'
import { addOldContent } from './old-content.ts'
import { addPageRoutes } from './pages.ts'
import { checkParameters } from './parameters.ts'
import { addRightsRoutes } from './rights.ts'
import { addTreeRoutes } from './tree.ts'
import { addV1Routes, cloudDialect } from './v1.ts'
import { addV2Routes } from './v2.ts'

export function addCloud(server: FastifyInstance, front: FrontEnd, desk: OAuthDesk, audit: AuditRecord[]): void {
  server.get('/_edge/tenant_info', () => ({ cloudId: front.cloudId }))
  addOAuth(server, front, desk)
  addMedia(server, front)
  for (const name of ['site', 'gateway'] as const) {
    const way = { name, prefix: name === 'site' ? front.basePath : `/ex/confluence/${front.cloudId}${front.basePath}` }
    void server.register(routes(front, way, audit), { prefix: way.prefix })
  }
}

function routes(front: FrontEnd, way: Way, audit: AuditRecord[]) {
  return async (site: FastifyInstance) => {
    site.addHook('onRequest', async (request, reply) => {
      void reply.header('atl-traceid', request.id).header('x-confluence-request-time', String(Date.now()))
      if (!isWrite(request)) authenticate(front, request, way)
    })
    installRateLimits(site, front)
    site.addHook('onRequest', async (request) => checkParameters(front, request, way.prefix))
    addV2Routes(site, front)
    addPageRoutes(site, front)
    addTreeRoutes(site, front)
    addRightsRoutes(site, front)
    addAttachmentRoutes(site, front)
    addCommentRoutes(site, front)
    const dialect = cloudDialect(front)
    addV1Routes(site, dialect)
    addV1Download(site, dialect)
    addCloudAudit(site, dialect, audit)
    addOldContent(site, dialect, way)
    if (way.name === 'site') addSiteDownload(site, dialect)
  }
}
