// Answers of Cloud's v2 REST API.
import { z } from 'zod'
import { instant, numericId, text } from './answers.ts'

export const cloudSpace = z.object({
  id: numericId,
  key: z.string(),
  name: text,
  type: z.string(),
  status: z.string(),
  homepageId: numericId.nullish(),
})

/** A page or a blog post, which has no place in the tree. */
export const cloudPage = z.object({
  id: numericId,
  title: text,
  status: z.string(),
  spaceId: numericId,
  parentId: numericId.nullish(),
  parentType: z.string().nullish(),
  position: z.number().nullish(),
  authorId: z.string().nullish(),
  createdAt: instant.nullish(),
  version: z.object({ number: z.int(), createdAt: instant, authorId: z.string().nullish() }),
  _links: z.object({ webui: z.string() }),
})

export const cloudBody = z.object({
  id: numericId,
  status: z.string(),
  version: z.object({ number: z.int() }),
  body: z.object({ storage: z.object({ value: z.string() }).optional() }),
})

export const cloudAncestor = z.object({
  title: text.nullish(),
  status: z.string().nullish(),
  parentId: numericId.nullish(),
  parentType: z.string().nullish(),
})

export const cloudPermission = z.object({
  principal: z.object({ type: z.string(), id: z.string().nullish() }).nullish(),
  operation: z.object({ key: z.string(), targetType: z.string() }),
})

export const cloudUser = z.object({
  accountId: z.string(),
  displayName: z.string().nullish(),
  publicName: z.string().nullish(),
  email: z.string().nullish(),
  accountStatus: z.string().nullish(),
  isExternalCollaborator: z.boolean().nullish(),
  isGuest: z.boolean().nullish(),
})
