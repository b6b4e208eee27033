import { describe, expect, it } from 'vitest'
import type { Chunk } from '../../../src/core/content/block.ts'
import { fingerprintOf } from '../../../src/core/content/fingerprint.ts'

const chunk: Chunk = { ordinal: 0, headingPath: ['A'], anchor: 'A', text: 'text' }
const page = { title: 'T', ancestorTitles: ['X', 'Y'], chunks: [chunk] }

describe('the fingerprint', () => {
  it('is the same for equal content, from one version of the program to the next', () => {
    expect(fingerprintOf(page)).toBe(fingerprintOf(structuredClone(page)))
    // printf '[1,"T",["X","Y"],[[["A"],"A","text"]]]' | sha256sum
    expect(fingerprintOf(page)).toBe('418e2df11ef603362c864323ae1f44b70837c3161f06d54c09be6f8f09a3441b')
  })

  it.each([
    ['title', { ...page, title: 'U' }],
    ['ancestors', { ...page, ancestorTitles: ['XY'] }],
    ['ancestor order', { ...page, ancestorTitles: ['Y', 'X'] }],
    ['text', { ...page, chunks: [{ ...chunk, text: 'texts' }] }],
    ['heading path', { ...page, chunks: [{ ...chunk, headingPath: ['B'] }] }],
    ['anchor', { ...page, chunks: [{ ...chunk, anchor: undefined }] }],
    ['number of chunks', { ...page, chunks: [chunk, { ...chunk, ordinal: 1 }] }],
    [
      'border between chunks',
      {
        ...page,
        chunks: [
          { ...chunk, text: 'te' },
          { ...chunk, ordinal: 1, text: 'xt' },
        ],
      },
    ],
  ])('changes with the %s', (_name, changed) => {
    expect(fingerprintOf(changed)).not.toBe(fingerprintOf(page))
  })
})
