// One small question to every kind of address that a sync asks, so that what a token may not is known before anything is
// saved. The gateway looks at the scope before it looks for the object: an id that nothing has is enough for that.
import { z } from 'zod'
import { ConnectionRevokedError } from '../../errors.ts'
import { contentOf } from './search.ts'
import { path, type HttpClient, type ReadRequest } from './http.ts'
import type { Deployment, SiteSpace } from './site.ts'

export type Access = {
  /** Scopes that the sync needs and the token lacks. */
  missing: string[]
  /** The same of those without which only pages in rare places stay closed. */
  missingRare: string[]
  /** The first question about something that is there which failed for another reason. */
  failure: unknown
}

type Probe = Pick<ReadRequest<unknown>, 'path' | 'query' | 'body'> & {
  /** Any one of them is enough. Empty where there are no scopes. */
  scopes: string[]
  /** About something that is there: then only an answer is right. */
  isReal?: boolean
  isRare?: boolean
}

type Known = { deployment: Deployment; isScoped: boolean; space: SiteSpace | undefined; userId: string | undefined }

/** Asks everything at once. Rejects only with the signal's reason. */
export async function probeAccess(http: HttpClient, known: Known, signal: AbortSignal): Promise<Access> {
  const access: Access = { missing: [], missingRare: [], failure: undefined }
  await Promise.all(
    probesOf(known).map(async ({ scopes, isReal, isRare, ...request }) => {
      try {
        await http.send({ ...request, schema: z.unknown(), maxAttempts: 2 }, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof ConnectionRevokedError && error.code === 'scope_missing')
          (isRare === true ? access.missingRare : access.missing).push(nameOf(scopes))
        else if (isReal === true) access.failure ??= error
      }
    }),
  )
  return { ...access, missing: sorted(access.missing), missingRare: sorted(access.missingRare) }
}

function probesOf(known: Known): Probe[] {
  return known.deployment === 'cloud' ? cloudProbes(known) : datacenterProbes(known)
}

function cloudProbes({ isScoped, space, userId }: Known): Probe[] {
  const real = space === undefined ? {} : { isReal: true }
  const content: Probe[] = [
    {
      path: path`/api/v2/spaces/${space?.spaceId ?? '1'}/pages`,
      query: one,
      scopes: ['read:page:confluence'],
      ...real,
    },
    { ...search(space), scopes: ['search:confluence'], isReal: true },
    {
      path: '/api/v2/users-bulk',
      body: { accountIds: [userId ?? '0'] },
      scopes: ['read:user:confluence'],
      ...(userId === undefined ? {} : { isReal: true }),
    },
  ]
  return isScoped ? [...content, ...scopeProbes] : content
}

const one = { limit: 1 }
const search = (space: SiteSpace | undefined) => ({
  path: '/rest/api/content/search',
  query: { cql: space === undefined ? 'type in (page, blogpost)' : contentOf(space), ...one },
})

const nothing = '00000000-0000-4000-8000-000000000000'
const scopeProbes: Probe[] = [
  { path: '/rest/api/user/current', scopes: ['read:confluence-user', 'read:user:confluence'] },
  { path: '/api/v2/spaces', query: one, scopes: ['read:space:confluence'] },
  { path: '/api/v2/spaces/1/permissions', query: one, scopes: ['read:space:confluence'] },
  { path: '/api/v2/pages/1/labels', query: one, scopes: ['read:page:confluence'] },
  {
    path: '/rest/api/content/1/restriction/byOperation/read',
    scopes: ['read:confluence-content.all', 'read:content.restriction:confluence'],
  },
  {
    path: `/rest/api/group/${nothing}/membersByGroupId`,
    query: one,
    scopes: ['read:confluence-groups', 'read:group:confluence'],
  },
  {
    path: '/rest/api/content/1/child/attachment/att1/download',
    scopes: ['readonly:content.attachment:confluence'],
  },
  { path: '/api/v2/folders/1', scopes: ['read:folder:confluence'] },
  { path: '/api/v2/whiteboards/1', scopes: ['read:whiteboard:confluence'], isRare: true },
  { path: '/api/v2/databases/1', scopes: ['read:database:confluence'], isRare: true },
  { path: '/api/v2/embeds/1', scopes: ['read:embed:confluence'], isRare: true },
]

/** Data Center knows no scopes, but a proxy in front of it may keep some addresses back. */
function datacenterProbes({ space }: Known): Probe[] {
  if (space === undefined) return []
  return [
    { path: '/rest/api/content', query: { spaceKey: space.key, type: 'page', ...one }, scopes: [], isReal: true },
    { ...search(space), scopes: [], isReal: true },
  ]
}

const nameOf = ([name = '', other]: string[]): string => (other === undefined ? name : `${name} (or ${other})`)
const sorted = (names: string[]): string[] => [...new Set(names)].toSorted((a, b) => a.localeCompare(b))
