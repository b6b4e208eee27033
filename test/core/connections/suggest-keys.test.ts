import { describe, expect, it } from 'vitest'
import { suggestKeys } from '../../../src/core/connections/suggest-keys.ts'

const spaces = [
  { key: 'IT', name: 'Information technology' },
  { key: 'ITSM', name: 'Service management' },
  { key: 'HR', name: 'People' },
  { key: 'ENG', name: 'Engineering' },
  { key: 'MARKETING', name: 'Marketing' },
]

describe('suggested space keys', () => {
  it.each([
    ['ENGG', ' Did you mean ENG?'],
    ['EGN', ' Did you mean ENG?'],
    ['eng', ' Did you mean ENG?'],
    ['Engineering', ' Did you mean ENG?'],
    ['MARKTING', ' Did you mean MARKETING?'],
    ['people', ' Did you mean HR?'],
    ['peop', ' Did you mean HR?'],
    ['TI', ' Did you mean IT?'],
    ['ITS', ' Did you mean IT or ITSM?'],
    ['FINANCE', ' It sees IT, ITSM, HR, ENG, MARKETING.'],
  ])('for %s:%s', (typed, expected) => {
    expect(suggestKeys(typed, spaces)).toBe(expected)
  })

  it('name at most three that are near, the nearest first', () => {
    const near = ['AB', 'ABD', 'ABE', 'ABF'].map((key) => ({ key, name: `Space ${key}` }))
    expect(suggestKeys('ABD', near)).toBe(' Did you mean ABD or AB or ABE?')
  })

  it('count the rest of a long list', () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ key: `LONGKEY${i}`, name: `Space ${i}` }))
    expect(suggestKeys('x', many)).toMatch(/^ It sees LONGKEY0, .*LONGKEY7 and 3 more\.$/)
  })

  it('are listed as the caller words it', () => {
    expect(suggestKeys('x', spaces.slice(0, 2), 'Known here:')).toBe(' Known here: IT, ITSM.')
  })

  it('are none where there is no space', () => {
    expect(suggestKeys('x', [])).toBe('')
  })
})
