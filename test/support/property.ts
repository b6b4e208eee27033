// fast-check with one seed, so that the same commit always gives the same verdict. `PROPERTY_SEED=random npm test` looks
// further, `PROPERTY_RUNS=200` longer where a test is slow; a failure prints its seed.
import * as fc from 'fast-check'

const { PROPERTY_SEED = '20261120', PROPERTY_RUNS } = process.env
fc.configureGlobal(PROPERTY_SEED === 'random' ? {} : { seed: Number(PROPERTY_SEED) })

/** How often a slow property is tried: `usual` in every test run, `PROPERTY_RUNS` when somebody has time. */
export const slowRuns = (usual: number): number => Number(PROPERTY_RUNS ?? usual)

export { fc }
