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

export const datacenterPage = z.object({
  id: numericId,
  title: text,
  status: z.string(),
  ancestors,
  version: z.object({ number: z.int(), when: instant, by: v1User.nullish() }),
  history: z.object({ createdDate: instant.optional(), createdBy: v1User.nullish() }),
  extensions: z.object({ position: z.unknown() }).partial().optional(),
  _links: z.object({ webui: z.string() }),
})

export const datacenterBody = z.object({
  id: numericId,
  status: z.string(),
  version: z.object({ number: z.int() }),
  body: z.object({ storage: z.object({ value: z.string() }).optional() }).optional(),
})

export const datacenterAncestors = z.object({ status: z.string(), ancestors })

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
