// What the sandbox's Slack remembers: messages, views, triggers, response addresses, and every call it got.
import { linksOf, mentionsIn, visibleText } from './block-kit.ts'
import { type SlackChannel, type Workspace, slackChannel } from './workspace.ts'

export type StoredMessage = {
  channel: string
  ts: string
  threadTs: string | undefined
  userId: string
  isOurs: boolean
  text: string
  blocks: unknown[]
  metadata: { event_type: string; event_payload: Record<string, unknown> } | undefined
  /** How often it was updated. */
  edits: number
  /** What a person reads: the blocks' text, or the text where there are no blocks. */
  visible: string
  links: { url: string; text: string }[]
  /** Mentions that would notify somebody. */
  mentions: string[]
}

export type StoredView = {
  id: string
  hash: string
  userId: string
  isOpen: boolean
  view: Record<string, unknown>
  visible: string
}

export type ResponseUse = { text: string; blocks: unknown[]; visible: string; links: { url: string; text: string }[] }
export type ResponseAddress = { url: string; createdAt: number; uses: ResponseUse[] }
export type Prompts = { title: string | undefined; prompts: { title: string; message: string }[] }
export type RecordedCall = { method: string; args: Record<string, unknown>; token: string | undefined }

export type State = ReturnType<typeof createState>

export function createState(workspace: Workspace, now: () => number) {
  let sequence = 0
  const channels = new Map(workspace.channels.map((channel) => [channel.id, channel]))
  const users = new Map(workspace.users.map((user) => [user.id, user]))
  return {
    workspace,
    now,
    channels,
    users,
    messages: [] as StoredMessage[],
    views: new Map<string, StoredView>(),
    homes: new Map<string, Record<string, unknown>>(),
    triggers: new Map<string, { userId: string; createdAt: number; isUsed: boolean }>(),
    responses: new Map<string, ResponseAddress>(),
    prompts: new Map<string, Prompts>(),
    calls: [] as RecordedCall[],
    next(): number {
      sequence += 1
      return sequence
    },
    /** Unique and rising, as message ids in one channel are. */
    nextTs(): string {
      sequence += 1
      return `${Math.floor(now() / 1000)}.${String(sequence).padStart(6, '0')}`
    },
    directChannel(userId: string): SlackChannel {
      const id = `D0${userId.slice(2)}`
      const known = channels.get(id)
      if (known !== undefined) return known
      const opened = slackChannel(id, userId, { is_channel: false, is_im: true, is_private: true, user: userId })
      channels.set(id, opened)
      return opened
    },
  }
}

export function storeMessage(
  state: State,
  message: Omit<StoredMessage, 'edits' | 'visible' | 'links' | 'mentions'>,
): StoredMessage {
  const stored = { ...message, edits: 0, ...readable(message.text, message.blocks) }
  state.messages.push(stored)
  return stored
}

export function editMessage(message: StoredMessage, text: string, blocks: unknown[]): void {
  Object.assign(message, { text, blocks, edits: message.edits + 1, ...readable(text, blocks) })
}

export function storeView(state: State, userId: string, view: Record<string, unknown>): StoredView {
  const id = `V${String(state.next()).padStart(8, '0')}`
  const stored = { id, userId, isOpen: true, hash: '', view, visible: '' }
  state.views.set(id, stored)
  replaceView(state, stored, view)
  return stored
}

export function replaceView(state: State, stored: StoredView, view: Record<string, unknown>): void {
  const visible = visibleText(view['blocks'])
  Object.assign(stored, { view, visible, hash: `${Math.floor(state.now() / 1000)}.${state.next()}` })
}

export function readable(text: string, blocks: unknown[]) {
  return {
    visible: blocks.length > 0 ? visibleText(blocks) : text,
    links: linksOf(blocks),
    mentions: mentionsIn(text, blocks),
  }
}
