// Pieces of Confluence's answers that both deployments share (their v1 REST API is one code base). Fields that we do not use
// are ignored, whatever they hold.
import { z } from 'zod'
import type { ContentKind } from './site.ts'

/** Text that people wrote, as PostgreSQL can hold it: what is stored must compare as the same with what comes next time. */
export const text = z.string().transform((value) => value.replaceAll('\0', '\uFFFD').toWellFormed())

/** An id as a string of digits, whichever of the two JSON forms it came in. */
export const numericId = z.union([z.string().regex(/^\d+$/), z.int().nonnegative()]).transform((value) => String(value))

/** An instant with `Z` or the server's own offset (`+02:00`, `+1100`). Without an offset it would be a guess: refused. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/)
  .transform((value) => new Date(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')))

/** A list within an answer. It may be cut at a cap of its own, which is not documented per endpoint. */
const sublist = <Row extends z.ZodType>(row: Row) =>
  z.object({
    results: z.array(row),
    limit: z.number().optional(),
    size: z.number().optional(),
    totalSize: z.number().optional(),
    _links: z.object({ next: z.string().optional() }).optional(),
  })

/** A user as v1 gives it: `accountId` on Cloud, `userKey` on Data Center, neither for anonymous authors. */
export const v1User = z.object({
  type: z.string().optional(),
  accountId: z.string().optional(),
  userKey: z.string().optional(),
  username: z.string().optional(),
  displayName: z.string().optional(),
  email: z.string().nullish(),
  accountStatus: z.string().optional(),
  status: z.string().optional(),
  isExternalCollaborator: z.boolean().nullish(),
  isGuest: z.boolean().nullish(),
})
export type V1User = z.infer<typeof v1User>

export const v1Group = z.object({ name: z.string(), id: z.string().optional() })

export const readRestriction = z.object({
  restrictions: z
    .object({ user: sublist(v1User).optional(), group: sublist(v1Group.partial()).optional() })
    .default({}),
})
export type ReadRestriction = z.infer<typeof readRestriction>

export const label = z.object({ name: text, prefix: z.string().nullish() })

/** A page or blog post with `restrictions.read.restrictions.{user,group}` and `metadata.labels` expanded. */
export const permissionRow = z.object({
  id: numericId,
  type: z.string().optional(),
  restrictions: z.object({ read: readRestriction.optional() }).optional(),
  metadata: z.object({ labels: sublist(label).optional() }).optional(),
})
export type PermissionRow = z.infer<typeof permissionRow>

export const permissionExpansion =
  'restrictions.read.restrictions.user,restrictions.read.restrictions.group,metadata.labels'

/** What v1 calls it; everything that is no blog post is read as pages are. */
export const kindOf = (type: string | undefined): ContentKind => (type === 'blogpost' ? 'blogpost' : 'page')

/** Pages that a census lists; a server may give others in spite of what was asked. */
export function isListed<Row extends { status: string }>(row: Row): row is Row & { status: 'current' | 'archived' } {
  return row.status === 'current' || row.status === 'archived'
}
