// What all replicas know of a site: how many runs ask it just now, and for how long it wants to be left alone.
import { type SQL, sql } from 'drizzle-orm'
import { type Db, rows } from '../database.ts'

/**
 * Each connection's site, under one name also where it is reached by several addresses. The name that the site gives itself
 * may be known for one of its connections only.
 */
export const sitesOfConnections: SQL = sql`(select id, base_url, coalesce(max(site_key) over (partition by base_url), base_url) as site
     from connections)`

export type SiteLoad = {
  /** Runs at work at the site, in whichever process; those whose worker died count until their lease ends. */
  running: number
  /** Those of them that ask this base URL and whose worker's name begins with `owner`. */
  own: number
  /** For how much longer the site wants to be left alone; 0: not at all. */
  heldForMs: number
}

export async function readSiteLoad(db: Db, baseUrl: string, owner: string, now: Date): Promise<SiteLoad> {
  const [load] = await rows<{ running: number | string; own: number | string; heldForMs: number | string }>(
    db,
    sql`with sites as ${sitesOfConnections},
             this as (select coalesce((select site from sites where base_url = ${baseUrl} limit 1), ${baseUrl}) as site),
             runs as (
               select r.worker, c.base_url from sync_runs r
                 join spaces s on s.id = r.space_id join sites c on c.id = s.connection_id
                where r.state = 'running' and r.lease_until >= ${now.toISOString()} and c.site = (select site from this))
        select (select count(*) from runs) as running,
               (select count(*) from runs where base_url = ${baseUrl} and starts_with(worker, ${owner})) as own,
               (select coalesce(max(extract(epoch from held_until - clock_timestamp()) * 1000), 0) from site_holds
                 where base_url = ${baseUrl}
                    or base_url in (select base_url from sites where site = (select site from this))) as "heldForMs"`,
  )
  if (load === undefined) throw new Error('the load of a site was not read')
  return {
    running: Number(load.running),
    own: Number(load.own),
    heldForMs: Math.max(0, Math.ceil(Number(load.heldForMs))),
  }
}

/** Nobody asks the site for so long. A longer hold stays. By the database's clock: those of the replicas may differ by more than a short hold. */
export async function holdSite(db: Db, baseUrl: string, forMs: number): Promise<void> {
  await db.execute(
    sql`insert into site_holds (base_url, held_until)
        values (${baseUrl}, clock_timestamp() + ${forMs}::double precision * interval '1 millisecond')
        on conflict (base_url) do update set held_until = greatest(site_holds.held_until, excluded.held_until)`,
  )
}

export async function purgeExpiredHolds(db: Db): Promise<void> {
  await db.execute(sql`delete from site_holds where held_until <= clock_timestamp()`)
}
