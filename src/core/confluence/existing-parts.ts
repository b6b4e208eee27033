// Which attachments and comments are still there, asked of the store: search goes on finding what was deleted, and does not
// find yet what is new.
import { z } from 'zod'
import { askEach } from './ask-each.ts'
import { fetchContent } from './datacenter-content.ts'
import { path, type HttpClient } from './http.ts'
import type { SitePart } from './site.ts'
import { orUnreadable } from './unreadable.ts'

type Wanted = Pick<SitePart, 'partId' | 'kind'>

const state = z.object({ status: z.string() })

/** As many ids as one request may name (v2's published description). */
const maxIds = 100

/** Deleted comments are gone for good; a deleted attachment is in the trash, and only its status says so. */
export async function fetchExistingCloudParts(
  http: HttpClient,
  parts: Wanted[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const attachments = await keepExisting(idsOf(parts, 'attachment'), (partId) =>
    isThere(http.send({ path: path`/api/v2/attachments/${partId}`, schema: state }, signal)),
  )
  const found = new Set(attachments)
  const comments = idsOf(parts, 'comment')
  for (let start = 0; start < comments.length; start += maxIds) {
    const ids = comments.slice(start, start + maxIds)
    const known = (await findKnownIds(http, ids, signal)) ?? (await keepComments(http, ids, signal))
    for (const id of known) found.add(id)
  }
  return found
}

/** Ids of what is not there, or not visible, are answered with null. Undefined where this account may not ask at all. */
async function findKnownIds(
  http: HttpClient,
  contentIds: string[],
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const schema = z.object({ results: z.record(z.string(), z.string().nullable()) })
  const request = { path: '/api/v2/content/convert-ids-to-types', body: { contentIds }, schema }
  const answer = await orUnreadable(http.send(request, signal))
  if (answer === undefined || answer === 'unreadable') return undefined
  return contentIds.filter((id) => typeof answer.results[id] === 'string')
}

async function keepComments(http: HttpClient, ids: string[], signal: AbortSignal): Promise<string[]> {
  const ask = (below: string) => isThere(http.send({ path: below, schema: state }, signal))
  return keepExisting(
    ids,
    async (id) => (await ask(path`/api/v2/footer-comments/${id}`)) || (await ask(path`/api/v2/inline-comments/${id}`)),
  )
}

export async function fetchExistingDataCenterParts(
  http: HttpClient,
  parts: Wanted[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const ids = new Set(parts.map(({ partId }) => partId))
  return new Set(
    await keepExisting([...ids], (partId) => isThere(fetchContent(http, partId, 'version', state, signal))),
  )
}

async function keepExisting(ids: string[], exists: (partId: string) => Promise<boolean>): Promise<string[]> {
  const answers = await askEach(ids, exists)
  return ids.filter((_, index) => answers[index])
}

async function isThere(asked: Promise<z.infer<typeof state> | undefined>): Promise<boolean> {
  const found = await orUnreadable(asked)
  return found !== undefined && found !== 'unreadable' && ['current', 'archived'].includes(found.status)
}

const idsOf = (parts: Wanted[], kind: SitePart['kind']) => [
  ...new Set(parts.flatMap((part) => (part.kind === kind ? [part.partId] : []))),
]
