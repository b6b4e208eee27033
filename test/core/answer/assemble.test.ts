import { describe, expect, test } from 'vitest'
import { type RawCitation, startAssembly, verifyCitation } from '../../../src/core/answer/assemble.ts'
import type { Passage } from '../../../src/core/answer/answer.ts'
import { leave, travel, vpn, wiki } from './passage.ts'

const days = 'Every employee has 28 days of annual leave.'
const carry = 'Up to 5 days carry over until the end of March.'
const desk = 'Flights are booked through the travel desk.'

function cite(given: Passage, citedText: string): RawCitation {
  const index = wiki.indexOf(given)
  return { type: 'search_result_location', cited_text: citedText, search_result_index: index, source: given.url }
}

/** Runs whole replies: a string is an uncited block, a pair is text with its citations. */
function assemble(...blocks: (string | [string, ...RawCitation[]])[]) {
  const assembly = startAssembly('How much leave do I have?', wiki)
  for (const block of blocks) {
    if (typeof block === 'string') assembly.add(block, [])
    else assembly.add(block[0], block.slice(1) as RawCitation[])
  }
  assembly.finish(false)
  return assembly
}

const textsOf = (...blocks: Parameters<typeof assemble>): string[] =>
  assemble(...blocks).statements.map(({ text }) => text)

describe('statements', () => {
  test('are the cited blocks, with numbers in order of first use', () => {
    const { statements, citations } = assemble(['Book at the desk.', cite(travel, desk)], ' ', [
      'You have 28 days.',
      cite(leave, days),
    ])
    expect(statements).toEqual([
      { text: 'Book at the desk.', citations: [1] },
      { text: 'You have 28 days.', citations: [2] },
    ])
    expect(citations.map(({ pageId, quote }) => [pageId, quote])).toEqual([
      [travel.pageId, desk],
      [leave.pageId, days],
    ])
  })

  test('take the punctuation that follows a cited block', () => {
    expect(
      textsOf(['You have 28 days', cite(leave, days)], '. ', ['5 days carry over', cite(leave, carry)], '.'),
    ).toEqual(['You have 28 days.', '5 days carry over.'])
  })

  test('join the cited parts of one sentence and their citations', () => {
    const { statements } = assemble(
      ['You have 28 days', cite(leave, days)],
      ' and ',
      ['book at the desk', cite(travel, desk)],
      '.',
    )
    expect(statements).toEqual([{ text: 'You have 28 days and book at the desk.', citations: [1, 2] }])
  })

  test('keep list marks that the model left uncited', () => {
    expect(textsOf('- ', ['28 days', cite(leave, days)], '\n- ', ['5 days', cite(leave, carry)])).toEqual([
      '- 28 days',
      '- 5 days',
    ])
  })

  test('keep an uncited lead that repeats the evidence', () => {
    expect(textsOf('For annual leave, ', ['you have 28 days.', cite(leave, days)])).toEqual([
      'For annual leave, you have 28 days.',
    ])
  })

  test('lose headings, bold type and citation marks of the model', () => {
    expect(textsOf(['## Leave\nYou have **28** days [1].', cite(leave, days)])).toEqual(['Leave\nYou have 28 days.'])
  })

  test('keep code as it is, whatever language the model names', () => {
    const code = cite(vpn, '```sh\ntunnelfox reset --all\n```')
    expect(textsOf(['Run:\n```bash\ntunnelfox reset --all\n```', code])).toEqual([
      'Run:\n```bash\ntunnelfox reset --all\n```',
    ])
    expect(textsOf(['Run:\n```bash\ntunnelfox delete --all\n```', code])).toEqual([])
  })
})

describe('dropped', () => {
  test.each<[string, Parameters<typeof assemble>, string[]]>([
    [
      'a claim without a citation',
      ['Contractors get 10. ', ['You have 28 days.', cite(leave, days)]],
      ['You have 28 days.'],
    ],
    [
      'a claim after the cited one',
      [['You have 28 days.', cite(leave, days)], ' Contractors get none.'],
      ['You have 28 days.'],
    ],
    [
      'a lead with a claim of its own',
      ['Only contractors know that ', ['you have 28 days.', cite(leave, days)]],
      ['you have 28 days.'],
    ],
    [
      'a sentence whose lead turns it round',
      ['Contractors do not get that, ', ['you have 28 days.', cite(leave, days)]],
      [],
    ],
    ['a claim whose cited text stands nowhere', [['You have 28 days.', cite(leave, 'Everybody has 28 days.')]], []],
    ['a claim with another number', [['You have 30 days.', cite(leave, days)]], []],
    [
      'a claim whose number stands in another sentence than the cited one',
      [['5 days carry over.', cite(leave, days)]],
      [],
    ],
    ['a claim with a link', [['See https://evil.example/ for 28 days.', cite(leave, days)]], []],
    ['nothing but punctuation', [['...', cite(leave, days)]], []],
  ])('%s', (_name, blocks, expected) => {
    expect(textsOf(...blocks)).toEqual(expected)
  })

  test('the number of a source that only a dropped statement used', () => {
    const { citations } = assemble(['Fly for 3 EUR.', cite(travel, desk)], '\n', [
      'You have 28 days.',
      cite(leave, days),
    ])
    expect(citations.map(({ n, pageId }) => [n, pageId])).toEqual([[1, leave.pageId]])
  })

  test('the sentence under way when the reply was cut, not those before it', () => {
    const assembly = startAssembly('How much leave?', wiki)
    assembly.add('You have 28 days.', [cite(leave, days)])
    assembly.add(' 5 days carry', [cite(leave, carry)])
    expect(assembly.finish(true)).toEqual([])
    expect(assembly.statements.map(({ text }) => text)).toEqual(['You have 28 days.'])
  })
})

test('statements are handed out as soon as they are complete, and never again', () => {
  const assembly = startAssembly('How much leave?', wiki)
  expect(assembly.add('You have 28 days', [cite(leave, days)])).toEqual([])
  expect(assembly.add('. ', []).map(({ text }) => text)).toEqual(['You have 28 days.'])
  expect(assembly.add('5 days carry over.', [cite(leave, carry)])).toEqual([])
  expect(assembly.finish(false).map(({ text }) => text)).toEqual(['5 days carry over.'])
})

describe('a citation', () => {
  const good = cite(leave, days)
  test('gives the place of its text in the stored passage', () => {
    expect(verifyCitation(good, wiki)).toEqual({ passage: leave, start: 0, end: days.length })
  })

  test('of two blocks joined without whitespace is found', () => {
    const joined = `${days} ${carry}Request leave in the Timely portal at least two weeks ahead.`
    expect(verifyCitation(cite(leave, joined), wiki)?.end).toBe(leave.text.length)
  })

  test.each<[string, RawCitation]>([
    ['of another kind', { ...good, type: 'char_location' }],
    ['of a search result that was not sent', { ...good, search_result_index: 9 }],
    ['with another source', { ...good, source: 'https://evil.example/' }],
    ['whose text stands in another passage', { ...good, cited_text: desk }],
    ['of nothing', { ...good, cited_text: ' ' }],
  ])('%s counts for nothing', (_name, citation) => {
    expect(verifyCitation(citation, wiki)).toBeUndefined()
  })
})
