// What a scoped token or an OAuth token needs for each address: v2 wants granular scopes, v1 classic ones, of which some
// have granular twins.
import type { FastifyRequest } from 'fastify'

/** The first rule whose pattern fits the route decides; one of its scopes is enough. */
const rules: [route: RegExp, scopes: string[]][] = [
  [/^\/api\/v2\/spaces\/:id\/(role-assignments)$/, ['read:space.permission:confluence']],
  [/^\/api\/v2\/space-role-mode$/, ['read:configuration:confluence']],
  [/^\/api\/v2\/space-roles/, ['read:space.permission:confluence']],
  [/^\/api\/v2\/data-policies\/metadata$/, ['read:configuration:confluence']],
  [/^\/api\/v2\/data-policies\/spaces$/, ['read:space:confluence']],
  [/\/ancestors$/, ['read:content.metadata:confluence']],
  [/\/(direct-children|descendants)$/, ['read:hierarchical-content:confluence']],
  [/^\/api\/v2\/(.*\/)?attachments/, ['read:attachment:confluence']],
  [/^\/api\/v2\/(.*\/)?(footer|inline)-comments/, ['read:comment:confluence']],
  [/^\/api\/v2\/spaces\/:id\/(pages|blogposts)$/, ['read:page:confluence']],
  [/^\/api\/v2\/spaces/, ['read:space:confluence']],
  [/^\/api\/v2\/(pages|blogposts)/, ['read:page:confluence']],
  [/^\/api\/v2\/folders/, ['read:folder:confluence']],
  [/^\/api\/v2\/whiteboards/, ['read:whiteboard:confluence']],
  [/^\/api\/v2\/databases/, ['read:database:confluence']],
  [/^\/api\/v2\/embeds/, ['read:embed:confluence']],
  [/^\/api\/v2\/users-bulk$/, ['read:user:confluence']],
  [/^\/api\/v2\/content\/convert-ids-to-types$/, ['read:content.metadata:confluence']],
  [/^\/rest\/api\/(content\/)?search$/, ['search:confluence']],
  [/\/restriction/, ['read:confluence-content.all', 'read:content.restriction:confluence']],
  [/\/permission\/check$/, ['read:confluence-content.permission']],
  [/\/download$/, ['readonly:content.attachment:confluence']],
  [/^\/rest\/api\/user/, ['read:confluence-user', 'read:user:confluence']],
  [/^\/rest\/api\/group/, ['read:confluence-groups', 'read:group:confluence']],
  [/^\/rest\/api\/audit/, ['read:audit-log:confluence']],
  [/^\/rest\/api\/space/, ['read:confluence-space.summary']],
  [/^\/rest\/api\/content/, ['read:confluence-content.all']],
]

const known = new Map<string, string[]>()

/** Empty for an address without a rule: no scope opens it. `prefix` is the gateway's path. */
export function scopesFor(request: FastifyRequest, prefix: string): string[] {
  const route = (request.routeOptions.url ?? '').slice(prefix.length)
  let scopes = known.get(route)
  if (scopes === undefined) {
    scopes = rules.find(([pattern]) => pattern.test(route))?.[1] ?? []
    known.set(route, scopes)
  }
  return scopes
}
