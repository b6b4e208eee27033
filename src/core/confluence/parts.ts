// What hangs on pages: attachments and comments. Both deployments list them by search, the one way that does not ask page by
// page; a listing that lags behind is put right by the next one.
import { z } from 'zod'
import { instant, numericId, text, v1User } from './answers.ts'
import { type HttpClient, path } from './http.ts'
import { iterateByOffset } from './paging.ts'
import { contentOf, iterateSearch, type Searcher } from './search.ts'
import type { Deployment, SitePart, SiteSpace } from './site.ts'
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

/** The server's own cap without bodies. */
const listLimit = 200

export type PartReader = Searcher & { deployment: Deployment }

export async function* iterateParts(
  reader: PartReader,
  space: SiteSpace,
  signal: AbortSignal,
): AsyncGenerator<SitePart[]> {
  const search = {
    cql: contentOf(space, 'type in (attachment, comment)'),
    expand: 'version,container,extensions,metadata',
    inArchivedSpaces: space.status === 'archived',
    row: partRow,
    limit: listLimit,
    subject: `space ${space.key}`,
  }
  for await (const rows of iterateSearch(reader, search, signal)) yield rows.flatMap((row) => toPart(row) ?? [])
}

/** Those of some pages, straight from the store: Data Center's search is minutes behind what its webhooks tell. */
export async function* iteratePageParts(
  http: HttpClient,
  pageIds: string[],
  signal: AbortSignal,
): AsyncGenerator<SitePart[]> {
  for (const pageId of pageIds)
    for (const kind of ['attachment', 'comment']) {
      const listing = {
        path: path`/rest/api/content/${pageId}/child/${kind}`,
        query: { expand: 'version,container,extensions,metadata', ...(kind === 'comment' ? { depth: 'all' } : {}) },
        row: partRow,
        limit: listLimit,
        subject: `${kind}s of page ${pageId}`,
      }
      const container = { id: pageId }
      for await (const rows of iterateByOffset(http, listing, signal))
        yield rows.flatMap((row) => toPart({ ...row, container }) ?? [])
    }
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
