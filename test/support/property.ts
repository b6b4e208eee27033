// fast-check with one seed, so that the same commit always gives the same verdict. `PROPERTY_SEED=random npm test` looks
// further; a failure prints its seed.
import * as fc from 'fast-check'

const { PROPERTY_SEED = '20261120' } = process.env
fc.configureGlobal(PROPERTY_SEED === 'random' ? {} : { seed: Number(PROPERTY_SEED) })

export { fc }
