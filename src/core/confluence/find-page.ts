// One page or blog post by the address that somebody pasted, on both deployments.
import { z } from 'zod'
import { numericId, text } from './answers.ts'
import { collections } from './cloud-content.ts'
import { path, type HttpClient } from './http.ts'
import type { ContentKind, FoundPage, PageReference } from './site.ts'
import { orUnreadable } from './unreadable.ts'

const cloudPage = z.object({ id: numericId, title: text, status: z.string(), spaceId: numericId })

/** Page and blog post ids never meet, but each has an address of its own. */
export async function findCloudPage(
  http: HttpClient,
  reference: PageReference,
  signal: AbortSignal,
): Promise<FoundPage | undefined> {
  for (const kind of ['page', 'blogpost'] as const) {
    const found =
      'pageId' in reference
        ? await findCloudId(http, kind, reference.pageId, signal)
        : await findCloudTitle(http, kind, reference, signal)
    if (found?.status === 'current') return { pageId: found.id, kind, title: found.title, spaceId: found.spaceId }
  }
  return undefined
}

async function findCloudId(http: HttpClient, kind: ContentKind, pageId: string, signal: AbortSignal) {
  const below = path`/api/v2/${collections[kind]}/${pageId}`
  const found = await orUnreadable(http.send({ path: below, schema: cloudPage }, signal))
  return found === 'unreadable' ? undefined : found
}

async function findCloudTitle(
  http: HttpClient,
  kind: ContentKind,
  { space, title }: Extract<PageReference, { title: string }>,
  signal: AbortSignal,
) {
  const query = { title, status: 'current', limit: 1 }
  const schema = z.object({ results: z.array(cloudPage) })
  const below = path`/api/v2/spaces/${space.spaceId}/${collections[kind]}`
  return (await http.send({ path: below, query, schema }, signal))?.results[0]
}

const datacenterPage = z.object({
  id: numericId,
  type: z.string(),
  title: text,
  status: z.string(),
  space: z.object({ id: numericId }),
})

export async function findDataCenterPage(
  http: HttpClient,
  reference: PageReference,
  signal: AbortSignal,
): Promise<FoundPage | undefined> {
  const found =
    'pageId' in reference
      ? await orUnreadable(
          http.send(
            {
              path: path`/rest/api/content/${reference.pageId}`,
              query: { expand: 'space' },
              schema: datacenterPage,
            },
            signal,
          ),
        )
      : await findDataCenterTitle(http, reference, signal)
  if (found === undefined || found === 'unreadable' || found.status !== 'current') return undefined
  if (found.type !== 'page' && found.type !== 'blogpost') return undefined
  return { pageId: found.id, kind: found.type, title: found.title, spaceId: found.space.id }
}

async function findDataCenterTitle(
  http: HttpClient,
  { space, title }: Extract<PageReference, { title: string }>,
  signal: AbortSignal,
) {
  const schema = z.object({ results: z.array(datacenterPage) })
  for (const type of ['page', 'blogpost']) {
    const query = { spaceKey: space.key, title, type, status: 'current', expand: 'space', limit: 1 }
    const found = (await http.send({ path: '/rest/api/content', query, schema }, signal))?.results[0]
    if (found !== undefined) return found
  }
  return undefined
}
