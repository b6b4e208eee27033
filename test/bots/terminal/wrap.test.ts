import { describe, expect, it } from 'vitest'
import { wrap } from '../../../src/bots/terminal/wrap.ts'
import { fc } from '../../support/property.ts'

describe('wrapping to 24 cells', () => {
  it.each([
    ['a paragraph', 'The harbour office closes on 30 June.', 'The harbour office\ncloses on 30 June.'],
    ['a list item', '- Open the panel behind the rack', '- Open the panel behind\n  the rack'],
    ['a numbered, nested item', '  12. Open the panel behind it', '  12. Open the panel\n      behind it'],
    ['a task', '- [x] Open the panel behind it', '- [x] Open the panel\n      behind it'],
    ['a quote', '> Note: open the panel behind it', '> Note: open the panel\n> behind it'],
    ['a long address', 'See https://acme.example/wiki/spaces/HB now', 'See\nhttps://acme.example/wiki/spaces/HB\nnow'],
    ['wide letters', '日本語日本語 日本語日本語', '日本語日本語\n日本語日本語'],
    ['what fits', 'It fits.\n\n  So does this.', 'It fits.\n\n  So does this.'],
  ])('breaks %s between words, indented', (_, text, expected) => {
    expect(wrap(text, 24)).toBe(expected)
  })

  it.each([
    ['code', '```sh\nburrow cert renew --device this-laptop\n```'],
    ['code in a longer fence', '````\n```\na line of code that is longer than the width\n````'],
    ['a table', '| Region | Daily allowance | Hotel limit |'],
  ])('leaves %s as it is', (_, text) => {
    expect(wrap(text, 24)).toBe(text)
  })
})

it('breaks nothing where there is no terminal, or one without room', () => {
  const text = 'a word '.repeat(40)
  expect([wrap(text, undefined), wrap(text, 5)]).toEqual([text, text])
})

it('loses no word of any prose', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(words, fc.integer({ min: 20, max: 80 }), (some, width) => {
      const lines = wrap(some.join(' '), width).split('\n')
      expect(lines.join(' ')).toBe(some.join(' '))
      for (const line of lines) expect(line.length <= width || !line.includes(' ')).toBe(true)
    }),
  )
})
