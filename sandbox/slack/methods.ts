// The Web API methods that the sandbox knows, each with its arguments, its scopes and Slack's refusals.
// https://docs.slack.dev/reference/methods
import { type Args, SlackRefusal, checkedContent, checkedMetadata, checkedView, word } from './content.ts'
import { isObject } from './shape.ts'
import { type State, type StoredMessage, editMessage, replaceView, storeMessage, storeView } from './state.ts'
import type { SlackChannel } from './workspace.ts'

export type Method = {
  required: string[]
  optional: string[]
  /** Any one of them is enough. */
  scopes: (args: Args, state: State) => string[]
  run: (args: Args, state: State) => Record<string, unknown>
}

const messageArgs = ['text', 'blocks', 'metadata', 'unfurl_links', 'unfurl_media', 'mrkdwn', 'parse', 'link_names']
const write = () => ['chat:write']
const none = () => []

export const methods: Record<string, Method> = {
  'auth.test': { required: [], optional: [], scopes: none, run: testAuth },
  'users.info': { required: ['user'], optional: ['include_locale'], scopes: () => ['users:read'], run: getUser },
  'users.lookupByEmail': { required: ['email'], optional: [], scopes: () => ['users:read.email'], run: getUserByEmail },
  'chat.postMessage': {
    required: ['channel'],
    optional: [...messageArgs, 'thread_ts', 'reply_broadcast'],
    scopes: write,
    run: postMessage,
  },
  'chat.update': { required: ['channel', 'ts'], optional: messageArgs, scopes: write, run: updateMessage },
  'chat.postEphemeral': {
    required: ['channel', 'user'],
    optional: [...messageArgs, 'thread_ts'],
    scopes: write,
    run: postEphemeral,
  },
  'conversations.info': {
    required: ['channel'],
    optional: ['include_locale', 'include_num_members'],
    scopes: (args, state) => [scopeFor(args, state, 'read')],
    run: (args, state) => ({ channel: getChannel(args, state) }),
  },
  'conversations.replies': {
    required: ['channel', 'ts'],
    optional: ['cursor', 'include_all_metadata', 'inclusive', 'latest', 'limit', 'oldest'],
    scopes: (args, state) => [scopeFor(args, state, 'history')],
    run: listReplies,
  },
  'conversations.history': {
    required: ['channel'],
    optional: ['cursor', 'include_all_metadata', 'inclusive', 'latest', 'limit', 'oldest'],
    scopes: (args, state) => [scopeFor(args, state, 'history')],
    run: listHistory,
  },
  'conversations.open': {
    required: ['users'],
    optional: ['return_im', 'prevent_creation'],
    scopes: () => ['im:write'],
    run: openConversation,
  },
  'views.open': { required: ['trigger_id', 'view'], optional: [], scopes: none, run: openView },
  'views.update': { required: ['view_id', 'view'], optional: ['hash'], scopes: none, run: updateView },
  'views.publish': { required: ['user_id', 'view'], optional: ['hash'], scopes: none, run: publishHome },
  'assistant.threads.setSuggestedPrompts': {
    required: ['channel_id', 'prompts'],
    optional: ['thread_ts', 'title'],
    scopes: () => ['assistant:write'],
    run: setPrompts,
  },
}

function testAuth(_args: Args, { workspace }: State) {
  return {
    url: `https://${workspace.teamName.toLowerCase()}.slack.com/`,
    team: workspace.teamName,
    user: workspace.bot.name,
    team_id: workspace.teamId,
    user_id: workspace.bot.userId,
    bot_id: workspace.bot.botId,
    is_enterprise_install: false,
    ...(workspace.enterpriseId === undefined ? {} : { enterprise_id: workspace.enterpriseId }),
  }
}

function getUser(args: Args, state: State) {
  const user = state.users.get(word(args, 'user'))
  if (user === undefined) throw new SlackRefusal('user_not_found')
  return { user }
}

