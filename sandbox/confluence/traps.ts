// Everything that differs between real sites, or goes wrong on them, as one object. The defaults are a friendly site; a
// test turns on what it is about, at the start (`startConfluence({ traps })`) or while it runs (`setTraps`).

export type Traps = CredentialTraps & ListTraps & SearchTraps & ContentTraps & LimitTraps & DataCenterTraps

type CredentialTraps = {
  /** Cloud: what the site itself says to a scoped token or an OAuth token, which belong to the gateway. */
  scopedTokenOnSite: 'unauthorized' | 'login-page'
  /** Cloud: the gateway takes classic tokens too. */
  classicTokenAtGateway: boolean
  /** Cloud: how long an OAuth access token lives. */
  accessTokenTtlMs: number
  /** Cloud: how long a refresh token that was exchanged already is still accepted. */
  refreshLeewayMs: number
  /** Cloud: how long a refresh token may lie unused. */
  refreshIdleMs: number
  /** Cloud: how an exchange with a dead refresh token is refused: as measured, or as documented. */
  deadRefreshToken: 'unauthorized_client' | 'invalid_grant'
  /** Cloud: what the person does who is asked for consent. */
  consent: 'grant' | 'deny'
  /** Cloud: accessible-resources names the site once for each product, under the same id. */
  siteListedTwice: boolean
  /** Cloud: content addresses of the old API that v2 replaced still answer on the site, with deprecation headers. */
  oldContentOnSite: boolean
}

type ListTraps = {
  /** Cloud: cursors stand in `next` as they are, so that a `+` must be encoded by the client. */
  rawCursorsInNext: boolean
  /** Cloud, v1 search: what a cursor that is not one is answered with. */
  badV1Cursor: 'refuse' | 'first-page'
  /** How long a cursor lives; 0 = for ever. */
  cursorTtlMs: number
  /** From this page of results on, `next` hands out the cursor that was just sent: a listing without end. 0 = never. */
  repeatCursorFrom: number
  /** `next` goes on this many rows too late. */
  skipRowsInNext: number
  /** How much of the limit an answer with a cursor fills, as after a cut by permissions: 0.5 = half of it. */
  listFill: number
  /** How many empty answers with a `next` stand before each page of results (lists with cursors). */
  emptyLists: number
  /** Cloud: direct children have no `childPosition`, and their cursor turns in a circle unless they are sorted by id. */
  nullChildPositions: boolean
  /** How many entries a list within an expanded answer holds at most (restrictions, labels). */
  nestedListLimit: number
  /** Parameters that an address of v2 does not know: left unread, or refused with 400. */
  unknownParameters: 'ignore' | 'refuse'
}

type SearchTraps = {
  /** Search knows new pages and new versions only after this time; lists and single answers know them at once. */
  searchLagMs: number
  /** Search goes on finding what was trashed or purged, until `flushSearch`. */
  searchKeepsDeleted: boolean
  /** The same of removed and trashed attachments and removed comments. */
  searchKeepsDeletedParts: boolean
  /** Search finds pages in archived spaces even without `includeArchivedSpaces=true`. */
  searchArchivedSpaces: boolean
  /** IANA name of the zone in which search reads dates. */
  searchTimeZone: string
  /** Search takes dates like `2026-03-01T10:00:00Z` too. */
  searchTakesIsoDates: boolean
  /** Search with `ancestors.restrictions…` expanded is 404 as a whole when one ancestor is trashed, a draft or invisible. */
  ancestorExpansionFails: boolean
}

type ContentTraps = {
  /** E-mail addresses are empty (Cloud) or absent (Data Center), as people's privacy settings may have it. */
  hideEmails: boolean
  /** Cloud: a trashed page is 404 unless the request names the status. */
  trashedNeedsStatus: boolean
  /** The v1 restriction endpoints know folders. */
  folderRestrictions: boolean
  /** A move bumps the version unless the move itself says otherwise: true for moves through the API, false on the screen. */
  movesBumpVersion: boolean
  /** Ids of pages whose body the server cannot render: every answer that would hold one is a 500. */
  unrenderablePages: string[]
  /** Cloud: keys of spaces that a data security policy blocks for apps; they are as good as absent through the gateway. */
  blockedSpaces: string[]
  /** Cloud: how rights on spaces are given; with `ROLES`, their permissions name roles. */
  spaceRoleMode: 'PRE_ROLES' | 'ROLES_TRANSITION' | 'ROLES'
  /** Cloud: how long the address of a download works. */
  mediaUrlTtlMs: number
}

