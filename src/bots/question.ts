// The port between the platforms and the one conversation flow: what came in (`Question`), who said it (`Asker`) and
// how an answer goes out (`Reply`). A platform implements `Reply`; conversation.ts never learns which one it is.
import type { Answer } from '../core/answer/answer.ts'

type Platform = 'slack' | 'teams' | 'terminal'

/** The person behind a message, as the platform itself vouches for them; never taken from text that somebody typed. */
export type Asker = {
  platform: Platform
  /** Slack team id, Teams (Entra) tenant id, `local` in the terminal. */
  tenantId: string
  /** Slack user id, Entra object id. */
  userId: string
  displayName: string
  /** Lower-cased and confirmed by the platform; undefined when it is not. */
  email: string | undefined
  kind: 'member' | 'guest' | 'external' | 'bot' | 'deactivated'
  /** True for owners and admins of the workspace, where the platform says so. */
  isWorkspaceAdmin: boolean
}

export type Question = {
  platform: Platform
  tenantId: string
  /** Where it was asked: Slack channel id, Teams conversation id. */
  conversationId: string
  /** `direct`: only the asker reads the answer. `shared`: others read it too. */
  audience: 'direct' | 'shared'
  /** The thread that the answer belongs to. */
  threadId: string | undefined
  /** Unique within (platform, tenant, conversation): the claim's key, whatever is delivered twice. */
  messageId: string
  /** Platform id of the asker; resolved to an `Asker` only after the claim, since it costs a request. */
  askerId: string
  text: string
}

/** What is shown for a question at one moment. */
export type ReplyContent =
  | { kind: 'working' }
  | { kind: 'answer'; answer: Answer; questionId: string }
  /** A sentence for the person: a refusal, a failure with reference, an empty question. */
  | { kind: 'notice'; text: string }

/** Delivery on one platform. All updates are idempotent: the same content for the same message id may be sent again. */
export type Reply = {
  /** Posts the placeholder and returns its id; from then on only updates. */
  post(content: ReplyContent, signal: AbortSignal): Promise<string>
  update(replyId: string, content: ReplyContent, signal: AbortSignal): Promise<void>
  /** The placeholder of this question if an earlier attempt posted it and the platform lets us look it up. */
  findPosted(signal: AbortSignal): Promise<string | undefined>
  /** Asks the platform who the asker is; undefined when it cannot say, which is a refusal. */
  identify(signal: AbortSignal): Promise<Asker | undefined>
}
