// `npm run bench -- NAME [options]`: the figures of docs/benchmarks.md, each from a run that anyone can repeat.
import { parseArgs } from 'node:util'
import { benchBreakdown } from './breakdown.ts'
import { benchCrash } from './crash.ts'
import { benchHandbook } from './handbook.ts'
import { benchSync } from './sync.ts'
import { benchUnchanged } from './unchanged.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', default: '../shared/data/handbook' },
    flavour: { type: 'string', default: 'cloud' },
    'database-url': { type: 'string' },
    pages: { type: 'string', default: '2848' },
    latency: { type: 'string', default: '0,50,200' },
    traps: { type: 'string', default: '{}' },
    kills: { type: 'string', default: '100' },
    attachments: { type: 'boolean', default: false },
    'no-peer': { type: 'boolean', default: false },
  },
})

const usage = `usage: npm run bench -- handbook [--folder DIR] [--flavour cloud|datacenter] [--database-url URL]
       npm run bench -- sync --database-url SERVER-URL [--pages N,N] [--latency MS,MS] [--flavour …] [--traps JSON] [--no-peer] [--attachments]
       npm run bench -- unchanged --database-url SERVER-URL [--pages 10000] [--latency 0] [--flavour …]
       npm run bench -- breakdown --database-url SERVER-URL [--pages N]
       npm run bench -- crash [--database-url SERVER-URL] [--pages N] [--kills N] [--flavour …]
`
const [name] = positionals
const { flavour, 'database-url': databaseUrl } = values
if (flavour !== 'cloud' && flavour !== 'datacenter') fail()
else if (name === 'handbook') await benchHandbook({ folder: values.folder, flavour, databaseUrl })
else if (name === 'sync' && databaseUrl !== undefined)
  await benchSync({
    flavour,
    pages: values.pages.split(',').map(Number),
    latenciesMs: values.latency.split(',').map(Number),
    databaseUrl,
    traps: values.traps,
    withPeer: !values['no-peer'],
    withAttachments: values.attachments,
  })
else if (name === 'unchanged' && databaseUrl !== undefined)
  await benchUnchanged({
    flavour,
    pages: Number(values.pages),
    latencyMs: Number(values.latency.split(',')[0]),
    databaseUrl,
  })
else if (name === 'breakdown' && databaseUrl !== undefined)
  await benchBreakdown({ pages: Number(values.pages), databaseUrl })
else if (name === 'crash')
  await benchCrash({ flavour, pages: Number(values.pages), kills: Number(values.kills), databaseUrl })
else fail()

function fail(): void {
  process.stderr.write(usage)
  process.exitCode = 2
}
