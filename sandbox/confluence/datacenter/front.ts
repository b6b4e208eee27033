// The Data Center flavour: one REST API below a context path that may be empty.
import type { FastifyInstance } from 'fastify'
import type { AuditRecord } from '../audit.ts'
import { addDataCenterAudit } from '../audit.ts'
import type { FrontEnd } from '../front-end.ts'
import { AnswerError } from '../front-end.ts'
import { loginPage } from '../login-page.ts'
import { installRateLimits } from '../rate-limits.ts'
import { isWrite } from '../traffic.ts'
import { addContentRoutes } from '../v1/content-routes.ts'
import { addSiteDownload } from '../v1/downloads.ts'
import { addRelevantRestrictions, addRestrictionRoutes } from '../v1/restrictions.ts'
import { addSearchRoutes } from '../v1/search-routes.ts'
import { authenticate } from './credentials.ts'
import { dataCenterDialect, failure } from './dialect.ts'
import { addPeopleRoutes } from './people.ts'
import { addRemoteApi } from './remote-api.ts'
import { addScanRoutes } from './scan.ts'
import { addSpaceRoutes } from './spaces.ts'
import type { Webhooks } from './webhooks.ts'
import { addWebhookRoutes } from './webhooks.ts'

export function addDataCenter(
  server: FastifyInstance,
  front: FrontEnd,
  webhooks: Webhooks,
  audit: AuditRecord[],
): void {
  void server.register(
    async (site) => {
      addOpenRoutes(site, front)
      await site.register(async (guarded) => {
        guarded.addHook('onRequest', async (request, reply) => {
          if (!isWrite(request)) authenticate(front, request, reply)
        })
        installRateLimits(guarded, front)
        const dialect = dataCenterDialect(front)
        addSearchRoutes(guarded, dialect, 'offset')
        addRestrictionRoutes(guarded, dialect)
        addRelevantRestrictions(guarded, dialect)
        addContentRoutes(guarded, dialect)
        addScanRoutes(guarded, dialect)
        addSpaceRoutes(guarded, dialect)
        addPeopleRoutes(guarded, dialect)
        addSiteDownload(guarded, dialect)
        addRemoteApi(guarded, front)
        addDataCenterAudit(guarded, front, audit)
        addWebhookRoutes(guarded, dialect, webhooks)
        guarded.get('/rest/api/server-information', () => {
          if (!front.traps.serverInformation) throw failure(404, 'null for uri', 'Not Found')
          const { version } = front.traps
          return { baseUrl: front.baseUrl, version, buildNumber: Number(version.split('.')[0]) * 1000 }
        })
      })
    },
    { prefix: front.basePath },
  )
}

/** What nobody has to log in for. */
function addOpenRoutes(site: FastifyInstance, front: FrontEnd): void {
  site.get('/login.action', () => {
    throw loginPage()
  })
  site.get('/rest/applinks/1.0/manifest', () => {
    const { version } = front.traps
    const xml =
      `<manifest><id>00000000-0000-4000-8000-000000000001</id><name>Confluence</name><typeId>confluence</typeId>` +
      `<version>${version}</version><buildNumber>${Number(version.split('.')[0]) * 1000}</buildNumber></manifest>`
    throw new AnswerError(200, xml, { 'content-type': 'application/xml' })
  })
}
