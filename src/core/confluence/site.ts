// The face of one Confluence site, the same for Cloud and Data Center. This folder knows HTTP, credentials and the
// shapes of both REST APIs; it knows no table of ours and decides nothing about who may read what.

/**
 * What a connection authenticates with. `basic` on Data Center is user name and password. Scoped tokens and OAuth tokens of
 * Cloud work only through Atlassian's gateway, which knows the site by its `cloudId`; they are never sent to the site itself.
 */
export type Credential =
  | { kind: 'token'; email: string; secret: string }
  /** Without e-mail address it is sent as Bearer, as tokens of service accounts may need it. */
  | { kind: 'scoped'; email: string; secret: string; cloudId: string }
  | OAuthGrant
  | { kind: 'pat'; secret: string }
  | { kind: 'basic'; username: string; secret: string }

/** What Atlassian gives an app that a person let in. The refresh token works once; the next one comes with its answer. */
export type OAuthGrant = {
  kind: 'oauth'
  cloudId: string
  accessToken: string
  refreshToken: string
  /** Of the access token, ISO 8601. */
  expiresAt: string
}

export type Deployment = 'cloud' | 'datacenter'

export type SiteAddress = {
  deployment: Deployment
  /** Without trailing slash and with the context path: `https://acme.atlassian.net/wiki`, `https://wiki.acme.example/confluence`. */
  baseUrl: string
}

export type SiteUser = {
  /** Cloud: account id. Data Center: user key. */
  userId: string
  displayName: string
  /** Undefined when the site hides it. */
  email: string | undefined
  /** False for deactivated accounts; undefined where a list of members does not say it. */
  isActive: boolean | undefined
  /** External collaborators of Cloud: they see only the spaces given to them, so `licensed` does not include them. */
  isGuest: boolean
}

export type SiteSpace = {
  /** Confluence's numeric id as a string of digits. */
  spaceId: string
  key: string
  name: string
  type: 'global' | 'personal' | 'other'
  status: 'current' | 'archived'
  homepageId: string | undefined
}

/** Live documents are pages. Ids are unique among all content of a site, whatever its kind. */
export type ContentKind = 'page' | 'blogpost'

/** One row of a content census: everything that can change without its body. Blog posts have no parent and no position. */
export type CensusPage = {
  pageId: string
  kind: ContentKind
  title: string
  status: 'current' | 'archived'
  parentId: string | undefined
  /** What the parent is; folders and the like are ancestors too. */
  parentType: 'page' | 'folder' | 'whiteboard' | 'database' | 'embed' | 'unknown' | undefined
  position: number | undefined
  versionNumber: number
  /** When the current version was made. */
  versionAt: Date
  createdAt: Date | undefined
  authorId: string | undefined
  lastEditorId: string | undefined
  /** Path and query below the site's base URL, as Confluence gives it: `/spaces/IT/pages/123/Title`. */
  webPath: string
}

/** A row that was asked for by id, and may be in another space than it was. */
export type CensusRow = CensusPage & { spaceId: string }

/** What stands above a page; the parent is undefined at the root. */
export type Ancestor = Pick<CensusPage, 'title' | 'parentId' | 'parentType'>

export type PageBody = {
  pageId: string
  versionNumber: number
  status: string
  /** Storage format (XHTML). */
  storage: string
}

/** What hangs on a page: an attachment or a comment. Who may read the page may read it. */
export type SitePart = {
  partId: string
  kind: 'attachment' | 'comment'
  pageId: string
  /** An attachment's file name. */
  title: string
  versionNumber: number
  versionAt: Date
  authorId: string | undefined
  mediaType: string | undefined
  /** Bytes. */
  fileSize: number | undefined
  /** Path and query below the site's base URL. */
  webPath: string | undefined
  downloadPath: string | undefined
}

/** A page that is in neither list is gone or invisible. */
export type PageBodies = {
  bodies: PageBody[]
  /** Pages that the site breaks down on, each with a sentence for people. */
  failures: { pageId: string; reason: string }[]
}

/**
 * Who satisfies one restriction or one space permission. `unknown` principals satisfy nobody. On Data Center a group's id
 * is its name; Cloud's space permissions give no group names (`name` is then empty): key groups by `groupId`.
 */
export type SitePrincipal =
  | { kind: 'user'; userId: string }
  | { kind: 'group'; groupId: string; name: string }
  | { kind: 'licensed' }
  | { kind: 'anonymous' }
  | { kind: 'unknown'; description: string }

/** A page's own state in the permission census: its own read restriction (never the inherited ones) and its labels. */
export type PagePermissions = {
  pageId: string
  kind: ContentKind
  /** Undefined: no read restriction of its own. An empty list cannot occur; a list that could not be read is `unreadable`. */
  readers: SitePrincipal[] | 'unreadable' | undefined
  labels: string[]
}

/** How an address names a page or a blog post: by id, or by its space and title. */
export type PageReference = { pageId: string } | { space: Pick<SiteSpace, 'spaceId' | 'key'>; title: string }
export type FoundPage = { pageId: string; kind: ContentKind; title: string; spaceId: string }

/**
 * One authenticated Confluence site. Every method rejects with the signal's reason when aborted, else with one of the four
 * errors of `src/errors.ts`:
 * `ConnectionRevokedError` when the credential is refused, `TransientError` when trying again later may help,
 * `AccessDeniedError` when this credential may not see the object, `InvalidInputError` when the address is no Confluence.
 */
