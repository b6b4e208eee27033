// What Slack delivers → the domain. Pure: payloads are untrusted shapes even after the signature was checked, and what
// does not concern us is `undefined`.
import { z } from 'zod'
import type { AuthorizeStep } from '../commands/authorize.ts'
import { type FormText, fieldsOf } from '../commands/form.ts'
import type { Question } from '../question.ts'
import type { FormOf } from './connect-form.ts'
import type { SlackInstallation } from './identity.ts'

/** What the app subscribes to, with the scopes that each needs; the manifest is made from it. */
export const subscribedEvents = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  'message.im': ['im:history'],
} as const satisfies Record<string, readonly string[]>

export const slashCommandName = '/confluence'

export type AskedInSlack = {
  question: Question
  threadTs: string
  /** Slack's own mark that people of another organisation are in the channel. */
  isExternallyShared: boolean
}

/** True for a body that holds an object, as JSON or in the `payload` of a form: anything else Slack never sends. */
export function isDelivery(body: Buffer, contentType: string | undefined): boolean {
  const text = body.toString()
  const isForm = contentType === 'application/x-www-form-urlencoded'
  const payload = isForm ? new URLSearchParams(text).get('payload') : text
  if (payload === null) return true
  try {
    const value: unknown = JSON.parse(payload)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const questionEvent = z.object({
  team_id: z.string().nullish(),
  authorizations: z.array(z.object({ team_id: z.string().nullish() })).default([]),
  is_ext_shared_channel: z.boolean().default(false),
  event: z.object({
    type: z.enum(['app_mention', 'message']),
    channel: z.string(),
    channel_type: z.string().optional(),
    user: z.string(),
    text: z.string().default(''),
    ts: z.string(),
    thread_ts: z.string().optional(),
    subtype: z.string().optional(),
    bot_id: z.string().nullish(),
    bot_profile: z.unknown().optional(),
  }),
})

/** People's own messages; every other subtype is an edit, a deletion, a join or an app's. */
const humanSubtypes = new Set([undefined, 'file_share', 'thread_broadcast'])

/** An `app_mention` in a channel or a `message` in a direct conversation, typed by a person. */
export function parseQuestion(body: unknown, installation: SlackInstallation): AskedInSlack | undefined {
  const parsed = questionEvent.safeParse(body)
  if (!parsed.success) return undefined
  const { event } = parsed.data
  const isDirect = event.channel_type === 'im' || event.channel.startsWith('D')
  if (event.type === 'message' && !isDirect) return undefined
  if (!humanSubtypes.has(event.subtype) || event.bot_id || event.bot_profile !== undefined) return undefined
  if (event.user === installation.botUserId || !isForUs(parsed.data, installation)) return undefined
  const threadTs = event.thread_ts ?? event.ts
  return {
    threadTs,
    isExternallyShared: parsed.data.is_ext_shared_channel,
    question: {
      platform: 'slack',
      tenantId: installation.teamId,
      conversationId: event.channel,
      audience: isDirect ? 'direct' : 'shared',
      threadId: threadTs,
      messageId: event.ts,
      askerId: event.user,
      text: toPlainText(event.text, installation.botUserId),
    },
  }
}

/** An event of an installation that is not ours cannot be answered with our token. */
function isForUs(body: z.infer<typeof questionEvent>, installation: SlackInstallation): boolean {
  const teamId = body.authorizations[0]?.team_id ?? body.team_id
  return teamId === undefined || teamId === null || teamId === installation.teamId
}

/**
 * Slack's markup as a person reads it, without the mention of the bot. A link becomes its label, or its address where
 * `links` is `address`. https://docs.slack.dev/messaging/formatting-message-text
 */
export function toPlainText(value: string, botUserId: string, links: 'label' | 'address' = 'label'): string {
  return value
    .replace(/<([^<>]*)>/g, (_match, inner: string) => {
      const [target, label] = splitOnce(inner, '|')
      if (target.startsWith('@')) return target === `@${botUserId}` || label === undefined ? '' : `@${label}`
      if (target.startsWith('#')) return `#${label ?? ''}`
      if (target.startsWith('!')) return label ?? (target.includes('^') ? '' : `@${target.slice(1)}`)
      return links === 'address' ? target : (label ?? target)
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[ \t]+/g, ' ')
    .trim()
}

export type SlashCommand = { userId: string; text: string; triggerId: string; responseUrl: string }

const slashCommand = z.object({
  user_id: z.string(),
  text: z.string().default(''),
  trigger_id: z.string(),
  response_url: z.url({ protocol: /^https?$/ }),
})

export function parseSlashCommand(body: unknown, installation: SlackInstallation): SlashCommand | undefined {
  const parsed = slashCommand.safeParse(body)
  if (!parsed.success) return undefined
  const { user_id: userId, text, trigger_id: triggerId, response_url: responseUrl } = parsed.data
  return { userId, triggerId, responseUrl, text: toPlainText(text, installation.botUserId, 'address') }
}

const homeOpened = z.object({ event: z.object({ channel: z.string(), tab: z.literal('messages') }) })

/** The conversation whose messages tab was opened. */
export function parseMessagesTabOpened(body: unknown): string | undefined {
  return homeOpened.safeParse(body).data?.event.channel
}

const fieldState = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
})
const submission = z.object({
  user: z.object({ id: z.string() }),
  view: z.object({
    id: z.string(),
    private_metadata: z.string().default(''),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), fieldState)) }).default({ values: {} }),
  }),
})

