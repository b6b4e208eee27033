// What people do in the sandbox's Slack, as the payloads that Slack makes of it.
// https://docs.slack.dev/apis/events-api · https://docs.slack.dev/interactivity
import type { Payload } from './delivery.ts'
import { isObject } from './shape.ts'
import { type State, type StoredView, storeMessage } from './state.ts'

export function eventPayload(state: State, event: Record<string, unknown>, isExternallyShared = false): Payload {
  const { workspace } = state
  return {
    kind: 'event',
    body: {
      token: 'deprecated',
      type: 'event_callback',
      team_id: workspace.teamId,
      api_app_id: workspace.bot.appId,
      event_id: `Ev${String(state.next()).padStart(10, '0')}`,
      event_time: Math.floor(state.now() / 1000),
      authorizations: [
        {
          enterprise_id: workspace.enterpriseId ?? null,
          team_id: workspace.teamId,
          user_id: workspace.bot.userId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: isExternallyShared,
      event,
    },
  }
}

export type Typed = { user: string; text: string; threadTs?: string | undefined }

/** Stores what was typed and gives the event; `channel` undefined is the direct conversation with the app. */
export function typeMessage(state: State, { user, text, threadTs }: Typed, channelId: string | undefined) {
  const channel = channelId === undefined ? state.directChannel(user) : state.channels.get(channelId)
  if (channel === undefined) throw new Error(`There is no channel ${channelId ?? ''}.`)
  const message = storeMessage(state, {
    channel: channel.id,
    ts: state.nextTs(),
    threadTs,
    userId: user,
    isOurs: false,
    text,
    blocks: [],
    metadata: undefined,
  })
  const event = {
    type: channel.is_im ? 'message' : 'app_mention',
    ...(channel.is_im ? { channel_type: 'im' } : {}),
    user,
    team: state.users.get(user)?.team_id ?? state.workspace.teamId,
    text,
    ts: message.ts,
    event_ts: message.ts,
    channel: channel.id,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
  }
  return { message, payload: eventPayload(state, event, channel.is_ext_shared) }
}

/** A slash command, with a trigger of three seconds and a response address. */
export function typeCommand(
  state: State,
  { user, channel, command, text }: { user: string; channel: string; command: string; text: string },
  responseBase: string,
) {
  const { workspace } = state
  const triggerId = newTrigger(state, user)
  const responseId = `R${state.next()}`
  const url = `${responseBase}/${responseId}`
  state.responses.set(responseId, { url, createdAt: state.now(), uses: [] })
  const body = {
    token: 'deprecated',
    team_id: workspace.teamId,
    team_domain: workspace.teamName.toLowerCase(),
    channel_id: channel,
    channel_name: state.channels.get(channel)?.name ?? 'directmessage',
    user_id: user,
    user_name: state.users.get(user)?.name ?? '',
    command,
    text,
    api_app_id: workspace.bot.appId,
    is_enterprise_install: 'false',
    response_url: url,
    trigger_id: triggerId,
  }
  return { payload: { kind: 'command', body } satisfies Payload, responseId }
}

/** `values` by block id: text for inputs, an option's value for menus, values for checkboxes. */
export type ViewValues = Record<string, string | string[]>

/**
 * The submission of an open view as Slack's client makes it: it starts from the initial values, and refuses (throws) what
 * the client would not let through, such as an empty field that is not optional.
 */
export function submitView(state: State, stored: StoredView, values: ViewValues): Payload {
  const blocks = Array.isArray(stored.view['blocks']) ? stored.view['blocks'].filter(isObject) : []
  const inputs = blocks.filter((block) => block['type'] === 'input')
  const unknown = Object.keys(values).filter((id) => !inputs.some((block) => block['block_id'] === id))
  if (unknown.length > 0) throw new Error(`The view has no field ${unknown.join(', ')}.`)
  const entries = inputs.map((block) => {
    const element = isObject(block['element']) ? block['element'] : {}
    const blockId = textOf(block['block_id'])
    return [blockId, { [textOf(element['action_id'])]: elementState(block, element, values[blockId]) }] as const
  })
  return interaction(state, stored.userId, {
    type: 'view_submission',
    trigger_id: newTrigger(state, stored.userId),
    view: {
      ...stored.view,
      id: stored.id,
      hash: stored.hash,
      team_id: state.workspace.teamId,
      private_metadata: stored.view['private_metadata'] ?? '',
      state: { values: Object.fromEntries(entries) },
    },
    response_urls: [],
  })
}

/** A click on a button of a message. */
export function clickAction(
  state: State,
  { user, channel, ts, action }: { user: string; channel: string; ts: string; action: Record<string, unknown> },
): Payload {
  return interaction(state, user, {
    type: 'block_actions',
    trigger_id: newTrigger(state, user),
    channel: { id: channel },
    container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
    message: { ts },
    actions: [{ action_ts: state.nextTs(), ...action }],
  })
}

function interaction(state: State, user: string, body: Record<string, unknown>): Payload {
  const { teamId, teamName, bot } = state.workspace
  return {
    kind: 'interaction',
    body: {
      token: 'deprecated',
      team: { id: teamId, domain: teamName.toLowerCase() },
      user: { id: user, name: state.users.get(user)?.name ?? '', team_id: state.users.get(user)?.team_id ?? teamId },
      api_app_id: bot.appId,
      ...body,
    },
  }
}

function elementState(
  block: Record<string, unknown>,
  element: Record<string, unknown>,
  given: string | string[] | undefined,
) {
  const type = textOf(element['type'])
  const label = isObject(block['label']) ? textOf(block['label']['text']) : ''
  const options = Array.isArray(element['options']) ? element['options'].filter(isObject) : []
  const chosen = options.filter((option) => [given].flat().includes(textOf(option['value'])))
  const mustFill = block['optional'] !== true
  if (type === 'checkboxes') {
    const initial = Array.isArray(element['initial_options']) ? element['initial_options'] : []
    const ticked = given === undefined ? initial : chosen
    if (mustFill && ticked.length === 0) throw new Error(`“${label}” must be ticked.`)
    return { type, selected_options: ticked }
  }
  if (type === 'static_select' || type === 'radio_buttons') {
    const option = given === undefined ? element['initial_option'] : chosen[0]
    if (mustFill && option === undefined) throw new Error(`“${label}” must be chosen.`)
    return { type, selected_option: option ?? null }
  }
  const value = given === undefined ? textOf(element['initial_value']) : [given].flat().join('')
  const max = typeof element['max_length'] === 'number' ? element['max_length'] : 3000
  if (mustFill && value === '') throw new Error(`“${label}” must be filled in.`)
  if (value.length > max) throw new Error(`“${label}” is longer than ${max} characters.`)
  return { type, value: value === '' ? null : value }
}

function newTrigger(state: State, userId: string): string {
  const triggerId = `${state.next()}.${Math.floor(state.now())}.trigger`
  state.triggers.set(triggerId, { userId, createdAt: state.now(), isUsed: false })
  return triggerId
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
