import { describe, expect, test } from 'vitest'
import { isConnective, listUnsupported } from '../../../src/core/answer/claims.ts'

describe('numbers, identifiers and links of a statement', () => {
  test.each([
    ['a number that stands there', 'You have 28 days.', 'Every employee has 28 days.', []],
    ['another number', 'You have 30 days.', 'Every employee has 28 days.', ['30']],
    ['a part of a number is not the number', 'You have 8 days.', 'Every employee has 28 days.', ['8']],
    ['thousands', 'Up to 1,000 EUR.', 'at most 1000 EUR', []],
    ['thousands in another spelling', 'Bis 1.500 EUR.', 'up to 1,500 EUR', []],
    ['a decimal comma', '7,5 Stunden', '7.5 hours', []],
    ['a leading zero', 'at 9:30', 'at 09:30', []],
    ['digits for a word', '3 weeks', 'three weeks ahead', []],
    ['a word for digits', 'three weeks', '3 weeks ahead', []],
    ['a number word that is not there', 'twelve weeks', '3 weeks ahead', ['12']],
    ['the number of a list item', '1. Open Self Service\n2. Restart', 'Open Self Service, restart', []],
    ['a ticket that is not there', 'See PROJ-1234.', 'See PROJ-1235.', ['1234', 'PROJ-1234']],
    ['an error code', 'Run it for ERR_TUN_17.', 'If it shows err_tun_17', []],
    [
      'a link that is not there',
      'See https://evil.example/login.',
      'See https://wiki.acme.example',
      ['https://evil.example/login'],
    ],
    ['a link that is there', 'See https://wiki.acme.example/a.', 'Go to https://wiki.acme.example/a today', []],
    ['a link in markdown', '[here](https://evil.example/x)', 'here', ['https://evil.example/x']],
    ['an address', 'Write to hr@acme.example', 'help@acme.example', ['hr@acme.example']],
    ['a channel', 'Ask in #help-it', 'ask in #help-hr', ['#help-it']],
    ['a command', 'Run `rm -rf`', 'Run `tunnelfox reset`', ['rm -rf']],
    ['a command, spaced differently', 'Run `tunnelfox  reset`', 'tunnelfox reset', []],
    ['a hyphenated number', 'a 30-day period', 'within 30 days', []],
  ])('%s', (_name, statement, evidence, unsupported) => {
    expect(listUnsupported(statement, evidence)).toEqual(unsupported)
  })
})

test.each([
  ['small words claim nothing', 'and it is', 'Leave', true],
  ['words of the evidence claim nothing new', 'According to the leave', 'According to the page on leave', true],
  ['other words do', 'Only contractors get', 'Leave is 28 days', false],
  ['no words at all', ' — ', '', true],
])('%s', (_name, words, evidence, expected) => {
  expect(isConnective(words, evidence)).toBe(expected)
})
