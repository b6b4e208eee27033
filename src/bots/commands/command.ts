// The /confluence grammar, written once for chat and terminal: parse → run → a result that each platform renders.
// A platform adds only how things look; no rule about who may do what lives in a platform's folder.

import type { ConnectionStatus } from '../../core/connections/status.ts'
import type { RankedPage } from '../../core/search/search.ts'

export type { ConnectionStatus, SpaceStatus } from '../../core/connections/status.ts'

/** What a person asked for. `parse.ts` makes it from text, the terminal from its options. */
export type Command =
  | { name: 'help' }
  | { name: 'connect' }
  /** Undefined: all connections. Else a connection's name, a space key, or the address of a space. */
  | { name: 'sync'; target: string | undefined; full: boolean }
  | { name: 'status'; connection: string | undefined }
  | { name: 'test'; connection: string }
  | { name: 'spaces'; connection: string | undefined }
  | { name: 'ask'; question: string }
  | { name: 'search'; words: string }
  | { name: 'why'; pageUrl: string }

export type SearchHit = RankedPage

/** What running a command gave; every platform renders every kind. */
export type CommandResult =
  | { kind: 'help'; commands: { usage: string; description: string; adminOnly: boolean }[] }
  /** Open (Slack) or offer (Teams) the connect form. */
  | { kind: 'connectForm' }
  | { kind: 'status'; connections: ConnectionStatus[] }
  | { kind: 'searchHits'; words: string; hits: SearchHit[] }
  /** A question is not answered by the command itself: the platform puts it into the conversation flow. */
  | { kind: 'question'; question: string }
  /** A plain sentence: success, refusal, or what was wrong and the next step. */
  | { kind: 'notice'; tone: 'success' | 'refusal' | 'error'; text: string; details: string[] }
