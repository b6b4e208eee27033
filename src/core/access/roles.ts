import type { Config } from '../../config.ts'

export type Person = {
  platform: 'slack' | 'teams' | 'terminal'
  userId: string
  /** Confirmed by the platform. */
  email: string | undefined
  kind: 'member' | 'guest' | 'external' | 'bot' | 'deactivated'
  isWorkspaceAdmin: boolean
}

/**
 * Whether this person may connect, sync and see the state of everything. Asked again at every step that changes
 * something. Whoever has a shell on the server is its operator; in chat it is those whom FOOTNOTE_ADMINS names, and
 * while it names nobody, the owners and admins of the workspace.
 */
export function isAdmin(config: Pick<Config, 'FOOTNOTE_ADMINS'>, person: Person): boolean {
  if (person.platform === 'terminal') return true
  if (person.kind !== 'member') return false
  const named = config.FOOTNOTE_ADMINS.map((admin) => admin.toLowerCase())
  if (named.length === 0) return person.isWorkspaceAdmin
  return [person.userId, person.email].some((name) => name !== undefined && named.includes(name.toLowerCase()))
}