const formOf = z.union([
  z.object({ kind: z.literal('connect') }),
  z.object({ kind: z.enum(['edit', 'reconnect']), connection: z.string() }),
])

export type SubmittedForm = { userId: string; viewId: string; of: FormOf; text: FormText }

/** The block of each field carries the field's name, so that an error finds its place. */
export function parseForm(body: unknown): SubmittedForm | undefined {
  const parsed = submission.safeParse(body)
  if (!parsed.success) return undefined
  const { view, user } = parsed.data
  const of = formOf.safeParse(parseJson(view.private_metadata)).data
  if (of === undefined) return undefined
  const text = fieldsOf(of.kind).map(({ name, kind }): [string, string] => {
    const state = Object.values(view.state.values[name] ?? {})[0]
    if (kind === 'toggle') return [name, String((state?.selected_options ?? []).length > 0)]
    return [name, (kind === 'choice' ? state?.selected_option?.value : state?.value?.trim()) ?? '']
  })
  return { userId: user.id, viewId: view.id, of, text: Object.fromEntries(text) }
}

const authorizeStep = z.object({ authorizationId: z.number().int(), name: z.string(), url: z.string() })

/** Somebody says that they are back from Atlassian. */
export function parseContinue(body: unknown): { userId: string; viewId: string; step: AuthorizeStep } | undefined {
  const parsed = submission.safeParse(body)
  if (!parsed.success) return undefined
  const step = authorizeStep.safeParse(parseJson(parsed.data.view.private_metadata)).data
  return step === undefined ? undefined : { userId: parsed.data.user.id, viewId: parsed.data.view.id, step }
}

const draftMetadata = z.object({ draftId: z.number().int(), purpose: z.literal('edit').optional() })

export type Consent = {
  userId: string
  viewId: string
  draftId: number
  purpose: 'connect' | 'edit'
  isAccepted: boolean
}

export function parseConsent(body: unknown): Consent | undefined {
  const parsed = submission.safeParse(body)
  if (!parsed.success) return undefined
  const draft = draftMetadata.safeParse(parseJson(parsed.data.view.private_metadata))
  if (!draft.success) return undefined
  const ticked = Object.values(parsed.data.view.state.values['consent'] ?? {})[0]?.selected_options ?? []
  return {
    userId: parsed.data.user.id,
    viewId: parsed.data.view.id,
    draftId: draft.data.draftId,
    purpose: draft.data.purpose ?? 'connect',
    isAccepted: ticked.some(({ value }) => value === 'accepted'),
  }
}

const purgeMetadata = z.object({ connectionId: z.number().int(), connection: z.string() })

export type ConfirmedPurge = { userId: string; viewId: string; purge: z.infer<typeof purgeMetadata> }

export function parsePurge(body: unknown): ConfirmedPurge | undefined {
  const parsed = submission.safeParse(body)
  if (!parsed.success) return undefined
  const { view, user } = parsed.data
  const purge = purgeMetadata.safeParse(parseJson(view.private_metadata)).data
  return purge === undefined ? undefined : { userId: user.id, viewId: view.id, purge }
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

function splitOnce(value: string, separator: string): [string, string | undefined] {
  const position = value.indexOf(separator)
  return position < 0 ? [value, undefined] : [value.slice(0, position), value.slice(position + 1)]
}
