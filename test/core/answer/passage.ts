import type { Passage } from '../../../src/core/answer/answer.ts'

let lastChunkId = 0

/** A passage with the given text; everything else has a plausible value that differs from passage to passage. */
export function passage(text: string, fields: Partial<Passage> = {}): Passage {
  const chunkId = ++lastChunkId
  return {
    chunkId,
    pageId: `10${chunkId}`,
    title: 'Untitled',
    spaceKey: 'HR',
    spaceName: 'People',
    headingPath: [],
    url: `https://wiki.acme.example/pages/10${chunkId}`,
    changedAt: new Date('2026-03-02T09:00:00Z'),
    text,
    score: 1,
    ...fields,
  }
}

export const leave = passage(
  'Every employee has 28 days of annual leave. Up to 5 days carry over until the end of March.\n\nRequest leave in the Timely portal at least two weeks ahead.',
  { title: 'Annual leave', headingPath: ['Entitlement'] },
)
export const travel = passage(
  'Flights are booked through the travel desk.\n\n| Region | Daily allowance |\n| Europe | 45 EUR |\n| Asia | 60 EUR |\n| Africa | 50 EUR |',
  { title: 'Travel', headingPath: ['Allowances'], spaceKey: 'FIN', spaceName: 'Finance' },
)
export const vpn = passage(
  'To install the VPN client:\n- Open Self Service\n- Choose Tunnelfox 3.2\n- Restart the laptop\n\nIf it shows ERR_TUN_17, run:\n\n```sh\ntunnelfox reset --all\n```',
  { title: 'VPN', headingPath: ['Setup'], spaceKey: 'IT', spaceName: 'IT Help' },
)
export const canteen = passage('The canteen opens at 11:30. Guests pay 9 EUR for lunch.', {
  title: 'Canteen',
  spaceKey: 'OFF',
  spaceName: 'Office',
})
export const wiki = [leave, travel, vpn, canteen]
