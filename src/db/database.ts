export type Database = { kind: 'postgres' | 'embedded' }
