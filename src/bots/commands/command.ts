// The /confluence grammar, written once for chat and terminal: parse → run → a result that each platform renders.
// A platform adds only how things look; no rule about who may do what lives in a platform's folder.

import type { PageListing } from '../../core/connections/list-pages.ts'
import type { AuditLine } from '../../core/connections/read-audit.ts'
import type { ConnectionStatus } from '../../core/connections/status.ts'
import type { RankedPage } from '../../core/search/search.ts'
import type { OpenForm } from './form.ts'

export type { ConnectionStatus, SpaceStatus } from '../../core/connections/status.ts'

/** What a person asked for. `parse.ts` makes it from text, the terminal from its options. */
export type Command =
  | { name: 'help' }
  | { name: 'connect' }
  /** Undefined: all connections. Else a connection's name, a space key, or the address of a space. */
  | { name: 'sync'; target: string | undefined; full: boolean; deleteVanished?: boolean }
  | { name: 'edit' | 'reconnect'; connection: string }
  | { name: 'pause' | 'resume'; connection: string }
  | { name: 'remove'; connection: string; purge: boolean }
  | { name: 'webhook'; connection: string; change: 'make' | 'rotate' | 'off' }
  | { name: 'pages'; words: string[] }
  | { name: 'audit' }
  | { name: 'status'; connection: string | undefined }
  | { name: 'test'; connection: string }
  | { name: 'spaces'; connection: string | undefined }
  | { name: 'ask'; question: string }
  | { name: 'search'; words: string }
  | { name: 'why'; pageUrl: string }

export type { AuditLine, PageListing }

/** Which connection was asked about; its name may be another one's by now. */
export type PurgeRequest = { connectionId: number; connection: string }

export type SearchHit = RankedPage

/** What running a command gave; every platform renders every kind. */
export type CommandResult =
  | { kind: 'help'; commands: { usage: string; description: string; adminOnly: boolean }[] }
  /** Open (Slack) or offer (Teams) the connect form. */
  | { kind: 'connectForm' }
  /** The same for a form about a connection that there is. */
  | { kind: 'form'; form: OpenForm }
  | { kind: 'status'; connections: ConnectionStatus[] }
  | { kind: 'pages'; listing: PageListing }
  | { kind: 'audit'; entries: AuditLine[] }
  | { kind: 'searchHits'; words: string; hits: SearchHit[] }
  /** A question is not answered by the command itself: the platform puts it into the conversation flow. */
  | { kind: 'question'; question: string }
  /** Something that cannot be undone, with what it would do: a button, and `confirmPurge` when it is pressed. */
  | { kind: 'confirmation'; text: string; details: string[]; button: string; purge: PurgeRequest }
  /** A plain sentence: success, refusal, or what was wrong and the next step. */
  | { kind: 'notice'; tone: 'success' | 'refusal' | 'error'; text: string; details: string[] }
