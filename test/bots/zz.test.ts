import { it } from 'vitest'
import { openFlow, slackMember } from '../support/flow.ts'
import { ask } from '../../src/core/questions/ask.ts'
it('x', async () => {
  let t = performance.now()
  const f = await openFlow('embedded')
  console.log('open', performance.now() - t)
  t = performance.now()
  await f.connect()
  await f.work()
  console.log('sync', performance.now() - t)
  for (const [q, v] of [
    ['How many days of annual leave do I have?', { kind: 'audience' }],
    ['Where is the printer toner kept?', { kind: 'audience' }],
    ['Where is the printer toner kept?', { kind: 'person', email: 'alice.member@acme.example' }],
    ['When does the harbour office close?', { kind: 'person', email: 'alice.member@acme.example' }],
    ['When does the harbour office close?', { kind: 'person', email: 'bob.member@acme.example' }],
    ['Which zebra eats marmalade?', { kind: 'person', email: 'bob.member@acme.example' }],
    ['How do I renew the tunnel certificate?', { kind: 'person', email: 'bob.member@acme.example' }],
    ['What happens with a lost badge?', { kind: 'audience' }],
  ] as const) {
    const a = await ask(f.core, { question: q, viewer: v as never, history: [] }, AbortSignal.timeout(5000))
    console.log(
      q,
      v,
      a.answer.kind,
      a.answer.text,
      a.answer.citations.map((c) => c.url),
      a.answer.searchedSpaces,
      a.answer.nearest,
    )
  }
  await f.close()
})
