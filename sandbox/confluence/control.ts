// The hands on a running site: the same controls as functions (tests) and over HTTP under /_control (everybody else).
import type { FastifyInstance } from 'fastify'
import type { OAuthDesk } from './cloud/oauth.ts'
import { makeOAuthControls } from './cloud/oauth.ts'
import * as changes from './changes.ts'
import type { Webhooks } from './datacenter/webhooks.ts'
import { makeWebhookControls } from './datacenter/webhooks.ts'
import type { Fault, Faults } from './faults.ts'
import { addFault } from './faults.ts'
import type { FrontEnd } from './front-end.ts'
import { churn } from './generate.ts'
import { getAccount } from './model.ts'
import type { Account, Content, Site, Space } from './model.ts'
import * as partChanges from './part-changes.ts'
import type { AttachmentValue, Comment, CommentValue } from './parts.ts'
import * as tokens from './tokens.ts'
import type { LoggedRequest } from './traffic.ts'
import type { Traps } from './traps.ts'
import { isVisible } from './visibility.ts'
import type { ContentValue, ReadersValue, SpaceReadersValue, SpaceValue, UserValue } from './values.ts'

export type ConfluenceControls = ReturnType<typeof makeControls>

export type Credentials = Pick<Account, 'accountId' | 'email' | 'username' | 'userKey' | 'token' | 'password'> & {
  /** Cloud: works only through the gateway, `/ex/confluence/CLOUD-ID/wiki` of this server. */
  scopedToken: string
}

type Parts = { faults: Faults; requests: LoggedRequest[]; desk: OAuthDesk; webhooks: Webhooks; stopped: AbortSignal }

export function makeControls(front: FrontEnd, parts: Parts) {
  const { site } = front
  const { faults, requests } = parts
  const setTraps = (traps: Partial<Traps>): void => {
    Object.assign(front.traps, traps)
    front.trapGeneration++
  }
  return {
    ...makeSiteControls(site),
    ...makePartControls(site),
    ...makeTokenControls(site),
    ...makeOAuthControls(front, parts.desk),
    ...makeWebhookControls(parts.webhooks, parts.stopped),
    /** Without `bumpsVersion` the trap `movesBumpVersion` decides. */
    movePage: (pageId: string, move: changes.Move): Content =>
      changes.movePage(site, pageId, { bumpsVersion: front.traps.movesBumpVersion, ...move }),
    setTraps,
    /** The older name of `setTraps`. */
    setSwitches: setTraps,
    /** Moves the site's clock on: tokens, cursors, signed addresses and limits live by it. */
    advanceClock: (byMs: number): void => {
      const before = site.now
      site.now = () => new Date(before().getTime() + byMs)
    },
    /** The next matching requests fail as told. */
    fail: (fault: Fault) => addFault(faults, fault),
    clearFaults: () => void (faults.pending = []),
    /** Every answer comes this much later. */
    setLatency: (latencyMs: number) => void (faults.latencyMs = latencyMs),
    /** Cursors that are out there are refused from now on. */
    expireCursors: () => void front.cursorGeneration++,
    /** How many requests had this in their path and query; all when nothing is given. */
    countRequests: (part: string | RegExp = '') =>
      requests.filter(({ url }) => (typeof part === 'string' ? url.includes(part) : part.test(url))).length,
    /** Path and query of each. */
    listRequests: (): string[] => requests.map(({ url }) => url),
    clearRequests: () => void requests.splice(0),
    /** Of an account id, e-mail or user name; the sync account's when nothing is given. */
    credentialsOf: (name: string = site.syncAccount.accountId): Credentials => {
      const account = getAccount(site, name)
      const { accountId, email, username, userKey, token, password } = account
      return { accountId, email, username, userKey, token, password, scopedToken: tokens.scopedToken(account) }
    },
    /** By the rules of visibility.ts; without an account: nobody is logged in. */
    isVisible: (contentId: string, account?: string | null) => isVisible(site, contentId, account),
  }
}

