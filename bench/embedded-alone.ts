// The embedded database by itself: what a sync's memory is compared with. With `baseline` V8 is set as Footnote sets it.
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { PGlite } from '@electric-sql/pglite'
import { pg_textsearch } from '@electric-sql/pglite-pg_textsearch'
import { vector } from '@electric-sql/pglite-pgvector'

const [dataDir = '', settings] = process.argv.slice(2)
if (settings === 'baseline') for (const name of ['tier-up', 'dynamic-tiering']) setFlagsFromString(`--no-wasm-${name}`)

const pglite = await PGlite.create({ dataDir: join(dataDir, 'pgdata'), extensions: { vector, pg_textsearch } })
await pglite.query('select count(*) from pg_class')
await pglite.close()
