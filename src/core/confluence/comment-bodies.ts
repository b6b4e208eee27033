// Bodies of comments: by search, fifty at once, and what the index does not know one by one from the store.
import { z } from 'zod'
import { numericId } from './answers.ts'
import { askEach } from './ask-each.ts'
import { fetchContent } from './datacenter-content.ts'
import { path } from './http.ts'
import { type BodyReader, fetchPageBodies } from './page-bodies.ts'
import { collect } from './paging.ts'
import type { PartReader } from './parts.ts'
import { iterateSearch } from './search.ts'
import type { PageBodies, PageBody } from './site.ts'
import { orUnreadable } from './unreadable.ts'

const row = z.object({
  id: numericId,
  status: z.string(),
  version: z.object({ number: z.int() }),
  body: z.object({ storage: z.object({ value: z.string() }) }),
})
type Row = z.infer<typeof row>
type Limits = { maxAttempts?: number }

/** The server's own cap for lists with a body expanded. */
export const commentBatchSize = 50

/** Bodies of at most `commentBatchSize` comments. */
export async function fetchCommentBodies(
  reader: PartReader & { verifySite: BodyReader['verifySite'] },
  commentIds: string[],
  signal: AbortSignal,
): Promise<PageBodies> {
  const read: BodyReader['read'] = async (ids, maxAttempts) => {
    const limits: Limits = maxAttempts === undefined ? {} : { maxAttempts }
    const found = new Map<string, PageBody>()
    const keep = (each: Row) => found.set(each.id, toBody(each))
    const missing = () => ids.filter((id) => isNumber(id) && !found.has(id))
    // The comments do not say whether their space is archived, where only the broader search finds them.
    for (const inArchivedSpaces of [false, true])
      for (const each of await searchBodies(reader, missing(), inArchivedSpaces, limits, signal)) keep(each)
    for (const each of await askEach(missing(), (id) => findBody(reader, id, limits, signal)))
      if (each !== undefined) keep(each)
    return [...found.values()]
  }
  return fetchPageBodies({ read, verifySite: reader.verifySite }, commentIds, signal)
}

async function searchBodies(
  reader: PartReader,
  ids: string[],
  inArchivedSpaces: boolean,
  limits: Limits,
  signal: AbortSignal,
): Promise<Row[]> {
  if (ids.length === 0) return []
  const search = {
    cql: `type = comment and id in (${ids.join(',')})`,
    expand: 'body.storage,version',
    inArchivedSpaces,
    row,
    limit: commentBatchSize,
    subject: 'list of comments',
    mayShrink: false,
    maxRows: ids.length,
    ...limits,
  }
  return collect(iterateSearch(reader, search, signal))
}

/** Undefined when it is gone or invisible. On Cloud, footer and inline comments have addresses of their own. */
async function findBody(
  { deployment, http }: PartReader,
  commentId: string,
  limits: Limits,
  signal: AbortSignal,
): Promise<Row | undefined> {
  if (deployment === 'datacenter') {
    const found = await orUnreadable(fetchContent(http, commentId, 'body.storage,version', row, signal, limits))
    return found === 'unreadable' ? undefined : found
  }
  const query = { 'body-format': 'storage' }
  for (const below of [path`/api/v2/footer-comments/${commentId}`, path`/api/v2/inline-comments/${commentId}`]) {
    const found = await orUnreadable(http.send({ path: below, query, schema: row, ...limits }, signal))
    if (found !== undefined && found !== 'unreadable') return found
  }
  return undefined
}

function toBody(each: Row): PageBody {
  return {
    pageId: each.id,
    versionNumber: each.version.number,
    status: each.status,
    storage: each.body.storage.value,
  }
}

/** Ids are put into CQL: nothing but digits may get there. */
const isNumber = (commentId: string): boolean => /^\d+$/.test(commentId)