function makeSiteControls(site: Site) {
  return {
    addPage: (value: ContentValue): Content => changes.addContent(site, value),
    addBlogPost: (value: ContentValue): Content => changes.addContent(site, { ...value, type: 'blogpost' }),
    addFolder: (value: ContentValue): Content => changes.addContent(site, { ...value, type: 'folder' }),
    editPage: (pageId: string, edit: changes.PageEdit): Content => changes.editPage(site, pageId, edit),
    trashPage: (pageId: string, options?: { withChildren?: boolean }) => changes.trashPage(site, pageId, options),
    archivePage: (pageId: string, options?: { withChildren?: boolean }) => changes.archivePage(site, pageId, options),
    restorePage: (pageId: string) => changes.restorePage(site, pageId),
    purgePage: (pageId: string) => changes.purgePage(site, pageId),
    setLabels: (pageId: string, labels: string[]) => changes.setLabels(site, pageId, labels),
    restrict: (contentId: string, read: ReadersValue) => changes.restrict(site, contentId, read),
    unrestrict: (contentId: string) => changes.unrestrict(site, contentId),
    addSpace: (value: SpaceValue): Space => changes.addSpace(site, value),
    setSpaceReaders: (spaceKey: string, read: SpaceReadersValue) => changes.setSpaceReaders(site, spaceKey, read),
    setSpaceStatus: (spaceKey: string, status: Space['status']) => changes.setSpaceStatus(site, spaceKey, status),
    renameSpace: (spaceKey: string, to: { name?: string; alias?: string }) => changes.renameSpace(site, spaceKey, to),
    removeSpace: (spaceKey: string) => changes.removeSpace(site, spaceKey),
    addUser: (value: UserValue): Account => changes.addPerson(site, value),
    setActive: (account: string, isActive: boolean) => changes.setActive(site, account, isActive),
    addMembers: (group: string, people: string[]) => changes.addMembers(site, group, people),
    removeMembers: (group: string, people: string[]) => changes.removeMembers(site, group, people),
    renameGroup: (group: string, name: string) => changes.renameGroup(site, group, name),
    revokeCredential: (account: string, isRevoked?: boolean) => changes.revokeCredential(site, account, isRevoked),
    /** Edits so many pages, chosen by the seed; their ids. */
    churn: (count: number, seed?: number): string[] => churn(site, count, seed),
    holdSearch: (hold?: 'new' | 'changed') => changes.holdSearch(site, hold),
    flushSearch: () => changes.flushSearch(site),
  }
}

function makePartControls(site: Site) {
  return {
    addAttachment: (value: AttachmentValue) => partChanges.addAttachment(site, value),
    replaceAttachment: (attachmentId: string, bytes: Buffer | string) =>
      partChanges.replaceAttachment(site, attachmentId, bytes),
    trashAttachment: (attachmentId: string) => partChanges.trashAttachment(site, attachmentId),
    removeAttachment: (attachmentId: string) => partChanges.removeAttachment(site, attachmentId),
    addComment: (value: CommentValue): Comment => partChanges.addComment(site, value),
    editComment: (commentId: string, edit: Parameters<typeof partChanges.editComment>[2]): Comment =>
      partChanges.editComment(site, commentId, edit),
    removeComment: (commentId: string) => partChanges.removeComment(site, commentId),
  }
}

function makeTokenControls(site: Site) {
  return {
    /** A further token; its secret is in the answer. */
    issueToken: (account: string, value?: tokens.TokenValue) => tokens.issueToken(site, account, value),
    killToken: (secret: string) => tokens.killToken(site, secret),
    expireToken: (secret: string, at?: string) => tokens.expireToken(site, secret, at),
    setTokenScopes: (secret: string, scopes?: string[]) => tokens.setTokenScopes(site, secret, scopes),
    /** New tokens and password; see `credentialsOf` for them. The old ones are dead. */
    rotateCredential: (account: string) => tokens.rotateCredential(site, account),
    setCaptcha: (account: string, needsCaptcha = true) => void (getAccount(site, account).needsCaptcha = needsCaptcha),
  }
}

/**
 * `POST /_control/NAME` with `{"args": […]}` calls the function of that name and answers `{"result": …}`;
 * `GET /_control/requests`, `/_control/writes` and `/_control/leaks` are the logs, `GET /_control/accounts` who can log in.
 */
export function addControlRoutes(
  server: FastifyInstance,
  site: Site,
  controls: ConfluenceControls,
  requests: LoggedRequest[],
): void {
  const byName = new Map<string, unknown>(Object.entries(controls))
  server.get('/_control/requests', () => requests)
  server.get('/_control/writes', () => site.writes)
  server.get('/_control/leaks', () => site.leaks)
  server.get('/_control/accounts', () => [...site.accounts.keys()].map((id) => controls.credentialsOf(id)))
  server.post('/_control/:name', async (request, reply) => {
    const control = byName.get((request.params as { name: string }).name)
    if (typeof control !== 'function') return reply.code(404).send({ message: 'There is no such control.' })
    const { args = [] } = (request.body ?? {}) as { args?: unknown[] }
    try {
      const result: unknown = await Reflect.apply(control, undefined, args)
      return await reply.send({ result: plain(result) })
    } catch (error) {
      return reply.code(400).send({ message: error instanceof Error ? error.message : String(error) })
    }
  })
}

/** Sets do not survive JSON; the shapes that callers need do. */
function plain(result: unknown): unknown {
  return JSON.parse(
    JSON.stringify(result ?? null, (_key, value: unknown) => (value instanceof Set ? [...value] : value)),
  )
}