/** Slack finds no deactivated people. https://docs.slack.dev/reference/methods/users.lookupByEmail */
function getUserByEmail(args: Args, state: State) {
  const email = word(args, 'email').toLowerCase()
  const user = [...state.users.values()].find(
    ({ deleted, profile }) => !deleted && profile.email?.toLowerCase() === email,
  )
  if (user === undefined) throw new SlackRefusal('users_not_found')
  return { user }
}

function postMessage(args: Args, state: State) {
  const channel = getWritableChannel(args, state)
  const content = checkedContent(args)
  const { bot } = state.workspace
  const message = storeMessage(state, {
    channel: channel.id,
    ts: state.nextTs(),
    threadTs: checkedThread(args, channel, state),
    userId: bot.userId,
    isOurs: true,
    metadata: checkedMetadata(args['metadata']),
    ...content,
  })
  return { channel: channel.id, ts: message.ts, message: wireMessage(message, state, false) }
}

function updateMessage(args: Args, state: State) {
  const channel = getChannel(args, state)
  const message = state.messages.find(({ channel: where, ts }) => where === channel.id && ts === args['ts'])
  if (message === undefined) throw new SlackRefusal('message_not_found')
  if (!message.isOurs) throw new SlackRefusal('cant_update_message')
  const content = checkedContent(args)
  if (content.text.length > 4000) throw new SlackRefusal('msg_too_long')
  editMessage(message, content.text, content.blocks)
  message.metadata = checkedMetadata(args['metadata']) ?? message.metadata
  return { channel: channel.id, ts: message.ts, text: message.text }
}

function postEphemeral(args: Args, state: State) {
  const channel = getWritableChannel(args, state)
  if (!state.users.has(word(args, 'user'))) throw new SlackRefusal('user_not_in_channel')
  checkedContent(args)
  checkedThread(args, channel, state)
  return { message_ts: state.nextTs() }
}

function listReplies(args: Args, state: State) {
  const channel = getChannel(args, state)
  const root = state.messages.find(({ channel: where, ts }) => where === channel.id && ts === args['ts'])
  if (root === undefined) throw new SlackRefusal('thread_not_found')
  const replies = state.messages.filter((message) => message.channel === channel.id && message.threadTs === root.ts)
  return pageOf([root, ...replies.filter((message) => isWithin(message, args))], args, state)
}

function listHistory(args: Args, state: State) {
  const channel = getChannel(args, state)
  if (!channel.is_member) throw new SlackRefusal('not_in_channel')
  const top = state.messages.filter(({ channel: where, threadTs }) => where === channel.id && threadTs === undefined)
  return pageOf(top.filter((message) => isWithin(message, args)).toReversed(), args, state)
}

function openConversation(args: Args, state: State) {
  const user = state.users.get(word(args, 'users'))
  if (user === undefined) throw new SlackRefusal('user_not_found')
  if (user.deleted) throw new SlackRefusal('user_disabled')
  return { channel: { id: state.directChannel(user.id).id } }
}

function openView(args: Args, state: State) {
  const trigger = state.triggers.get(word(args, 'trigger_id'))
  if (trigger === undefined) throw new SlackRefusal('invalid_trigger_id')
  if (trigger.isUsed) throw new SlackRefusal('exchanged_trigger_id')
  if (state.now() - trigger.createdAt > 3000) throw new SlackRefusal('expired_trigger_id')
  const view = checkedView(args['view'])
  trigger.isUsed = true
  const stored = storeView(state, trigger.userId, view)
  return { view: { ...view, id: stored.id, hash: stored.hash, team_id: state.workspace.teamId } }
}

function updateView(args: Args, state: State) {
  const stored = state.views.get(word(args, 'view_id'))
  if (stored === undefined || !stored.isOpen) throw new SlackRefusal('not_found')
  if (args['hash'] !== undefined && args['hash'] !== stored.hash) throw new SlackRefusal('hash_conflict')
  replaceView(state, stored, checkedView(args['view']))
  return { view: { ...stored.view, id: stored.id, hash: stored.hash } }
}

function publishHome(args: Args, state: State) {
  if (!state.users.has(word(args, 'user_id'))) throw new SlackRefusal('invalid_arguments')
  const view = checkedView(args['view'])
  if (view['type'] !== 'home') throw new SlackRefusal('invalid_arguments', ['view: must be a home view'])
  state.homes.set(word(args, 'user_id'), view)
  return { view }
}

