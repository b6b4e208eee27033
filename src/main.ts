#!/usr/bin/env node
// The command line `footnote …`. Sets the heap up before anything is loaded; program.ts does the rest.
import { setFlagsFromString } from 'node:v8'

// Pages and statements are garbage soon after they are made. V8 would let its young generation grow to 128 MB for them, and
// keep it. Measured on Node 24.21, sync of 2,848 pages into PostgreSQL: 369 MB at the peak with its default, see docs/benchmarks.md.
setFlagsFromString('--semi-space-growth-factor=1')

const { run } = await import('./program.ts')
await run()
