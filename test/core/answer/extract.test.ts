import { describe, expect, test } from 'vitest'
import { extractAnswer } from '../../../src/core/answer/extract.ts'
import { passage, leave, travel, vpn, wiki } from './passage.ts'
import { fc } from '../../support/property.ts'

describe('what is quoted', () => {
  test.each([
    [
      'the sentence that answers',
      'How many days of annual leave do I have?',
      'Every employee has 28 days of annual leave.',
    ],
    ['the sentence whose subject stands in the title', 'when does the canteen open', 'The canteen opens at 11:30.'],
    ['a table row', 'daily allowance in Asia', '| Asia | 60 EUR |'],
    [
      'a list with its lead-in',
      'How do I install the VPN client?',
      'To install the VPN client:\n- Open Self Service\n- Choose Tunnelfox 3.2\n- Restart the laptop',
    ],
    [
      'a code block with the sentence that announces it',
      'What do I run for ERR_TUN_17?',
      '```sh\ntunnelfox reset --all\n```',
    ],
  ])('%s', (_name, question, expected) => {
    const answer = extractAnswer(question, wiki)
    expect(answer?.kind).toBe('answer')
    expect(answer?.text).toContain(expected)
  })

  test('rows far down a long table come with its first row', () => {
    const rows = Array.from({ length: 40 }, (_, i) => `| Country number ${i} | ${i + 100} EUR a day |`)
    const table = passage(['| Country | Allowance |', ...rows, '| Africa | 50 EUR a day |'].join('\n'), {
      title: 'Daily allowance',
    })
    const answer = extractAnswer('daily allowance in Africa', [table])
    expect(answer?.statements[0]?.text).toBe('| Country | Allowance |')
    expect(answer?.statements[1]?.text).toContain('| Africa | 50 EUR a day |')
    expect(answer?.text).not.toContain('Country number 3 ')
  })

  test('each of two questions in one gets its own source', () => {
    const answer = extractAnswer('How many days of annual leave do I have, and how do I install the VPN client?', wiki)
    expect(answer?.text).toContain('28 days of annual leave')
    expect(answer?.text).toContain('Choose Tunnelfox 3.2')
    expect(new Set(answer?.citations.map(({ pageId }) => pageId)).size).toBeGreaterThanOrEqual(2)
  })

  test('the answer of a question that the page itself asks', () => {
    const faq = passage('May I bring my dog? Only on Fridays. May I bring my cat? Never.', { title: 'Office rules' })
    expect(extractAnswer('can I bring my dog to the office', [faq])?.statements[0]?.text).toContain('Only on Fridays.')
  })

  test('what a follow-up leaves unsaid comes from the earlier question', () => {
    const visa = passage('A visa is needed in most countries of Asia.', { title: 'Visa' })
    const earlierQuestion = 'What is the daily allowance in Europe?'
    expect(extractAnswer('and in Asia?', [visa, travel])?.statements[0]?.text).toContain('visa')
    expect(extractAnswer('and in Asia?', [visa, travel], { earlierQuestion })?.text).toContain('60 EUR')
  })

  test('a sentence that stands on two pages is quoted once', () => {
    const copy = passage(leave.text, { title: 'Annual leave (copy)' })
    const answer = extractAnswer('How many days of annual leave do I have?', [leave, copy])
    expect(answer?.text.match(/28 days/g)).toHaveLength(1)
  })
})

describe('abstaining', () => {
  test.each([
    ['another subject', 'Who designed the Eiffel tower?'],
    ['one word in common', 'Who approves invoices of marketing agencies for lunch?'],
    ['a ticket number that no page has', 'How many days of annual leave are in HR-4711?'],
    ['no words', '???'],
    ['an empty question', ''],
  ])('%s', (_name, question) => {
    expect(extractAnswer(question, wiki)).toBeUndefined()
  })

  test('without passages', () => {
    expect(extractAnswer('How many days of annual leave do I have?', [])).toBeUndefined()
  })
})