export type ConfluenceSite = {
  readonly address: SiteAddress
  /** The account behind the credential. An anonymous answer to a dead credential is a `ConnectionRevokedError`. */
  fetchCurrentUser(signal: AbortSignal): Promise<SiteUser>
  /** One current page or blog post, or undefined when there is none that this account may see. */
  findPage(reference: PageReference, signal: AbortSignal): Promise<FoundPage | undefined>
  /** Spaces that an access rule of the organisation hides from apps; empty where nothing tells. */
  listBlockedSpaces(signal: AbortSignal): Promise<{ key: string; name: string }[]>
  /** All spaces that the credential sees, in batches, archived ones included. */
  iterateSpaces(signal: AbortSignal): AsyncIterable<SiteSpace[]>
  /**
   * Current and archived pages and current blog posts of a space without bodies, in batches; complete when it ends without an
   * error. Neither deployment has archived blog posts.
   */
  iterateCensus(space: SiteSpace, signal: AbortSignal): AsyncIterable<CensusPage[]>
  /**
   * The same rows by id, straight from the store and wherever the pages are now. Who is absent is gone or invisible. Any number
   * of ids; Data Center answers one after the other.
   */
  fetchCensusRows(pages: Pick<CensusPage, 'pageId' | 'kind'>[], signal: AbortSignal): Promise<CensusRow[]>
  /** Ids of the pages and blog posts of a space that a CQL query finds. Its index may lag behind; a query that Confluence does not understand is an `InvalidInputError`. */
  iterateMatches(space: SiteSpace, cql: string, signal: AbortSignal): AsyncIterable<string[]>
  /** Bodies of up to `bodyBatchSize` pages of one kind, archived ones too. */
  fetchBodies(kind: ContentKind, pageIds: string[], signal: AbortSignal): Promise<PageBodies>
  readonly bodyBatchSize: number
  /** Attachments and comments of a space, in batches. May lag behind (search index). */
  iterateParts(space: SiteSpace, signal: AbortSignal): AsyncIterable<SitePart[]>
  /**
   * Ids of those parts that are still there, straight from the store, whatever the search index says. Any number of parts; but for
   * Cloud's comments it is a request for each.
   */
  fetchExistingParts(parts: Pick<SitePart, 'partId' | 'kind'>[], signal: AbortSignal): Promise<Set<string>>
  /** Those of some pages, straight from the store; undefined on Cloud, which has no list of a page's with all replies. */
  iteratePageParts(pageIds: string[], signal: AbortSignal): AsyncIterable<SitePart[]> | undefined
  /** The page that an attachment or a comment hangs on. Data Center only: Cloud tells nobody of a part without its page. */
  findContainer(contentId: string, signal: AbortSignal): Promise<string | undefined>
  /** Bodies of up to `commentBatchSize` comments, by their ids. */
  fetchCommentBodies(commentIds: string[], signal: AbortSignal): Promise<PageBodies>
  readonly commentBatchSize: number
  /** An attachment's bytes; undefined when it is gone or invisible. More than `maxBytes` is a `TransientError` (`answer_too_large`). */
  downloadAttachment(part: SitePart, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Readers of the space, or `unreadable` when the credential may not list them. */
  fetchSpaceReaders(space: SiteSpace, signal: AbortSignal): Promise<SitePrincipal[] | 'unreadable'>
  /** Own restrictions and labels of the space's pages and blog posts, in batches. May miss some (search index lag, archived pages): ask `fetchPagePermissions`. */
  iteratePermissions(space: SiteSpace, signal: AbortSignal): AsyncIterable<PagePermissions[]>
  /** The same for one, straight from the store. Folders and the like are asked for as pages. */
  fetchPagePermissions(kind: ContentKind, contentId: string, signal: AbortSignal): Promise<PagePermissions>
  /** Own restriction of a page or folder; as `PagePermissions.readers`. */
  fetchContentReaders(contentId: string, signal: AbortSignal): Promise<PagePermissions['readers']>
  /** The title and the parent of a folder or of a page that is not listed; undefined at the root; `unreadable` when invisible. */
  fetchAncestor(
    contentId: string,
    contentType: CensusPage['parentType'],
    signal: AbortSignal,
  ): Promise<Ancestor | 'unreadable'>
  /**
   * Members of a group, nested groups included; `unreadable` when the credential may not list them. Data Center's lists carry
   * no e-mail and may not say who is deactivated: `fetchUsers` is the authority on both.
   */
  fetchGroupMembers(group: { groupId: string; name: string }, signal: AbortSignal): Promise<SiteUser[] | 'unreadable'>
  /** Users by id; unknown ids are absent. Any number of ids. */
  fetchUsers(userIds: string[], signal: AbortSignal): Promise<SiteUser[]>
  /** Users by the names they sign in with, which old Data Center pages mention them by; unknown ones are absent, on Cloud all are. */
  fetchUsersByName(usernames: string[], signal: AbortSignal): Promise<Map<string, SiteUser>>
}

/** The page's address for people, with a deep link to a heading when `anchor` (see `Chunk.anchor`) is given. */
export type PageLink = { webPath: string; title: string; anchor: string | undefined }
