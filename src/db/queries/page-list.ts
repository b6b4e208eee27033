// Stored pages as admins look at them: which state each is in, and why.
import { sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'
import { bigints } from '../sql.ts'

export const pageStates = ['stored', 'failed', 'excluded', 'held', 'waiting'] as const
export type PageState = (typeof pageStates)[number]

export type PageFilter = {
  state?: PageState | undefined
  /** Only pages of which a part was not rendered, or whose markup is damaged. */
  isPartial?: boolean | undefined
  /** Row ids; undefined: every living connection. */
  connectionIds?: number[] | undefined
  spaceIds?: number[] | undefined
  /** A part of the title, whatever its case. */
  title?: string | undefined
}

export type ListedPage = {
  pageId: string
  title: string
  spaceKey: string
  connection: string
  state: PageState
  /** Why it failed, or the rule that leaves it out. */
  reason: string | undefined
  /** What of its text is not searched, although it is stored. */
  note: string | undefined
  url: string
  changedAt: string
}

const state = sql`case
  when p.tombstoned_at is not null then 'held'
  when p.exclusion is not null then 'excluded'
  when p.failure is not null then 'failed'
  when p.indexed_version is null or p.access_set_id is null then 'waiting'
  else 'stored' end`

const isPartial = sql`(p.is_degraded or p.unrendered_macros <> '{}')`

/** The first `limit` pages by space and title, and how many there are. Deleted pages are not among them. */
export async function listPages(
  db: Db,
  filter: PageFilter,
  limit: number,
): Promise<{ pages: ListedPage[]; total: number }> {
  type Row = Omit<ListedPage, 'reason' | 'note' | 'changedAt'> & {
    reason: string | null
    isDegraded: boolean
    unrenderedMacros: string[]
    changedAt: string | Date
    total: string | number
  }
  const found = await rows<Row>(
    db,
    sql`select *, count(*) over () as total from (
          select p.page_id as "pageId", p.title, s.key as "spaceKey", c.name as connection, ${state} as state,
                 coalesce(p.exclusion, p.failure) as reason, c.base_url || p.web_path as url,
                 p.version_at as "changedAt", p.is_degraded as "isDegraded",
                 to_jsonb(p.unrendered_macros) as "unrenderedMacros"
            from pages p join spaces s on s.id = p.space_id join connections c on c.id = s.connection_id
           where c.state in ('active', 'paused')
             and (p.tombstoned_at is null or p.indexed_version is not null)
             ${filter.connectionIds === undefined ? sql`` : sql`and c.id = any(${bigints(filter.connectionIds)})`}
             ${filter.spaceIds === undefined ? sql`` : sql`and s.id = any(${bigints(filter.spaceIds)})`}
             ${filter.isPartial === true ? sql`and p.indexed_version is not null and ${isPartial}` : sql``}
             ${filter.title === undefined ? sql`` : sql`and position(lower(${filter.title}) in lower(p.title)) > 0`}
        ) each
        ${filter.state === undefined ? sql`` : sql`where state = ${filter.state}`}
        order by connection, "spaceKey", title, "pageId" limit ${limit}`,
  )
  const pages = found.map(({ total: _total, reason, isDegraded, unrenderedMacros, changedAt, ...page }) => ({
    ...page,
    reason: reason ?? undefined,
    note: page.state === 'stored' ? describePart(isDegraded, unrenderedMacros) : undefined,
    changedAt: new Date(changedAt).toISOString(),
  }))
  return { pages, total: Number(found[0]?.total ?? 0) }
}

function describePart(isDegraded: boolean, unrenderedMacros: string[]): string | undefined {
  const notes = [
    ...(unrenderedMacros.length === 0 ? [] : [`not rendered: ${unrenderedMacros.join(', ')}`]),
    ...(isDegraded ? ['its markup is damaged'] : []),
  ]
  return notes.length === 0 ? undefined : notes.join('; ')
}

/** Hidden pages whose chunks are kept, by space. */
export async function countHeldPages(db: Db, spaceIds: number[]): Promise<Map<number, number>> {
  const found = await rows<{ spaceId: string | number; held: string | number }>(
    db,
    sql`select space_id as "spaceId", count(*) as held from pages
         where space_id = any(${bigints(spaceIds)}) and tombstoned_at is not null and indexed_version is not null
         group by space_id`,
  )
  return new Map(found.map((row) => [Number(row.spaceId), Number(row.held)]))
}
