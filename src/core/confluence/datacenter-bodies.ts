// Page bodies of Data Center.
import type { z } from 'zod'
import { TransientError } from '../../errors.ts'
import { isListed } from './answers.ts'
import { askEach } from './ask-each.ts'
import { datacenterBody } from './datacenter-answers.ts'
import { fetchContent } from './datacenter-content.ts'
import type { HttpClient } from './http.ts'
import type { BodyReader } from './page-bodies.ts'
import { collect, iterateByOffset } from './paging.ts'
import type { PageBody } from './site.ts'
import { orUnreadable } from './unreadable.ts'

/** The server's own cap for lists with a body expanded. */
export const bodyBatchSize = 50

/** By search, fifty at once; what the index does not know yet, one by one. */
export function createBodyReader(http: HttpClient): BodyReader['read'] {
  return async (pageIds, maxAttempts, signal) => {
    const limits = maxAttempts === undefined ? {} : { maxAttempts }
    const found = new Map<string, PageBody>()
    if (pageIds.length > 1) {
      const listing = {
        path: '/rest/api/content/search',
        query: { cql: `id in (${pageIds.map(digits).join(',')})`, expand: 'body.storage,version' },
        row: datacenterBody,
        limit: bodyBatchSize,
        subject: 'list of pages',
        mayShrink: false,
        maxRows: pageIds.length,
        ...limits,
      }
      for (const row of await collect(iterateByOffset(http, listing, signal))) {
        const body = toBody(row)
        if (body !== undefined) found.set(body.pageId, body)
      }
    }
    const missing = pageIds.filter((pageId) => !found.has(pageId))
    const alone = await askEach(missing, (pageId) => findBody(http, pageId, limits, signal))
    return [...found.values(), ...alone.flatMap((body) => body ?? [])]
  }
}

async function findBody(
  http: HttpClient,
  pageId: string,
  limits: { maxAttempts?: number },
  signal: AbortSignal,
): Promise<PageBody | undefined> {
  const row = await orUnreadable(fetchContent(http, pageId, 'body.storage,version', datacenterBody, signal, limits))
  if (row === undefined || row === 'unreadable' || !isListed(row)) return undefined
  const body = toBody(row)
  if (body === undefined) {
    throw new TransientError(
      'answer_malformed',
      `Confluence gave page ${pageId} without its storage format: try again later.`,
    )
  }
  return body
}

function toBody(row: z.infer<typeof datacenterBody>): PageBody | undefined {
  const storage = row.body?.storage?.value
  // The search index keeps pages for a while after they were trashed.
  return storage === undefined || !isListed(row)
    ? undefined
    : { pageId: row.id, versionNumber: row.version.number, status: row.status, storage }
}

/** Ids are put into CQL: nothing but digits may get there. */
function digits(pageId: string): string {
  if (!/^\d+$/.test(pageId)) throw new RangeError('a page id consists of digits')
  return pageId
}
