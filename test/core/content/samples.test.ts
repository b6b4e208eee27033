// Pages that others wrote, read where they are at hand; nothing of them is part of this project.
import { characterEntities } from 'character-entities'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ParsedPage } from '../../../src/core/content/block.ts'
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

  it.each(globSync('**/*.expected.md', { cwd: SAMPLES }))('%s: every expected word is there, in order', (file) => {
    const expected = wordsOf(withoutAnnouncements(readFileSync(join(SAMPLES, file), 'utf8')))
    const text = pageText(readFileSync(join(SAMPLES, file.replace('.expected.md', '.xml')), 'utf8'))
    const rendered = wordsOf(text.replace(OWN_MARK_UP, ' '))
    expect(expected.length).toBeGreaterThan(5)
    expect(wordsNotIn(rendered, expected)).toEqual([])
    // The other way round: of one sample, text that the program behind the expected files drops is kept.
    expect(wordsNotIn(expected, rendered).length).toBeLessThanOrEqual(
      rendered.length * (file.includes('11-') ? 0.13 : 0),
    )
  })
})

/** Ours: what a file or another page is announced with, and the addresses of images. */
const OWN_MARK_UP = /\[(?:image|attachment): (?:https?:[^\]]*)?|^See: /gm

/**
 * Theirs: the ways in which the program that wrote the expected files announces macros, with their parameters; link
 * targets and HTML tags.
 */
function withoutAnnouncements(expected: string): string {
  return expected
    .replace(/^.*Shared Block.*$/gm, '')
    .replace(/^> \*\*[A-Z]+\*\*\n(?!>)/gm, '')
    .replace(/\*\*(?:EXPAND_END\*\*|EXPAND: |ANCHOR: .*|Include Page\*\*)|<summary>.*|_\(manual .*/g, '')
    .replace(/\]\([^)\s]*\)/g, ']')
    .replace(/<[^>]*>/g, ' ')
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{Nd}]+/gu) ?? []
}

/** The words of `words` that a longest common subsequence with `others` leaves out. */
function wordsNotIn(others: string[], words: string[]): string[] {
  const common = words.map(() => others.map(() => 0))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = words.length - 1; i >= 0; i--) {
    for (let j = others.length - 1; j >= 0; j--) {
      const row = common[i] ?? []
      row[j] = words[i] === others[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  let j = 0
  return words.filter((word, i) => {
    while (j < others.length && others[j] !== word && at(i, j + 1) === at(i, j)) j++
    const isCommon = others[j] === word && at(i, j) === at(i + 1, j + 1) + 1
    if (isCommon) j++
    return !isCommon
  })
}

describe.skipIf(!existsSync(HANDBOOK))(`pages in ${HANDBOOK} (skipped where they are missing)`, () => {
  const storages = existsSync(HANDBOOK) ? readStorages() : []

  it('are all well-formed, and only few have no text', () => {
    const pages = storages.map((storage) => parseStorage(storage))
    expect(pages.length).toBe(2_848)
    expect(pages.filter((page) => page.isDegraded)).toEqual([])
    const [empty, filled] = [pages.filter(isEmpty), pages.filter((page) => !isEmpty(page))]
    expect(filled.flatMap((page) => page.unrenderedMacros)).toEqual([])
    expect(empty.length).toBeLessThan(10)
    // Lists of child pages, and pages without anything.
    expect(new Set(empty.map((page) => page.unrenderedMacros.join()))).toEqual(new Set(['children', '']))
  })

  it('lose no word that stands outside of mark-up and settings', () => {
    for (const storage of storages) {
      const rendered = new Set(wordsOf(pageText(storage)))
      const lost = wordsOf(plainText(storage)).filter((word) => !rendered.has(word))
      expect(lost).toEqual([])
    }
  })
})

function readStorages(): string[] {
  const lines = readFileSync(HANDBOOK, 'utf8').trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { storage: string }).storage)
}

function isEmpty(page: ParsedPage): boolean {
  return chunkPage(page.blocks).length === 0
}

/** By other means than the parser's: CDATA as it is, settings away, tags away or a space. */
function plainText(storage: string): string {
  return (
    storage
      .split(/<!\[CDATA\[(.*?)\]\]>/s)
      .map((part, position) => (position % 2 === 1 ? part : decoded(part.replace(SETTINGS, ' ').replace(TAG, tagText))))
      .join('')
      // A card shows the title that its address spells.
      .replace(/https:\/\/[\w-]+\.atlassian\.net\S+/g, ' ')
      .replace(/[\p{Cf}\ufe00-\ufe0f]/gu, '')
  )
}

const SETTINGS =
  /<(ac:(?:parameter|task-id|task-uuid|task-status|adf-attribute|adf-fallback|placeholder)|time|sup)\b[^>]*(?<!\/)>.*?<\/\1>/gs
const TAG = /<\/?([\w:-]+)[^>]*>/g
const INSIDE_WORDS =
  /^(?:a|strong|em|code|span|u|sub|small|del|ac:inline-comment-marker|ac:link|ac:link-body|ac:plain-text-link-body)$/

function tagText(_tag: string, name: string): string {
  return INSIDE_WORDS.test(name) ? '' : ' '
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|([A-Za-z0-9]+));/g, (whole, code, name) =>
    code === undefined ? (characterEntities[name] ?? whole) : String.fromCodePoint(Number(code)),
  )
}