/** With a thread, an agent app's call succeeds and shows nothing: so does this. */
function setPrompts(args: Args, state: State) {
  const channel = state.channels.get(word(args, 'channel_id'))
  if (channel === undefined || !channel.is_im) throw new SlackRefusal('channel_not_found')
  const prompts = Array.isArray(args['prompts']) ? args['prompts'] : []
  const complete = prompts.filter(
    (prompt): prompt is { title: string; message: string } =>
      isObject(prompt) && typeof prompt['title'] === 'string' && typeof prompt['message'] === 'string',
  )
  if (prompts.length < 1 || prompts.length > 4 || complete.length !== prompts.length) {
    throw new SlackRefusal('invalid_arguments', ['prompts: 1 to 4, each with title and message'])
  }
  if (args['thread_ts'] !== undefined) return {}
  const title = args['title'] === undefined ? undefined : word(args, 'title')
  state.prompts.set(channel.id, { title, prompts: complete })
  return {}
}

function scopeFor(args: Args, state: State, right: 'read' | 'history'): string {
  const channel = state.channels.get(word(args, 'channel'))
  if (channel?.is_im) return `im:${right}`
  return channel?.is_private ? `groups:${right}` : `channels:${right}`
}

function getChannel(args: Args, state: State): SlackChannel {
  const channel = state.channels.get(word(args, 'channel'))
  if (channel === undefined) throw new SlackRefusal('channel_not_found')
  if (channel.is_private && !channel.is_member && !channel.is_im) throw new SlackRefusal('channel_not_found')
  return channel
}

/** A person's id opens the direct conversation. */
function getWritableChannel(args: Args, state: State): SlackChannel {
  const user = state.users.get(word(args, 'channel'))
  if (user?.is_bot) throw new SlackRefusal('cannot_dm_bot')
  if (user !== undefined) return state.directChannel(user.id)
  const channel = getChannel(args, state)
  if (channel.is_archived) throw new SlackRefusal('is_archived')
  if (!channel.is_member) throw new SlackRefusal('not_in_channel')
  return channel
}

function checkedThread(args: Args, channel: SlackChannel, state: State): string | undefined {
  const threadTs = args['thread_ts']
  if (threadTs === undefined) return undefined
  const root = state.messages.find(({ channel: where, ts }) => where === channel.id && ts === threadTs)
  if (typeof threadTs !== 'string' || !/^\d+\.\d{6}$/.test(threadTs) || root === undefined) {
    throw new SlackRefusal('thread_not_found')
  }
  return root.threadTs ?? root.ts
}

function isWithin(message: StoredMessage, args: Args): boolean {
  const isInclusive = args['inclusive'] === 'true'
  const oldest = word(args, 'oldest')
  const latest = word(args, 'latest')
  if (oldest !== '' && (isInclusive ? message.ts < oldest : message.ts <= oldest)) return false
  return latest === '' || (isInclusive ? message.ts <= latest : message.ts < latest)
}

function pageOf(found: StoredMessage[], args: Args, state: State) {
  const limit = Number(args['limit'] ?? 100)
  const start = args['cursor'] === undefined ? 0 : Number(args['cursor'])
  if (Number.isNaN(start)) throw new SlackRefusal('invalid_cursor')
  const end = start + limit
  const hasMore = end < found.length
  return {
    messages: found
      .slice(start, end)
      .map((message) => wireMessage(message, state, args['include_all_metadata'] === 'true')),
    has_more: hasMore,
    response_metadata: { next_cursor: hasMore ? String(end) : '' },
  }
}

function wireMessage(message: StoredMessage, { workspace }: State, withMetadata: boolean) {
  return {
    type: 'message',
    user: message.userId,
    ts: message.ts,
    text: message.text,
    blocks: message.blocks,
    team: workspace.teamId,
    ...(message.isOurs ? { bot_id: workspace.bot.botId, app_id: workspace.bot.appId } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
  }
}