type LimitTraps = {
  /** Too many requests: which of the three ways of counting is on. */
  rateLimit: RateLimit | undefined
  /** `Retry-After` of a refusal: true seconds, none, or the largest number there is (a blocked account). */
  retryAfter: 'seconds' | 'none' | 'huge'
  /** The status of a refusal for too many requests. */
  rateLimitStatus: 429 | 403
  /** Answers that hold more rows than this fail: the proxy in front gave up. */
  tooHeavy: { rows: number; status: 500 | 502 | 503 | 504; onlyWithBody?: boolean } | undefined
}

export type RateLimit =
  /** Cloud's hourly points, for OAuth only: 1 for a request, 1 for each object, 2 for each person. */
  | { kind: 'cloud-points'; pointsPerHour: number }
  /** Cloud's burst limit, for every credential. */
  | { kind: 'cloud-burst'; perSecond: number }
  /** Data Center's bucket of tokens for each account. */
  | { kind: 'datacenter'; capacity: number; fillPerSecond: number }

type DataCenterTraps = {
  /** Its version: scan came with 7.18, space permissions with 9.1. */
  version: string
  /** It tells its version at `server-information`; where not, only the application's manifest (XML) does. */
  serverInformation: boolean
  /** A dead token is answered as anonymous with status 200. */
  deadTokenIsAnonymous: boolean
  /** User name and password are accepted. */
  basicAuth: boolean
  /** Single sign-on: how a request without a valid credential is sent to the login page. */
  sso: 'off' | 'login-page' | 'redirect'
  /** Addresses for administrators answer with the page that asks for the password again. */
  webSudo: boolean
  /** `next` advances by the limit that was asked for, not by the one that was used (a known bug). */
  nextStartAsRequested: boolean
  /** What it says when it is asked for archived pages: that it has them, that there is no such status (400), 501, or 500. */
  archivedPages: 'known' | 'refused' | 'not-implemented' | 'breaks'
  /** Old versions: lists have no `next` at all. */
  listsWithoutNext: boolean
  /** The old remote API (JSON-RPC), the only way to space permissions before 9.1. */
  remoteApi: boolean
  /** Its zone in dates, such as `+02:00`. */
  utcOffset: string
  /** How often each event reaches a webhook. */
  webhookCopies: number
  /** Every n-th delivery of an event gets lost; 0 = none. */
  webhookLosesEvery: number
  /** How late webhooks are sent. */
  webhookDelayMs: number
  /** `page_removed` and `page_trashed` mean: sent to the trash and purged (as documented), or the other way round. */
  webhookTrashNames: 'documented' | 'swapped'
}

export const defaultTraps: Traps = {
  scopedTokenOnSite: 'unauthorized',
  classicTokenAtGateway: false,
  accessTokenTtlMs: 3_600_000,
  refreshLeewayMs: 600_000,
  refreshIdleMs: 90 * 86_400_000,
  deadRefreshToken: 'unauthorized_client',
  consent: 'grant',
  siteListedTwice: false,
  oldContentOnSite: true,
  rawCursorsInNext: false,
  badV1Cursor: 'refuse',
  cursorTtlMs: 0,
  repeatCursorFrom: 0,
  skipRowsInNext: 0,
  listFill: 1,
  emptyLists: 0,
  nullChildPositions: false,
  nestedListLimit: 200,
  unknownParameters: 'ignore',
  searchLagMs: 0,
  searchKeepsDeleted: false,
  searchKeepsDeletedParts: false,
  searchArchivedSpaces: false,
  searchTimeZone: 'UTC',
  searchTakesIsoDates: false,
  ancestorExpansionFails: true,
  hideEmails: false,
  trashedNeedsStatus: false,
  folderRestrictions: true,
  movesBumpVersion: false,
  unrenderablePages: [],
  blockedSpaces: [],
  spaceRoleMode: 'PRE_ROLES',
  mediaUrlTtlMs: 60_000,
  rateLimit: undefined,
  retryAfter: 'seconds',
  rateLimitStatus: 429,
  tooHeavy: undefined,
  version: '10.0.3',
  serverInformation: true,
  deadTokenIsAnonymous: false,
  basicAuth: true,
  sso: 'off',
  webSudo: false,
  nextStartAsRequested: false,
  archivedPages: 'known',
  listsWithoutNext: false,
  remoteApi: false,
  utcOffset: '+02:00',
  webhookCopies: 1,
  webhookLosesEvery: 0,
  webhookDelayMs: 0,
  webhookTrashNames: 'documented',
}
