// The kinds of column that the tables share. Instants end in `_at`.
import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'
import { fromSql, toSql } from 'pgvector'

/** pgvector's half-precision vector of any number of dimensions; numbers in JavaScript. */
export const halfvec = customType<{ data: number[]; driverData: string }>({
  dataType: () => 'halfvec',
  toDriver: (value) => String(toSql(value)),
  fromDriver: (value) => fromSql(value) as number[],
})

/** Text compared byte by byte: a third faster than by a language's rules, which terms do not need. */
export const byteText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' })

export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

export const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
/** One of our own ids. */
export const reference = (name: string) => bigint(name, { mode: 'number' })
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
export const createdAt = () => instant('created_at').notNull().defaultNow()
