// What happened on a site, told to whoever listens: the webhooks of Data Center. Named as they name it.
import type { Site } from './model.ts'

export type SiteEvent = {
  name:
    | `page_${'created' | 'updated' | 'moved' | 'trashed' | 'purged' | 'restored' | 'archived'}`
    | `blog_${'created' | 'updated' | 'trashed' | 'purged' | 'restored'}`
    | `comment_${'created' | 'updated' | 'removed'}`
    | `attachment_${'created' | 'updated' | 'removed'}`
    | `space_${'created' | 'updated' | 'removed' | 'permissions_updated'}`
    | `label_${'added' | 'removed'}`
    | 'content_permissions_updated'
    | 'group_updated'
  /** The records that it is about, by their name in the payload. */
  subjects: Record<string, Record<string, unknown>>
  /** Account id; the sync account's when nobody is named. */
  by?: string | undefined
}

export type SiteListener = (event: SiteEvent) => void

export function emit(site: Site, event: SiteEvent): void {
  for (const listener of site.listeners) listener(event)
}
