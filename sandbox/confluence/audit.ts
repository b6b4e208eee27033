// The audit log, for administrators: what happened, told by names only on Cloud and with ids on Data Center. Summaries are
// near the real ones, not the same.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SiteEvent } from './events.ts'
import { AnswerError, commaParameter, parameter, principalOf } from './front-end.ts'
import type { FrontEnd } from './front-end.ts'
import type { Account, Site } from './model.ts'
import { requireAdministrator } from './datacenter/credentials.ts'
import { failure } from './datacenter/dialect.ts'
import type { Dialect, Json } from './v1/dialect.ts'
import { numberParameter, offsetList } from './v1/dialect.ts'

type AuditedObject = { name: string; type: string; id: string }

export type AuditRecord = {
  at: number
  by: Account
  category: string
  summary: string
  /** The first is what it is about. */
  objects: AuditedObject[]
}

/** Oldest first; listens to the site until `stopped`. */
export function openAudit({ site }: FrontEnd, stopped: AbortSignal): AuditRecord[] {
  const records: AuditRecord[] = []
  const listener = (event: SiteEvent): void => {
    const by = site.accounts.get(event.by ?? '') ?? site.syncAccount
    const objects = Object.entries(event.subjects).map(([type, subject]) => objectOf(site, type, subject))
    const summary = event.name.charAt(0).toUpperCase() + event.name.slice(1).replaceAll('_', ' ')
    records.push({ at: site.now().getTime(), by, category: categoryOf(event), summary, objects })
  }
  site.listeners.add(listener)
  stopped.addEventListener('abort', () => site.listeners.delete(listener), { once: true })
  return records
}

export function addCloudAudit(server: FastifyInstance, dialect: Dialect, records: AuditRecord[]): void {
  server.get('/rest/api/audit', (request: FastifyRequest, reply: FastifyReply) => {
    const principal = principalOf(request)
    if (principal === 'anonymous' || !principal.isAdmin) {
      throw new AnswerError(403, { message: 'Current user not permitted to view the audit log', statusCode: 403 })
    }
    const from = numberOf(parameter(request, 'startDate'), 0)
    const to = numberOf(parameter(request, 'endDate'), Number.MAX_SAFE_INTEGER)
    const words = parameter(request, 'searchString')?.toLowerCase() ?? ''
    const found = records.filter(({ at, summary, objects }) => {
      const text = `${summary} ${objects.map(({ name }) => name).join(' ')}`.toLowerCase()
      return at >= from && at <= to && text.includes(words)
    })
    const asked = numberParameter(request, 'limit', 1000)
    const limits = { asked, limit: Math.min(asked, 1000) }
    return offsetList(dialect, request, reply, found.toReversed(), limits, cloudRecord)
  })
}

/** Newest first; the cursor counts from the oldest, so that what comes in meanwhile shifts nothing. */
export function addDataCenterAudit(server: FastifyInstance, front: FrontEnd, records: AuditRecord[]): void {
  server.get('/rest/auditing/1.0/events', (request: FastifyRequest) => {
    requireAdministrator(front, request, () => failure(403, 'Not permitted', 'Forbidden'))
    const from = Date.parse(parameter(request, 'from') ?? '1970-01-01')
    const to = Date.parse(parameter(request, 'to') ?? '9999-01-01')
    const categories = commaParameter(request, 'categories')
    const limit = Math.min(numberParameter(request, 'limit', 100), 1000)
    const end = numberOf(parameter(request, 'pageCursor'), records.length)
    const entities: Json[] = []
    let position = end
    while (position > 0 && entities.length < limit) {
      const record = records[--position] as AuditRecord
      const isWanted = categories.length === 0 || categories.includes(record.category)
      if (isWanted && record.at >= from && record.at <= to) entities.push(dataCenterRecord(record))
    }
    const lastPage = position === 0
    const next = lastPage ? {} : { nextPageCursor: String(position) }
    return { entities, pagingInfo: { lastPage, size: entities.length, ...next } }
  })
}

function cloudRecord({ at, by, category, summary, objects }: AuditRecord): Json {
  const [affected, ...associated] = objects.map(({ name, type }) => ({ name, objectType: type }))
  return {
    author: { type: 'user', displayName: by.displayName, operations: null, username: '', userKey: '' },
    remoteAddress: '',
    creationDate: at,
    summary,
    description: '',
    category,
    sysAdmin: false,
    superAdmin: false,
    affectedObject: affected ?? { name: '', objectType: '' },
    changedValues: [],
    associatedObjects: associated,
  }
}

function dataCenterRecord({ at, by, category, summary, objects }: AuditRecord): Json {
  return {
    timestamp: new Date(at).toISOString(),
    author: { name: by.displayName, type: 'user', id: by.userKey },
    type: { category, action: summary },
    affectedObjects: objects,
    changedValues: [],
    method: 'Browser',
    extraAttributes: [],
  }
}

function categoryOf({ name }: SiteEvent): string {
  if (name.includes('permissions')) return 'Permissions'
  if (name.startsWith('group')) return 'Users and groups'
  return name.startsWith('space') ? 'Spaces' : 'Pages and Blogs'
}

function objectOf(site: Site, type: string, subject: Record<string, unknown>): AuditedObject {
  const id = typeof subject.id === 'number' ? String(subject.id) : ''
  const content = site.contents.get(id) ?? site.ghosts.get(id)
  const name = type === 'space' ? site.spaces.get(id)?.name : content?.title
  const given = typeof subject.name === 'string' ? subject.name : ''
  return { name: name ?? given, type: type.charAt(0).toUpperCase() + type.slice(1), id }
}

function numberOf(text: string | undefined, byDefault: number): number {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : byDefault
}
