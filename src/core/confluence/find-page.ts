// One page by the address that somebody pasted, on both deployments.
import { z } from 'zod'
import { numericId, text } from './answers.ts'
import { path, type HttpClient } from './http.ts'
import type { FoundPage, PageReference } from './site.ts'
import { orUnreadable } from './unreadable.ts'

const cloudPage = z.object({ id: numericId, title: text, status: z.string(), spaceId: numericId })

export async function findCloudPage(
  http: HttpClient,
  reference: PageReference,
  signal: AbortSignal,
): Promise<FoundPage | undefined> {
  const found =
    'pageId' in reference
      ? await orUnreadable(http.send({ path: path`/api/v2/pages/${reference.pageId}`, schema: cloudPage }, signal))
      : await findCloudTitle(http, reference, signal)
  if (found === undefined || found === 'unreadable' || found.status !== 'current') return undefined
  return { pageId: found.id, title: found.title, spaceId: found.spaceId }
}

async function findCloudTitle(
  http: HttpClient,
  { space, title }: Extract<PageReference, { title: string }>,
  signal: AbortSignal,
) {
  const query = { title, status: 'current', limit: 1 }
  const schema = z.object({ results: z.array(cloudPage) })
  const page = path`/api/v2/spaces/${space.spaceId}/pages`
  return (await http.send({ path: page, query, schema }, signal))?.results[0]
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
  if (found === undefined || found === 'unreadable' || found.status !== 'current' || found.type !== 'page')
    return undefined
  return { pageId: found.id, title: found.title, spaceId: found.space.id }
}

async function findDataCenterTitle(
  http: HttpClient,
  { space, title }: Extract<PageReference, { title: string }>,
  signal: AbortSignal,
) {
  const query = { spaceKey: space.key, title, type: 'page', status: 'current', expand: 'space', limit: 1 }
  const schema = z.object({ results: z.array(datacenterPage) })
  return (await http.send({ path: '/rest/api/content', query, schema }, signal))?.results[0]
}
