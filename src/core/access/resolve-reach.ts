import type { Db } from '../../db/database.ts'
import { type ViewerRights, listUsersByAccount, listUsersByEmail, resolveAccessSets } from '../../db/queries/access.ts'
import { type Reach, makeReach } from './reach.ts'

/** On whose behalf content is read. */
export type Viewer =
  /** The operator of the terminal: filters nothing, and is written into the audit log by whoever makes one. */
  | { kind: 'operator' }
  /** A person of the organisation with a confirmed e-mail address; undefined: nobody in Confluence, shared content only. */
  | { kind: 'person'; email: string | undefined }
  /** A Confluence account, for evaluations. */
  | { kind: 'account'; accountId: string }
  /** Everybody who reads along in a conversation: only what everyone licensed may read. */
  | { kind: 'audience' }

/** The access sets that this viewer satisfies. Asked once per question. */
export async function resolveReach(db: Db, viewer: Viewer): Promise<Reach> {
  if (viewer.kind === 'operator') return makeReach({ kind: 'everything' })
  return makeReach({ kind: 'sets', accessSetIds: await resolveAccessSets(db, await findRights(db, viewer)) })
}

/** Whether a connected site has an account with this e-mail address. */
export async function hasAccount(db: Db, email: string): Promise<boolean> {
  return (await listUsersByEmail(db, email)).length > 0
}

async function findRights(db: Db, viewer: Exclude<Viewer, { kind: 'operator' }>): Promise<ViewerRights> {
  const rights = { seesShared: true, isLicensedEverywhere: false, seesInternal: false }
  if (viewer.kind === 'audience') return { ...rights, userIds: [], isLicensedEverywhere: true }
  if (viewer.kind === 'account') return { ...rights, userIds: await listUsersByAccount(db, viewer.accountId) }
  return { ...rights, userIds: viewer.email === undefined ? [] : await listUsersByEmail(db, viewer.email) }
}
