import { expect, test } from 'vitest'
import { abstain } from '../../../src/core/answer/abstain.ts'
import { passage } from './passage.ts'

const spaces = ['People']

test('offers each page once, under the address of its own text', () => {
  const page = passage('text', { pageId: '1', title: 'Leave', url: 'https://wiki/1#Entitlement' })
  const file = passage('file', {
    pageId: '1',
    title: 'Leave',
    part: 'plan.pdf',
    url: 'https://wiki/1?preview=plan.pdf',
  })
  const later = passage('later', { pageId: '1', title: 'Leave', url: 'https://wiki/1#Request' })
  const nearest = [{ title: 'Leave', spaceKey: 'HR', url: 'https://wiki/1' }]
  expect(abstain([page, file, later], spaces).nearest).toEqual(nearest)
  expect(abstain([file, page], spaces).nearest).toEqual(nearest)
})

test('names the file where nothing else of the page is near', () => {
  const file = passage('file', {
    pageId: '1',
    title: 'Leave',
    part: 'plan.pdf',
    url: 'https://wiki/1?preview=plan.pdf',
  })
  expect(abstain([file], spaces).nearest).toEqual([
    { title: 'Leave › plan.pdf', spaceKey: 'HR', url: 'https://wiki/1?preview=plan.pdf' },
  ])
})
