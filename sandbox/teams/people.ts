// Who is on the sandbox's roster, as the Bot Connector describes members.

export type SandboxPerson = {
  /** `29:…`, the person's id for this bot. */
  id: string
  name: string
  aadObjectId?: string
  email?: string
  userPrincipalName?: string
  tenantId?: string
  userRole?: 'user' | 'anonymous'
}

export const sandboxTenantId = '11111111-1111-4111-8111-111111111111'
export const otherTenantId = '99999999-9999-4999-8999-999999999999'

export const sandboxPeople = {
  dana: {
    id: '29:dana',
    name: 'Dana Admin',
    aadObjectId: '33333333-3333-4333-8333-333333333333',
    email: 'Dana@Contoso.example',
    userPrincipalName: 'dana@contoso.example',
    tenantId: sandboxTenantId,
    userRole: 'user',
  },
  kim: {
    id: '29:kim',
    name: 'Kim Reader',
    aadObjectId: '44444444-4444-4444-8444-444444444444',
    email: 'kim@contoso.example',
    userPrincipalName: 'kim@contoso.example',
    tenantId: sandboxTenantId,
    userRole: 'user',
  },
  guest: {
    id: '29:guest',
    name: 'Gus (Guest)',
    aadObjectId: '55555555-5555-4555-8555-555555555555',
    email: 'gus@partner.example',
    userPrincipalName: 'gus_partner.example#EXT#@contoso.example',
    tenantId: sandboxTenantId,
    userRole: 'user',
  },
  outsider: {
    id: '29:outsider',
    name: 'Olga Other',
    aadObjectId: '66666666-6666-4666-8666-666666666666',
    email: 'olga@other.example',
    userPrincipalName: 'olga@other.example',
    tenantId: otherTenantId,
    userRole: 'user',
  },
  anonymous: { id: '29:anonymous', name: 'Somebody', tenantId: sandboxTenantId, userRole: 'anonymous' },
} as const satisfies Record<string, SandboxPerson>

/** With an account of this tenant, and not as a guest. */
export function isEmployee(
  { tenantId, userRole, userPrincipalName = '' }: SandboxPerson,
  homeTenantId: string,
): boolean {
  return tenantId === homeTenantId && userRole === 'user' && !userPrincipalName.includes('#EXT#')
}
