// Who has to be told what: taken in one statement each, so that of many replicas one tells it.
import { and, eq, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'
import type { Connection } from './connections.ts'

export type { Connection }

/** Connections whose credential was refused and of which nobody has said so yet. */
export function claimLosses(db: Db, now: Date): Promise<Connection[]> {
  return db
    .update(connections)
    .set({ lossToldAt: now })
    .where(
      and(eq(connections.state, 'paused'), eq(connections.pauseReason, 'credential'), isNull(connections.lossToldAt)),
    )
    .returning()
}

export async function forgetLossTold(db: Db, id: number): Promise<void> {
  await db.update(connections).set({ lossToldAt: null }).where(eq(connections.id, id))
}

/** Connections whose token ends before `warnUntil`, once; and once more when it ends before `warnAgainUntil`. */
export function claimExpiries(db: Db, now: Date, warnUntil: Date, warnAgainUntil: Date): Promise<Connection[]> {
  const againAfterMs = warnAgainUntil.getTime() - now.getTime()
  return db
    .update(connections)
    .set({ expiryToldAt: now })
    .where(
      and(
        inArray(connections.state, ['active', 'paused']),
        lte(connections.tokenExpiresAt, warnUntil),
        or(
          isNull(connections.expiryToldAt),
          and(
            lte(connections.tokenExpiresAt, warnAgainUntil),
            lt(
              connections.expiryToldAt,
              sql`${connections.tokenExpiresAt} - make_interval(secs => ${againAfterMs / 1000})`,
            ),
          ),
        ),
      ),
    )
    .returning()
}

export async function forgetExpiryTold(db: Db, id: number): Promise<void> {
  await db.update(connections).set({ expiryToldAt: null }).where(eq(connections.id, id))
}
