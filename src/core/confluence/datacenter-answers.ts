// Answers of Data Center's REST API.
import { z } from 'zod'
import { instant, numericId, text, v1User } from './answers.ts'

export const datacenterSpace = z.object({
  id: numericId,
  key: z.string(),
  name: text,
  type: z.string(),
  status: z.string().optional(),
  homepage: z.object({ id: numericId }).nullish(),
})

const ancestors = z.array(z.object({ id: numericId }))

const pageFields = {
  id: numericId,
  type: z.string().optional(),
  title: text,
  status: z.string(),
  ancestors: ancestors.optional(),
  version: z.object({ number: z.int(), when: instant, by: v1User.nullish() }),
  history: z.object({ createdDate: instant.optional(), createdBy: v1User.nullish() }),
  extensions: z.object({ position: z.unknown() }).partial().optional(),
  _links: z.object({ webui: z.string() }),
}

/** A page without the ancestors that were asked for must not be taken for one at the root; only blog posts have none. */
const hasPlace = (row: { type?: string | undefined; ancestors?: unknown }) =>
  row.type === 'blogpost' || row.ancestors !== undefined

export const datacenterPage = z.object(pageFields).refine(hasPlace, { path: ['ancestors'] })

export const datacenterBody = z.object({
  id: numericId,
  status: z.string(),
  version: z.object({ number: z.int() }),
  body: z.object({ storage: z.object({ value: z.string() }).optional() }).optional(),
})

/** A page that was asked for by id, which may be in any space. */
export const datacenterPlacedPage = z
  .object({ ...pageFields, space: z.object({ id: numericId }) })
  .refine(hasPlace, { path: ['ancestors'] })

export const datacenterAncestors = z.object({ title: text.default(''), status: z.string(), ancestors })

const spacePermission = z.object({
  operation: z.object({ targetType: z.string(), operationKey: z.string() }),
  subject: z
    .object({
      type: z.string().optional(),
      name: z.string().optional(),
      userKey: z.string().optional(),
    })
    .nullish(),
})

/** A flat array; the list form of the other endpoints is understood too. */
export const datacenterPermissions = z.union([
  z.array(spacePermission),
  z.object({ results: z.array(spacePermission) }).transform(({ results }) => results),
])
