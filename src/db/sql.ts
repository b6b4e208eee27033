import { type SQL, sql } from 'drizzle-orm'

/** A parameter of type `bigint[]`; one parameter, however many ids. */
export function bigints(ids: readonly number[]): SQL {
  return sql`${`{${ids.join(',')}}`}::bigint[]`
}

/** A parameter of type `text[]`. */
export function texts(values: readonly string[]): SQL {
  return sql`array(select jsonb_array_elements_text(${json(values)}))`
}

/** Rows of values as one `jsonb` parameter, for `jsonb_to_recordset`. Lone surrogates and NUL, which jsonb refuses, are replaced. */
export function json(value: unknown): SQL {
  return sql`${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? storable(inner) : inner))}::jsonb`
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}
