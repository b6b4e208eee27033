// The embedded database by itself, with V8's own settings: what a sync's memory is compared with.
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pg_textsearch } from '@electric-sql/pglite-pg_textsearch'
import { vector } from '@electric-sql/pglite-pgvector'

const [dataDir = ''] = process.argv.slice(2)
const pglite = await PGlite.create({ dataDir: join(dataDir, 'pgdata'), extensions: { vector, pg_textsearch } })
await pglite.query('select count(*) from pg_class')
await pglite.close()
