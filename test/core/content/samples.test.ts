// Pages that others wrote, read where they are at hand; nothing of them is part of this project.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chunkPage } from '../../../src/core/content/chunk.ts'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { pageText } from './page-text.ts'

const DATA = join(import.meta.dirname, '../../../../shared/data')
const SAMPLES = join(DATA, 'confluence/storage-samples')
const HANDBOOK = join(DATA, 'handbook/pages.jsonl')

describe.skipIf(!existsSync(SAMPLES))(`samples in ${SAMPLES} (skipped where they are missing)`, () => {
  const files = globSync('**/*.{xml,xhtml,html}', { cwd: SAMPLES })

  it('are there', () => expect(files.length).toBeGreaterThan(100))

  it.each(files)('%s is well-formed and its text survives', (file) => {
    const page = parseStorage(readFileSync(join(SAMPLES, file), 'utf8'))
    expect(page.isDegraded).toBe(false)
  })

  it.each(globSync('**/*.expected.md', { cwd: SAMPLES }))('%s: no expected word is missing', (file) => {
    const expected = readFileSync(join(SAMPLES, file), 'utf8')
    const text = pageText(readFileSync(join(SAMPLES, file.replace('.expected.md', '.xml')), 'utf8'))
    expect(missingWords(expected, text)).toEqual([])
  })
})

/** With these the program that wrote the expected files announces macros, and shows parameters that are no text. */
const MARK_UP_LINES = /^.*(?:ANCHOR:|Shared Block).*$/gm
const MARK_UP_WORDS = new Set(
  'expand end anchor include shared block manual correction required link needs from'.split(' '),
)

/** Link targets are not text here, nor do HTML tags count. */
function missingWords(expected: string, text: string): string[] {
  const found = new Set(wordsOf(text))
  const words = wordsOf(
    expected
      .replace(MARK_UP_LINES, '')
      .replace(/\]\([^)\s]*\)/g, ']')
      .replace(/<[^>]*>/g, ' '),
  )
  return [...new Set(words)].filter((word) => !found.has(word) && !MARK_UP_WORDS.has(word))
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

describe.skipIf(!existsSync(HANDBOOK))(`pages in ${HANDBOOK} (skipped where they are missing)`, () => {
  it('are all well-formed, and only few have no text', () => {
    const storages = readFileSync(HANDBOOK, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { storage: string }).storage)
    const pages = storages.map((storage) => parseStorage(storage))
    expect(pages.length).toBe(2_848)
    expect(pages.filter((page) => page.isDegraded)).toEqual([])
    expect(new Set(pages.flatMap((page) => page.unrenderedMacros))).toEqual(new Set())
    expect(pages.filter((page) => chunkPage(page.blocks).length === 0).length).toBeLessThan(15)
  })
})