describe('citations', () => {
  test('carry the page, its link and its date, and the quote', () => {
    const answer = extractAnswer('How many days of annual leave do I have?', [leave])
    expect(answer?.citations[0]).toMatchObject({
      n: 1,
      pageId: leave.pageId,
      title: 'Annual leave',
      spaceName: 'People',
      url: leave.url,
      changedAt: leave.changedAt,
    })
    expect(answer?.citations[0]?.quote).toContain('Every employee has 28 days of annual leave.')
    expect(answer).toMatchObject({ by: 'extract', nearest: [], note: undefined })
  })

  test('two chunks of one page below one heading are one source', () => {
    const first = passage('Badges are issued at the front desk on the first day.', {
      pageId: '7',
      headingPath: ['Badges'],
    })
    const second = passage('Lost badges cost 20 EUR and the front desk replaces badges.', {
      pageId: '7',
      headingPath: ['Badges'],
    })
    const answer = extractAnswer('Where does the front desk issue and replace lost badges?', [first, second])
    expect(answer?.citations.map(({ n }) => n)).toEqual([1])
  })

  test('each paragraph and each list has its mark, what announces one stays with it', () => {
    const page = passage(
      'The badge opens the gate.\n\nA lost badge:\n\n- call the desk\n- get another badge\n\n```\nbadge lock\n\nbadge new\n```\n\nBadges cost 20 EUR.',
      { title: 'Badges' },
    )
    const answer = extractAnswer('lost badge', [page])
    expect(answer?.text).toBe(
      'The badge opens the gate. [1]\n\nA lost badge:\n\n- call the desk\n- get another badge [1]\n\n```\nbadge lock\n\nbadge new\n```\n[1]\n\nBadges cost 20 EUR. [1]',
    )
    expect(answer?.citations).toMatchObject([{ n: 1, quote: page.text }])
  })

  test('a stretch does not begin in the midst of numbered steps', () => {
    const filler =
      'This sentence of the introduction fills room until the steps begin, and says nothing of them at all. '
    const step = 'Open the panel behind the rack and wait until the lamp beside it is green again. '.repeat(6).trim()
    const steps = [step, step, 'Turn the zymurgy valve by hand.', 'Close the panel.']
    const page = passage(`${filler.repeat(6)}\n\n${steps.map((each, i) => `${i + 1}. ${each}`).join('\n')}`, {
      title: 'Maintenance',
    })
    const answer = extractAnswer('zymurgy valve by hand', [page])
    const numbered = steps.map((each, i) => `${i + 1}. ${each}`)
    expect(answer?.statements.map(({ text }) => text)).toEqual([numbered.slice(0, 3).join('\n')])
  })

  test('nor at a step below another', () => {
    const long = 'Prepare the machine for the work that follows with all the care that it needs and deserves. '
    const page = passage(`1. ${long.repeat(5)}\n2. Switch off:\n  - pull the zymurgy plug\n3. Close it.`, {
      title: 'M',
    })
    expect(extractAnswer('zymurgy plug', [page])?.text).toMatch(/^1\. Prepare/)
  })

  test('the text is the statements with their marks', () => {
    expect(extractAnswer('when does the canteen open', wiki)?.text).toBe(
      'The canteen opens at 11:30. Guests pay 9 EUR for lunch. [1]',
    )
  })
})

const words = [
  'leave',
  'days',
  'portal',
  'travel',
  'laptop',
  'allowance',
  'badge',
  'VPN',
  'client',
  'lunch',
  'PROJ-12',
  '28',
]
const sentence = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 9 })
  .map((some) => `The ${some.join(' ')}.`)
const line = fc.oneof(
  sentence,
  sentence.map((text) => `- ${text}`),
  sentence.map((text) => `| ${text} | x |`),
  sentence.map((text) => `\`\`\`\n${text}\n\`\`\``),
  fc.tuple(sentence, sentence).map((pair) => pair.join(' ')),
)
const passages = fc
  .array(
    fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 6 }),
      page: fc.integer({ min: 1, max: 4 }),
      heading: fc.constantFrom('Leave', 'Travel'),
    }),
    { maxLength: 7 },
  )
  .map((some) =>
    some.map(({ lines, page, heading }) => passage(lines.join('\n'), { pageId: String(page), headingPath: [heading] })),
  )
const question = fc
  .array(fc.constantFrom(...words, 'how', 'many'), { maxLength: 6 })
  .map((some) => `${some.join(' ')}?`)

test('whatever the pages, every statement is an exact quote with a numbered source, and there are few of them', () => {
  let answered = 0
  fc.assert(
    fc.property(question, passages, (asked, given) => {
      const answer = extractAnswer(asked, given)
      if (answer === undefined) return
      answered += 1
      expect(answer.citations.length).toBeLessThanOrEqual(3)
      expect(answer.citations.map(({ n }) => n)).toEqual(answer.citations.map((_, i) => i + 1))
      for (const { quote, pageId } of answer.citations)
        expect(given.some((each) => each.pageId === pageId && each.text.includes(quote))).toBe(true)
      for (const { text, citations } of answer.statements) {
        expect(citations.length).toBeGreaterThan(0)
        const cited = answer.citations.filter(({ n }) => citations.includes(n)).map(({ pageId }) => pageId)
        expect(given.some((each) => cited.includes(each.pageId) && each.text.includes(text))).toBe(true)
      }
      const firstUses = answer.statements.flatMap(({ citations }) => citations)
      expect([...new Set(firstUses)]).toEqual(answer.citations.map(({ n }) => n))
    }),
    { numRuns: 300 },
  )
  expect(answered).toBeGreaterThan(100)
})

test('the same question and pages give the same answer, whatever was asked before', () => {
  const before = extractAnswer('daily allowance in Asia', [travel, vpn])
  extractAnswer('How do I install the VPN client?', wiki)
  expect(extractAnswer('daily allowance in Asia', [travel, vpn])).toEqual(before)
})
