// Confluence's users and readers → rows of principals. Pure.
import { type PrincipalRow, principalKey } from '../../db/queries/access.ts'
import type { SitePrincipal, SiteUser } from '../confluence/site.ts'

export function principalOfUser(user: SiteUser): PrincipalRow {
  return {
    kind: 'user',
    confluenceId: user.userId,
    name: user.displayName,
    isGuest: user.isGuest,
    ...(user.isActive === undefined ? {} : { isActive: user.isActive }),
    ...(user.email === undefined || user.email === '' ? {} : { email: user.email }),
  }
}

/** Undefined for what satisfies nobody. */
export function principalOf(reader: SitePrincipal): PrincipalRow | undefined {
  switch (reader.kind) {
    case 'user':
      return { kind: 'user', confluenceId: reader.userId }
    case 'group':
      return { kind: 'group', confluenceId: reader.groupId, name: reader.name }
    case 'licensed':
    case 'anonymous':
      return { kind: reader.kind, confluenceId: reader.kind }
    case 'unknown':
      return undefined
  }
}

export function readerKey(reader: SitePrincipal): string | undefined {
  const row = principalOf(reader)
  return row === undefined ? undefined : principalKey(row)
}
