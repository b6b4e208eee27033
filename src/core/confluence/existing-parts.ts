// Which attachments and comments are still there, asked of the store: search goes on finding what was deleted, and does not
// find yet what is new.
import { z } from 'zod'
import { AccessDeniedError } from '../../errors.ts'
import { fetchContent } from './datacenter-content.ts'
import { path, type HttpClient } from './http.ts'
import type { SitePart } from './site.ts'
import { orUnreadable } from './unreadable.ts'

type Wanted = Pick<SitePart, 'partId' | 'kind'>

const state = z.object({ status: z.string() })

/** As many ids as one request may name (v2's published description). */
const maxIds = 100
/** Parts that are asked for at a time where each is a request; the site's pacer decides how many it really gets. */
const askedAtATime = 16

/** Deleted comments are gone for good; a deleted attachment is in the trash, and only its status says so. */
export async function fetchExistingCloudParts(
  http: HttpClient,
  parts: Wanted[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const comments = idsOf(parts, 'comment')
  const attachments = await keepExisting(idsOf(parts, 'attachment'), async (partId) => {
    const found = await orUnreadable(http.send({ path: path`/api/v2/attachments/${partId}`, schema: state }, signal))
    return isThere(found)
  })
  const found = new Set(attachments)
  for (let start = 0; start < comments.length; start += maxIds) {
    for (const id of await keepKnownIds(http, comments.slice(start, start + maxIds), signal)) found.add(id)
  }
  return found
}

/** Ids of what is not there, or not visible, are answered with null. */
async function keepKnownIds(http: HttpClient, contentIds: string[], signal: AbortSignal): Promise<string[]> {
  const schema = z.object({ results: z.record(z.string(), z.string().nullable()) })
  const answer = await http.send({ path: '/api/v2/content/convert-ids-to-types', body: { contentIds }, schema }, signal)
  if (answer === undefined)
    throw new AccessDeniedError('not_visible', 'This account may not ask which comments are still there.')
  return contentIds.filter((id) => typeof answer.results[id] === 'string')
}

export async function fetchExistingDataCenterParts(
  http: HttpClient,
  parts: Wanted[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const ids = [...new Set(parts.map(({ partId }) => partId))]
  const existing = await keepExisting(ids, async (partId) =>
    isThere(await orUnreadable(fetchContent(http, partId, 'version', state, signal))),
  )
  return new Set(existing)
}

async function keepExisting(ids: string[], isThereStill: (partId: string) => Promise<boolean>): Promise<string[]> {
  const existing: string[] = []
  for (let start = 0; start < ids.length; start += askedAtATime) {
    const asked = ids.slice(start, start + askedAtATime)
    const answers = await Promise.all(asked.map(isThereStill))
    existing.push(...asked.filter((_, index) => answers[index]))
  }
  return existing
}

function isThere(found: z.infer<typeof state> | 'unreadable' | undefined): boolean {
  return found !== undefined && found !== 'unreadable' && ['current', 'archived'].includes(found.status)
}

const idsOf = (parts: Wanted[], kind: SitePart['kind']) => [
  ...new Set(parts.flatMap((part) => (part.kind === kind ? [part.partId] : []))),
]
