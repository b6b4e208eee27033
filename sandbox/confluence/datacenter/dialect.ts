// Data Center's people (user keys and names), groups (names only), dates (with the server's offset) and links.
import type { FrontEnd } from '../front-end.ts'
import { AnswerError } from '../front-end.ts'
import type { Account, Content, Group, Site } from '../model.ts'
import { spaceOf } from '../model.ts'
import { downloadPath } from '../cloud/attachments.ts'
import { pageLinks } from '../cloud/records.ts'
import type { Dialect, Json } from '../v1/dialect.ts'

export function dataCenterDialect(front: FrontEnd): Dialect {
  return {
    front,
    renderUser: (account) => userRecord(front, account),
    renderGroup: ({ name }) => ({
      type: 'group',
      name,
      _links: { self: `${front.baseUrl}/rest/api/group/${encodeURIComponent(name)}` },
    }),
    renderDate: (at) => withOffset(at, front.traps.utcOffset),
    versionMarks: { hidden: false },
    contentLinks: (content) => contentLinks(front, content),
    downloadLink: downloadPath,
    attachmentId: ({ id }) => id,
    nextParameters: {},
    notFound: (message) => failure(404, message, 'Not Found'),
    badRequest: (message) => failure(400, message, 'Bad Request'),
  }
}

/** Lists of people carry no e-mail address; single answers do, unless it is hidden. */
function userRecord({ baseUrl }: FrontEnd, account: Account | undefined): Json {
  const profilePicture = { path: '/images/icons/profilepics/default.svg', width: 48, height: 48, isDefault: true }
  if (account === undefined) return { type: 'anonymous', profilePicture, displayName: 'Anonymous' }
  return {
    type: 'known',
    username: account.username,
    userKey: account.userKey,
    profilePicture,
    displayName: account.displayName,
    _links: { self: `${baseUrl}/rest/api/user?key=${account.userKey}` },
    _expandable: { status: '' },
  }
}

export function singleUserRecord(front: FrontEnd, account: Account, withStatus: boolean): Json {
  return {
    ...(front.traps.hideEmails ? {} : { email: account.email }),
    ...userRecord(front, account),
    ...(withStatus ? { status: account.isActive ? 'current' : 'deactivated', _expandable: {} } : {}),
  }
}

/** Data Center has no "everyone with a licence": it has a group that all of them are in. */
export function licensedGroup(site: Site): Group {
  const people = [...site.accounts.values()].filter(({ isActive, isGuest }) => isActive && !isGuest)
  const members = new Set(people.map(({ accountId }) => accountId))
  return { id: 'licensed', name: 'confluence-users', members, subgroups: new Set() }
}

export function failure(statusCode: number, message: string, reason: string): AnswerError {
  const outcome = { authorized: false, valid: true, allowedInReadOnlyMode: true, errors: [], successful: false }
  return new AnswerError(statusCode, { statusCode, data: outcome, message, reason })
}

/** `7.18` counts as older than `9.1`. */
export function isAtLeast(front: FrontEnd, major: number, minor: number): boolean {
  const [theirMajor = 0, theirMinor = 0] = front.traps.version.split('.').map(Number)
  return theirMajor > major || (theirMajor === major && theirMinor >= minor)
}

function contentLinks(front: FrontEnd, content: Content): Json {
  const { webui, tinyui } = pageLinks(spaceOf(front.site, content), content)
  return {
    webui,
    edit: `/pages/resumedraft.action?draftId=${content.id}`,
    tinyui,
    collection: '/rest/api/content',
    self: `${front.baseUrl}/rest/api/content/${content.id}`,
  }
}

function withOffset(at: string, offset: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? []
  if (sign === undefined) return at
  const shift = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return new Date(new Date(at).getTime() + shift).toISOString().replace('Z', offset)
}
