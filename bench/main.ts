// `npm run bench -- NAME [options]`: the figures of docs/benchmarks.md, each from a run that anyone can repeat.
import { parseArgs } from 'node:util'
import { benchHandbook } from './handbook.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', default: '../shared/data/handbook' },
    flavour: { type: 'string', default: 'cloud' },
    'database-url': { type: 'string' },
  },
})

const [name] = positionals
if (name !== 'handbook' || (values.flavour !== 'cloud' && values.flavour !== 'datacenter')) {
  process.stderr.write(
    'usage: npm run bench -- handbook [--folder DIR] [--flavour cloud|datacenter] [--database-url URL]\n',
  )
  process.exitCode = 2
} else {
  await benchHandbook({ folder: values.folder, flavour: values.flavour, databaseUrl: values['database-url'] })
}
