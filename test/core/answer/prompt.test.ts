import { expect, test } from 'vitest'
import { buildMessages, splitCitable } from '../../../src/core/answer/prompt.ts'
import { leave, travel, vpn } from './passage.ts'
import { fc } from '../../support/property.ts'

test('sends each passage as a search result with its path, space and date, then the question', () => {
  expect(buildMessages('How long?', [], [leave])).toEqual([
    {
      role: 'user',
      content: [
        {
          type: 'search_result',
          source: leave.url,
          title: 'Annual leave › Entitlement (space People, last changed 2026-03-02)',
          content: [
            {
              type: 'text',
              text: 'Every employee has 28 days of annual leave. Up to 5 days carry over until the end of March.',
            },
            { type: 'text', text: 'Request leave in the Timely portal at least two weeks ahead.' },
          ],
          citations: { enabled: true },
        },
        { type: 'text', text: 'How long?' },
      ],
    },
  ])
})

test('makes list items, rows and code citable on their own', () => {
  expect(splitCitable(vpn.text)).toEqual([
    'To install the VPN client:',
    '- Open Self Service',
    '- Choose Tunnelfox 3.2',
    '- Restart the laptop',
    'If it shows ERR_TUN_17, run:',
    '```sh\ntunnelfox reset --all\n```',
  ])
  expect(splitCitable(travel.text)).toHaveLength(5)
})

test('cites a long paragraph a few sentences at a time', () => {
  const paragraph = Array.from({ length: 20 }, (_, i) => `Rule ${i} says that ${'x'.repeat(60)}.`).join(' ')
  const blocks = splitCitable(paragraph)
  expect(blocks.length).toBeGreaterThan(3)
  for (const block of blocks) expect(block.length).toBeLessThanOrEqual(400)
})

test('citable blocks hold the whole text, whitespace aside', () => {
  const line = fc.stringMatching(/^(- |\d\. |## |> |\| )?[a-z .!?|`]{1,40}$/)
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
      const text = lines.join('\n')
      expect(bare(splitCitable(text).join(''))).toBe(bare(text))
    }),
  )
})

test('earlier turns alternate and begin with the person', () => {
  const turns = [
    { role: 'assistant' as const, text: 'Hello' },
    { role: 'user' as const, text: 'How much leave?' },
    { role: 'user' as const, text: 'Annual.' },
    { role: 'assistant' as const, text: ' ' },
    { role: 'assistant' as const, text: '28 days' },
  ]
  const messages = buildMessages('And in Asia?', turns, [travel])
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(messages[0]?.content).toEqual([
    { type: 'text', text: 'How much leave?' },
    { type: 'text', text: 'Annual.' },
  ])
})

test('a last turn of the person joins the question, passages first', () => {
  const messages = buildMessages('And in Asia?', [{ role: 'user', text: 'Allowance?' }], [travel])
  expect(messages).toHaveLength(1)
  expect(messages[0]?.content.map(({ type }) => type)).toEqual(['text', 'search_result', 'text'])
})

function bare(text: string): string {
  return text.replace(/\s+/g, '')
}
