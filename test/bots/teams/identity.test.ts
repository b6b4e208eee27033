import { expect, test } from 'vitest'
import { sandboxPeople, sandboxTenantId } from '../../../sandbox/teams/people.ts'
import type { Place } from '../../../src/bots/teams/activity.ts'
import { createIdentify, resolveAsker } from '../../../src/bots/teams/identity.ts'

const { dana, guest, outsider, anonymous } = sandboxPeople

function placeOf(person: { id: string; aadObjectId?: string }): Place {
  return {
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    tenantId: sandboxTenantId,
    conversationId: 'a:1',
    conversationType: 'personal',
    audience: 'direct',
    teamId: undefined,
    bot: { id: '28:bot', name: 'Footnote' },
    person: { id: person.id, name: 'Typed Name', objectId: person.aadObjectId },
  }
}

test('a member of the tenant is known by object id and lower-cased e-mail', () => {
  expect(resolveAsker(dana, placeOf(dana))).toEqual({
    platform: 'teams',
    tenantId: sandboxTenantId,
    userId: dana.aadObjectId,
    displayName: 'Dana Admin',
    email: 'dana@contoso.example',
    kind: 'member',
    isWorkspaceAdmin: false,
  })
})

test('the older spelling of the object id is understood', () => {
  const { aadObjectId, ...rest } = dana
  expect(resolveAsker({ ...rest, objectId: aadObjectId }, placeOf(dana))?.kind).toBe('member')
})

test.each([
  ['a guest', guest, guest, 'guest'],
  ['a member of another tenant', outsider, outsider, 'external'],
  ['somebody without an account', anonymous, anonymous, 'external'],
  ['a member with an unknown role', { ...dana, userRole: 'visitor' }, dana, 'external'],
  ['a member whose tenant is not said', { ...dana, tenantId: undefined }, dana, 'external'],
])('%s is no member and has no e-mail', (_what, member, person, kind) => {
  expect(resolveAsker(member, placeOf(person))).toMatchObject({ kind, email: undefined })
})

test.each([
  ['nobody', undefined],
  ['somebody else', { ...dana, id: '29:kim' }],
  ['another account', { ...dana, aadObjectId: guest.aadObjectId }],
  ['no account', { ...dana, aadObjectId: undefined }],
])('a roster that answers with %s vouches for nobody', (_what, member) => {
  expect(resolveAsker(member, placeOf(dana))).toBeUndefined()
})

test('an asker is believed for fifteen minutes, a refusal never', async () => {
  let now = new Date('2026-01-01T00:00:00Z')
  let asked = 0
  let member: Record<string, unknown> | undefined
  const identify = createIdentify(
    async () => {
      asked++
      return member
    },
    () => now,
  )
  const { signal } = new AbortController()
  expect(await identify(placeOf(dana), signal)).toBeUndefined()
  member = dana
  expect((await identify(placeOf(dana), signal))?.kind).toBe('member')
  now = new Date('2026-01-01T00:14:59Z')
  member = undefined
  expect((await identify(placeOf(dana), signal))?.kind).toBe('member')
  expect(asked).toBe(2)
  now = new Date('2026-01-01T00:15:00Z')
  expect(await identify(placeOf(dana), signal)).toBeUndefined()
  expect(asked).toBe(3)
})
