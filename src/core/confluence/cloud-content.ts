// Pages and blog posts of Cloud, without and with their bodies, from the v2 REST API, which reads the database.
import type { z } from 'zod'
import { TransientError } from '../../errors.ts'
import { isListed } from './answers.ts'
import { cloudBody, cloudPage } from './cloud-answers.ts'
import { path, type HttpClient } from './http.ts'
import type { BodyReader } from './page-bodies.ts'
import { collect, iterateByCursor } from './paging.ts'
import type { CensusPage, CensusRow, ContentKind, PageBody, SiteSpace } from './site.ts'

/** As many ids as one request may name. */
export const bodyBatchSize = 250

/** Where v2 keeps what. */
export const collections = {
  page: 'pages',
  blogpost: 'blogposts',
  folder: 'folders',
  whiteboard: 'whiteboards',
  database: 'databases',
  embed: 'embeds',
} as const

/** Blog posts cannot be archived: their lists know no such status. */
const statuses = { page: ['current', 'archived'], blogpost: ['current'] } as const

export async function* iterateCensus(
  http: HttpClient,
  space: SiteSpace,
  signal: AbortSignal,
): AsyncGenerator<CensusPage[]> {
  for (const kind of ['page', 'blogpost'] as const) {
    const listing = {
      path: path`/api/v2/spaces/${space.spaceId}/${collections[kind]}`,
      query: { status: [...statuses[kind]], ...(kind === 'page' ? { depth: 'all' } : {}) },
      row: cloudPage,
      limit: 250,
      subject: `space ${space.key}`,
    }
    for await (const rows of iterateByCursor(http, listing, signal)) {
      yield rows.filter(isListed).map((row) => toCensusPage(kind, row))
    }
  }
}

export async function fetchCensusRows(
  http: HttpClient,
  pages: Pick<CensusPage, 'pageId' | 'kind'>[],
  signal: AbortSignal,
): Promise<CensusRow[]> {
  const found: CensusRow[] = []
  for (const kind of ['page', 'blogpost'] as const) {
    const wanted = new Set(pages.flatMap((page) => (page.kind === kind ? [page.pageId] : [])))
    const ids = [...wanted]
    for (let start = 0; start < ids.length; start += bodyBatchSize) {
      const listing = {
        path: `/api/v2/${collections[kind]}`,
        query: { id: ids.slice(start, start + bodyBatchSize), status: [...statuses[kind]] },
        row: cloudPage,
        limit: bodyBatchSize,
        subject: 'list of pages',
      }
      for (const row of await collect(iterateByCursor(http, listing, signal)))
        if (wanted.has(row.id) && isListed(row)) found.push({ ...toCensusPage(kind, row), spaceId: row.spaceId })
    }
  }
  return found
}

function toCensusPage(
  kind: ContentKind,
  row: z.infer<typeof cloudPage> & { status: CensusPage['status'] },
): CensusPage {
  return {
    pageId: row.id,
    kind,
    title: row.title,
    status: row.status,
    parentId: row.parentId ?? undefined,
    parentType: parentTypeOf(row),
    position: row.position ?? undefined,
    versionNumber: row.version.number,
    versionAt: row.version.createdAt,
    createdAt: row.createdAt ?? undefined,
    authorId: row.authorId ?? undefined,
    lastEditorId: row.version.authorId ?? undefined,
    webPath: row._links.webui,
  }
}

const parents = new Set<string>(['page', 'folder', 'whiteboard', 'database', 'embed'])

export function parentTypeOf(row: {
  parentId?: string | null | undefined
  parentType?: string | null | undefined
}): CensusPage['parentType'] {
  if (row.parentId === null || row.parentId === undefined) return undefined
  return parents.has(row.parentType ?? '') ? (row.parentType as CensusPage['parentType']) : 'unknown'
}

export function readBodies(http: HttpClient, kind: ContentKind): BodyReader['read'] {
  return async (pageIds, maxAttempts, signal) => {
    const listing = {
      path: `/api/v2/${collections[kind]}`,
      query: { id: pageIds, status: [...statuses[kind]], 'body-format': 'storage' },
      row: cloudBody,
      limit: bodyBatchSize,
      subject: 'list of pages',
      mayShrink: false,
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
    }
    const rows = await collect(iterateByCursor(http, listing, signal))
    return rows.filter(isListed).map(toBody)
  }
}

function toBody(row: z.infer<typeof cloudBody>): PageBody {
  if (row.body.storage === undefined) {
    throw new TransientError(
      'answer_malformed',
      `Confluence gave page ${row.id} without its storage format: try again later.`,
    )
  }
  return { pageId: row.id, versionNumber: row.version.number, status: row.status, storage: row.body.storage.value }
}
