// Who sees what, written from Confluence's rules and from nothing else: a page is visible to those who may read its space
// and satisfy the restriction of the page and of every page or folder above it. The product's own answer is tested
// against this one, so this file must never import the product's.
import type { Account, Content, Group, Readers, Site, Space } from './model.ts'
import { getAccount, getContent, listAncestors, spaceOf } from './model.ts'

/** The account behind a request. */
export type Principal = Account | 'anonymous'

const memberships = new WeakMap<Site, { epoch: number; groupIds: Map<string, Set<string>> }>()

/** For tests: whether the account (id, e-mail or user name; none: nobody logged in) sees the page or folder. */
export function isVisible(site: Site, contentId: string, account?: string | null): boolean {
  return canRead(
    site,
    getContent(site, contentId),
    (account ?? '') === '' ? 'anonymous' : getAccount(site, account ?? ''),
  )
}

/** Whether the status allows it is the front ends' business: a trashed page is visible to whom its restrictions let in. */
export function canRead(site: Site, content: Content, principal: Principal): boolean {
  if (principal !== 'anonymous' && principal.seesAll) return true
  if (!canReadSpace(site, spaceOf(site, content), principal)) return false
  return [content, ...listAncestors(site, content)].every((level) => satisfies(site, level.restriction, principal))
}

export function canReadSpace(site: Site, space: Space, principal: Principal): boolean {
  if (site.anonymousAccess && space.readers.anonymous) return principal === 'anonymous' || principal.isActive
  if (principal === 'anonymous' || !principal.isActive) return false
  if (principal.seesAll) return true
  if (space.readers.licensed && !principal.isGuest) return true
  return isAmong(site, space.readers, principal)
}

/** Ids of the groups that the account is in, directly or through groups within groups. */
export function groupIdsOf(site: Site, accountId: string): Set<string> {
  const known = memberships.get(site)
  const fresh = known?.epoch === site.epoch ? known : { epoch: site.epoch, groupIds: new Map<string, Set<string>>() }
  memberships.set(site, fresh)
  let groupIds = fresh.groupIds.get(accountId)
  if (groupIds === undefined) fresh.groupIds.set(accountId, (groupIds = collectGroups(site, accountId)))
  return groupIds
}

function satisfies(site: Site, restriction: Readers | undefined, principal: Principal): boolean {
  if (restriction === undefined) return true
  return principal !== 'anonymous' && isAmong(site, restriction, principal)
}

function isAmong(site: Site, readers: Readers, account: Account): boolean {
  if (readers.users.has(account.accountId)) return true
  const groupIds = groupIdsOf(site, account.accountId)
  return [...readers.groups].some((groupId) => groupIds.has(groupId))
}

function collectGroups(site: Site, accountId: string): Set<string> {
  const holds = (group: Group): boolean =>
    group.members.has(accountId) || [...group.subgroups].some((inner) => found.has(inner))
  const found = new Set<string>()
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const group of site.groups.values()) if (holds(group)) found.add(group.id)
  }
  return found
}
