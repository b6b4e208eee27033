import { customType } from 'drizzle-orm/pg-core'
import { fromSql, toSql } from 'pgvector'

/** pgvector's half-precision vector of any number of dimensions; numbers in JavaScript. */
export const halfvec = customType<{ data: number[]; driverData: string }>({
  dataType: () => 'halfvec',
  toDriver: (value) => String(toSql(value)),
  fromDriver: (value) => fromSql(value) as number[],
})

export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })
