import { expect, test } from 'vitest'
import { composeText, locateQuote, startNumbering } from '../../../src/core/answer/cite.ts'
import { passage } from './passage.ts'
import { fc } from '../../support/property.ts'

test('numbers sources by page and heading in order of first use', () => {
  const numbering = startNumbering()
  const a = passage('alpha', { pageId: '1', headingPath: ['A'] })
  const b = passage('beta', { pageId: '1', headingPath: ['B'] })
  const again = passage('gamma', { pageId: '1', headingPath: ['A'] })
  const numbers = [b, a, again, b].map((each) => numbering.cite({ passage: each, start: 0, end: each.text.length }))
  expect(numbers).toEqual([1, 2, 2, 1])
  expect(numbering.citations.map(({ quote }) => quote)).toEqual(['beta', 'alpha'])
})

test('gives each comment and each file a number of its own, with its name and its address', () => {
  const numbering = startNumbering()
  const comments = ['one', 'two'].map((text) =>
    passage(text, {
      pageId: '1',
      part: 'Comment by Ann',
      headingPath: ['Comment by Ann'],
      url: `https://wiki/${text}`,
    }),
  )
  const page = passage('three', { pageId: '1' })
  const numbers = [...comments, page].map((each) => numbering.cite({ passage: each, start: 0, end: each.text.length }))
  expect(numbers).toEqual([1, 2, 3])
  expect(numbering.citations.map(({ part, url }) => [part, url])).toEqual([
    ['Comment by Ann', 'https://wiki/one'],
    ['Comment by Ann', 'https://wiki/two'],
    [undefined, page.url],
  ])
})

test('widens a quote to hold all that was quoted from its chunk', () => {
  const numbering = startNumbering()
  const given = passage('one two three four')
  numbering.cite({ passage: given, start: 8, end: 13 })
  numbering.cite({ passage: given, start: 4, end: 7 })
  expect(numbering.citations[0]?.quote).toBe('two three')
})

test('puts list items and rows on consecutive lines, other statements in paragraphs, marks below a code block', () => {
  const statements = ['Do this:', '- first', '- second', '```\nrun\n```'].map((text, i) => ({
    text,
    citations: [i + 1],
  }))
  expect(composeText(statements)).toBe('Do this: [1]\n\n- first [2]\n- second [3]\n\n```\nrun\n```\n[4]')
})

test('keeps the rows of a table below its header', () => {
  const statements = ['| Day | Hour |', '| Mon | 9 |\n| Tue | 10 |'].map((text) => ({ text, citations: [1] }))
  expect(composeText(statements)).toBe('| Day | Hour | [1]\n| Mon | 9 |\n| Tue | 10 | [1]')
})

test.each([
  ['exactly', 'a b c', 'b', [2, 3]],
  ['with other whitespace', 'a\n\nb  c', 'a b c', [0, 7]],
  ['joined without whitespace', 'One.\n\nTwo.', 'One.Two.', [0, 10]],
  ['not at all', 'a b c', 'd', undefined],
  ['in another case', 'a b c', 'B', undefined],
  ['nothing', 'a b c', '  ', undefined],
])('finds a quote %s', (_name, text, quote, place) => {
  const found = locateQuote(text, quote)
  expect(found && [found.start, found.end]).toEqual(place)
})

test('finds every stretch of a text in it, and what it finds is that stretch', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab \n.]{1,30}$/), fc.nat(29), fc.nat(29), (text, from, to) => {
      const quote = text.slice(Math.min(from, to), Math.max(from, to))
      const place = locateQuote(text, quote)
      if (bare(quote) === '') expect(place).toBeUndefined()
      else expect(bare(text.slice(place?.start, place?.end))).toBe(bare(quote))
    }),
  )
})

function bare(text: string): string {
  return text.replace(/\s+/g, '')
}
