// The page that an attachment or a comment hangs on, on Data Center: its webhooks name a comment without the page.
import { z } from 'zod'
import { numericId } from './answers.ts'
import { path, type HttpClient } from './http.ts'
import { orUnreadable } from './unreadable.ts'

const part = z.object({
  type: z.string(),
  container: z.object({ id: numericId, type: z.string().optional() }).optional(),
})

export async function findContainer(
  http: HttpClient,
  contentId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const below = path`/rest/api/content/${contentId}`
  const found = await orUnreadable(http.send({ path: below, query: { expand: 'container' }, schema: part }, signal))
  if (found === undefined || found === 'unreadable') return undefined
  // A page's own container is its space.
  return found.type === 'comment' || found.type === 'attachment' ? found.container?.id : undefined
}
