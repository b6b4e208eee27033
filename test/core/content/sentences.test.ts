import { describe, expect, it } from 'vitest'
import { splitSentences } from '../../../src/core/content/sentences.ts'
import { fc } from '../../support/property.ts'

const texts = (text: string) => splitSentences(text).map((sentence) => sentence.text)

const cases: [name: string, sentences: string[]][] = [
  ['plain sentences', ['One is here.', 'Two is there!', 'Is three?', 'Four']],
  [
    'versions, decimals, addresses and files',
    ['Use v2.3.1 of app.config.json.', 'See https://x.example/a.b?c=d. It costs 3.50 at most.'],
  ],
  [
    'abbreviations',
    ['Use tools, e.g. Jira or i.e. Confluence, vs. Trello.', 'Ask Dr. Weber or J. Smith of U.S. Sales.', 'Next.'],
  ],
  ['numbers behind words', ['See No. 5, Fig. 3 and Art. 6 for it.', 'No.', 'It is 5.', 'The rest follows.']],
  ['units that look like titles', ['It takes 20 ms.', 'The rest waits.']],
  [
    'German',
    [
      'Das gilt z. B. in Berlin, d. h. überall, bzw. Bonn.',
      'Am 3. Mai beginnt der 2. Schritt.',
      'Seit 2024.',
      'Und Schluss.',
    ],
  ],
  ['quotes and brackets', ['He said “stop.”', 'Then (see above.)', '“We went.”']],
  ['ellipses', ['Wait… then go.', 'Well...', 'Yes?!', 'No!']],
]

describe('sentences', () => {
  it.each(cases)('of prose: %s', (_name, sentences) => {
    const expected = sentences.flatMap((sentence) => sentence.split(/(?<=c=d\.) /))
    expect(texts(sentences.join(' '))).toEqual(expected)
  })

  it('end without a space in Chinese and Japanese', () => {
    expect(texts('今天休假。请联系经理！“好。”下一步？完')).toEqual([
      '今天休假。',
      '请联系经理！',
      '“好。”',
      '下一步？',
      '完',
    ])
  })

  it('end at line ends', () => {
    expect(texts('Owner: Ada\nTier: 1. Really\n\nMore')).toEqual(['Owner: Ada', 'Tier: 1.', 'Really', 'More'])
  })

  it('are whole items, rows and fences, without the marks of lists and quotes', () => {
    const text = [
      'Do this:',
      '',
      '- First. Always.',
      '  - [x] Inner. Done.',
      '12. Twelfth. Yes.',
      '',
      '> Warning: Never. Really.',
      '> - item. one',
      '',
      '| a. B | c |',
      '',
      'run.sh',
      '```sh',
      'one. Two',
      '',
      '- three',
      '```',
      '## Title. Of it',
      'End.',
    ].join('\n')
    expect(splitSentences(text).map(({ kind, text }) => [kind, text])).toEqual([
      ['prose', 'Do this:'],
      ['item', 'First. Always.'],
      ['item', '[x] Inner. Done.'],
      ['item', 'Twelfth. Yes.'],
      ['prose', 'Warning: Never.'],
      ['prose', 'Really.'],
      ['item', 'item. one'],
      ['row', '| a. B | c |'],
      ['prose', 'run.sh'],
      ['code', '```sh\none. Two\n\n- three\n```'],
      ['heading', 'Title. Of it'],
      ['prose', 'End.'],
    ])
  })

  it('take a fence to its own end, and an open one to the end of the text', () => {
    expect(texts('````\na ```\n```\n````\nb')).toEqual(['````\na ```\n```\n````', 'b'])
    expect(texts('a\n```\nb\nc')).toEqual(['a', '```\nb\nc'])
  })

  it('are exact, ordered substrings that leave out only white space and marks', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('. ', 'A', '```', '\n', '- ', '> ', '| a |', '。', '1. ', '## ', '  ', 'z. B. '),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('')
        let rest = ''
        let position = 0
        for (const sentence of splitSentences(text)) {
          expect(text.slice(sentence.start, sentence.end)).toBe(sentence.text)
          expect(sentence.text.trim()).toBe(sentence.text)
          expect(sentence.start).toBeGreaterThanOrEqual(position)
          rest += text.slice(position, sentence.start)
          position = sentence.end
        }
        expect(rest + text.slice(position)).toMatch(/^(?:\s|> |- |#{1,6} |\d{1,6}\. )*>?\s*$/)
      }),
      { numRuns: 500 },
    )
  })

  it('are found in linear time', () => {
    for (const text of [
      '.'.repeat(300_000),
      '. '.repeat(300_000),
      `.${'"'.repeat(300_000)}`,
      'z. B. '.repeat(50_000),
      '`'.repeat(300_000),
    ]) {
      expect(
        splitSentences(text)
          .map((sentence) => sentence.text.length)
          .reduce((sum, length) => sum + length, 0),
      ).toBeGreaterThan(0)
    }
  })
})
