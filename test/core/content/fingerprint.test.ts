import { describe, expect, it } from 'vitest'
import type { Chunk } from '../../../src/core/content/block.ts'
import { chunkPage } from '../../../src/core/content/chunk.ts'
import { fingerprintOf } from '../../../src/core/content/fingerprint.ts'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'

const chunk: Chunk = { ordinal: 0, headingPath: ['A'], anchor: 'A', text: 'text' }
const page = { title: 'T', ancestorTitles: ['X', 'Y'], chunks: [chunk] }

describe('the fingerprint', () => {
  it('is the same for equal content, from one version of the program to the next', () => {
    expect(fingerprintOf(page)).toBe(fingerprintOf(structuredClone(page)))
    // printf '[1,"T",["X","Y"],[[["A"],"A","text"]]]' | sha256sum
    expect(fingerprintOf(page)).toBe('418e2df11ef603362c864323ae1f44b70837c3161f06d54c09be6f8f09a3441b')
  })

  it('does not change with what nobody reads', () => {
    const before = panel('1', ' ') + link('')
    expect(fingerprint(panel('2', '\n&nbsp;\u200b') + link('ri:version-at-save="4"'))).toBe(fingerprint(before))
    expect(fingerprint(before.replace('two', 'three'))).not.toBe(fingerprint(before))
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

function fingerprint(storage: string): string {
  return fingerprintOf({ ...page, chunks: chunkPage(parseStorage(storage).blocks) })
}

function panel(id: string, space: string): string {
  const settings = `ac:name="info" ac:macro-id="${id}" ac:schema-version="1"`
  return `<h2 local-id="${id}">T</h2>${space}<ac:structured-macro ${settings}><ac:rich-text-body><p>one${space} two</p></ac:rich-text-body></ac:structured-macro>`
}

function link(version: string): string {
  return `<p><ac:link><ri:page ${version} ri:content-title="P" /></ac:link><ac:inline-comment-marker ac:ref="${version.length}">x</ac:inline-comment-marker></p>`
}
