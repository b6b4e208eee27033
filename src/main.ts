#!/usr/bin/env node
// The command line `footnote …`. Sets the heap up before anything is loaded; program.ts does the rest.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// Compiled code is kept with what is installed, where nobody else writes: a command then takes 1.0 instead of 1.5 s of processor
// time to start. Where that folder cannot be written it does without.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/footnote', import.meta.url)))

// Pages and statements are garbage soon after they are made. V8 would let its young generation grow to 128 MB for them, and
// keep it. Measured on Node 24.21, sync of 2,848 pages into PostgreSQL: 369 MB at the peak with its default, see docs/benchmarks.md.
setFlagsFromString('--semi-space-growth-factor=1')
// The old generation may grow by six tenths before it is collected, not threefold: sync of 10,000 pages by four runs at
// once peaks at 282 MB instead of 440 MB and takes 4 % longer.
setFlagsFromString('--heap-growing-percent=60')

// What stands in the environment already wins.
const isUnreadable = existsSync('.env') && !loads('.env')
const { run } = await import('./program.ts')
if (isUnreadable) {
  process.stderr.write('The file .env of this folder cannot be read. Make it readable, or move it away.\n')
  process.exitCode = 1
} else await run()

function loads(file: string): boolean {
  try {
    process.loadEnvFile(file)
    return true
  } catch {
    return false
  }
}
