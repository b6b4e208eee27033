// What hangs on pages: attachments and comments. Both deployments list them by search, the one way that does not ask page by
// page; a listing that lags behind is put right by the next one.
import { z } from 'zod'
import { instant, numericId, text, v1User } from './answers.ts'
import { contentOf } from './cql.ts'
import { path, type HttpClient } from './http.ts'
import { type BodyReader, fetchPageBodies } from './page-bodies.ts'
import { collect, type iterateByCursor, type iterateByOffset } from './paging.ts'
import type { Deployment, PageBodies, SitePart, SiteSpace } from './site.ts'
import { orUnreadable } from './unreadable.ts'

const partRow = z.object({
  /** Cloud, and newer Data Centers, write `att` before an attachment's number. */
  id: z.union([z.string(), z.int()]).transform(String),
  type: z.string(),
  status: z.string(),
  title: text.default(''),
  version: z.object({ number: z.int(), when: instant, by: v1User.nullish() }),
  container: z.object({ id: numericId }).optional(),
  extensions: z.object({ mediaType: z.string(), fileSize: z.number() }).partial().optional(),
  metadata: z.object({ mediaType: z.string() }).partial().optional(),
  _links: z.object({ webui: z.string(), download: z.string() }).partial().optional(),
})

const commentBody = z.object({
  id: numericId,
  status: z.string(),
  version: z.object({ number: z.int() }),
  body: z.object({ storage: z.object({ value: z.string() }) }),
})

/** The server's own caps: without a body, and with one. */
const listLimit = 200
export const commentBatchSize = 50

export type PartReader = {
  deployment: Deployment
  http: HttpClient
  iterate: typeof iterateByCursor | typeof iterateByOffset
  verifySite: BodyReader['verifySite']
}

export async function* iterateParts(
  { http, iterate }: PartReader,
  space: SiteSpace,
  signal: AbortSignal,
): AsyncGenerator<SitePart[]> {
  const listing = {
    path: '/rest/api/content/search',
    query: { cql: contentOf(space, 'type in (attachment, comment)'), expand: 'version,container,extensions,metadata' },
    row: partRow,
    limit: listLimit,
    subject: `space ${space.key}`,
  }
  for await (const rows of iterate(http, listing, signal)) yield rows.flatMap((row) => toPart(row) ?? [])
}

/** Undefined for what is in the trash and for what hangs on nothing that is listed. */
function toPart(row: z.infer<typeof partRow>): SitePart | undefined {
  if (row.status !== 'current' || row.container === undefined) return undefined
  if (row.type !== 'attachment' && row.type !== 'comment') return undefined
  return {
    partId: row.id,
    kind: row.type,
    pageId: row.container.id,
    title: row.title,
    versionNumber: row.version.number,
    versionAt: row.version.when,
    authorId: row.version.by?.accountId ?? row.version.by?.userKey,
    mediaType: row.extensions?.mediaType ?? row.metadata?.mediaType,
    fileSize: row.extensions?.fileSize,
    webPath: row._links?.webui,
    downloadPath: row._links?.download,
  }
}

/** Bodies of at most `commentBatchSize` comments. */
export async function fetchCommentBodies(
  { http, iterate, verifySite }: PartReader,
  commentIds: string[],
  signal: AbortSignal,
): Promise<PageBodies> {
  const read: BodyReader['read'] = async (ids, maxAttempts) => {
    const listing = {
      path: '/rest/api/content/search',
      query: { cql: `type = comment and id in (${ids.filter(isNumber).join(',')})`, expand: 'body.storage,version' },
      row: commentBody,
      limit: commentBatchSize,
      subject: 'list of comments',
      mayShrink: false,
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
    }
    const rows = await collect(iterate(http, listing, signal))
    return rows.map((row) => ({
      pageId: row.id,
      versionNumber: row.version.number,
      status: row.status,
      storage: row.body.storage.value,
    }))
  }
  return fetchPageBodies({ read, verifySite }, commentIds, signal)
}

/** Ids are put into CQL: nothing but digits may get there. */
const isNumber = (id: string): boolean => /^\d+$/.test(id)

/** An attachment's bytes; undefined when it is gone or may not be read. One of more than `maxBytes` rejects. */
export async function downloadAttachment(
  { http, deployment }: PartReader,
  part: SitePart,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  // The gateway serves no download links, only this.
  const below =
    deployment === 'cloud' || part.downloadPath === undefined
      ? path`/rest/api/content/${part.pageId}/child/attachment/${part.partId}/download`
      : part.downloadPath
  if (!/^\/(?!\/)/.test(below)) return undefined
  const bytes = await orUnreadable(http.download(below, maxBytes, signal))
  return bytes === 'unreadable' ? undefined : bytes
}
