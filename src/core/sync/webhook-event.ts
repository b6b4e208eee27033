// The body of a Data Center webhook → what to look at again. It holds ids only, and is never trusted for more than that. Pure.

export type WebhookEvent = {
  /** The same for every delivery of one event. */
  key: string
  event: string
  /** Pages to look at; or what hangs on them, where the event does not name the page. */
  contentIds: string[]
  /** Whether the spaces of these pages have to be listed anew. */
  isOfTree: boolean
  /** A space to list anew. */
  space: { id: string | undefined; key: string | undefined } | undefined
  /** Everything has to be looked at: groups, accounts, or which spaces there are. */
  isOfSite: boolean
  /** Who is in which group has to be asked for again. */
  isOfMembers: boolean
}

const nothing = { contentIds: [], isOfTree: false, space: undefined, isOfSite: false, isOfMembers: false }

/**
 * Undefined for what is no object. An event that is unknown, or lacks what it should name, asks for nothing: the schedule
 * finds what it was about. `page_removed` and `page_trashed` mean one thing in the documentation and the other on real sites;
 * on either the page is asked for.
 */
export function parseWebhookEvent(body: unknown): WebhookEvent | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const payload = body as Payload
  const event = typeof payload['event'] === 'string' ? payload['event'] : ''
  const timestamp = payload['timestamp']
  const contentIds = findContentIds(payload)
  const space = findSpace(payload)
  const about = [...contentIds, space?.id, space?.key, nameIn(payload, 'group'), nameIn(payload, 'user')]
  const key = JSON.stringify([event, typeof timestamp === 'number' ? timestamp : undefined, payload['userKey'], about])
  return { key, event, ...nothing, ...meaningOf(event, contentIds, space) }
}

function meaningOf(event: string, contentIds: string[], space: WebhookEvent['space']): Partial<WebhookEvent> {
  if (event === 'page_moved' || event === 'page_children_reordered') return { contentIds, isOfTree: true }
  if (/^(page|blog|comment|attachment|label)_/.test(event) || event === 'content_permissions_updated')
    return { contentIds }
  if (event === 'space_updated' || event === 'space_permissions_updated')
    return { space, isOfSite: space === undefined }
  if (event.startsWith('space_')) return { isOfSite: true }
  if (/^(group|user)_/.test(event)) return { isOfSite: true, isOfMembers: true }
  return {}
}

type Payload = Record<string, unknown>

/** The page first: only where it is not named does what hangs on it stand for it. */
const pageNames = ['page', 'blog', 'blogpost', 'content', 'attachedTo', 'labeled']
const partNames = ['comment', 'attachment']

function findContentIds(payload: Payload): string[] {
  for (const names of [pageNames, partNames]) {
    const ids = names.flatMap((name) => idIn(payload, name) ?? [])
    if (ids.length > 0) return [...new Set(ids)]
  }
  return []
}

function findSpace(payload: Payload): WebhookEvent['space'] {
  const [id, key] = [idIn(payload, 'space'), fieldIn(payload, 'space', 'key')]
  const named = typeof key === 'string' && key !== '' && key.length <= 255 ? key : undefined
  return id === undefined && named === undefined ? undefined : { id, key: named }
}

/** Ids are numbers; some versions write them as text. */
function idIn(payload: Payload, name: string): string | undefined {
  const id = fieldIn(payload, name, 'id')
  if (typeof id === 'number') return Number.isSafeInteger(id) && id > 0 ? String(id) : undefined
  return typeof id === 'string' && /^[1-9]\d{0,18}$/.test(id) ? id : undefined
}

function nameIn(payload: Payload, name: string): string | undefined {
  const value = fieldIn(payload, name, 'name') ?? fieldIn(payload, name, 'userKey')
  return typeof value === 'string' ? value : undefined
}

function fieldIn(payload: Payload, name: string, field: string): unknown {
  const record = payload[name]
  return typeof record === 'object' && record !== null ? (record as Payload)[field] : undefined
}
