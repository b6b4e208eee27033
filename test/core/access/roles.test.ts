import { describe, expect, it } from 'vitest'
import { type Person, isAdmin } from '../../../src/core/access/roles.ts'

const person = (changes: Partial<Person> = {}): Person => ({
  platform: 'slack',
  userId: 'U1',
  email: 'ann@acme.example',
  kind: 'member',
  isWorkspaceAdmin: false,
  ...changes,
})

describe('an admin', () => {
  it.each<[string, Person, string[], boolean]>([
    ['is whoever has a shell', person({ platform: 'terminal' }), ['somebody@else.example'], true],
    ['is an owner of the workspace while nobody is named', person({ isWorkspaceAdmin: true }), [], true],
    ['is no ordinary member while nobody is named', person(), [], false],
    ['is named by e-mail, whatever its case in the setting', person(), ['Ann@ACME.example'], true],
    ['is named by platform id', person({ userId: 'u0abc' }), ['U0ABC'], true],
    [
      'is not an owner of the workspace once others are named',
      person({ isWorkspaceAdmin: true }),
      ['bob@acme.example'],
      false,
    ],
    ['is no guest, even when named', person({ kind: 'guest' }), ['ann@acme.example'], false],
    ['is nobody from another organisation, even when named', person({ kind: 'external' }), ['ann@acme.example'], false],
    ['is no deactivated owner', person({ kind: 'deactivated', isWorkspaceAdmin: true }), [], false],
    ['is nobody without an address, by an empty entry', person({ email: undefined, userId: 'U2' }), [''], false],
  ])('%s', (_, who, admins, expected) => {
    expect(isAdmin({ FOOTNOTE_ADMINS: admins }, who)).toBe(expected)
  })

  it('is recognised by an address that the platform writes in capitals', () => {
    expect(isAdmin({ FOOTNOTE_ADMINS: ['ann@acme.example'] }, person({ email: 'Ann@Acme.Example' }))).toBe(true)
  })
})
