// Teams' activities → what happened, in our words. Pure; whether the sender may talk to us is gate.ts's matter.
import { characterEntities } from 'character-entities'
import { usages } from '../commands/parse.ts'
import type { Question } from '../question.ts'
import { type InboundActivity, type Place, inboundActivity } from './activity.ts'

export type Feedback = {
  tenantId: string
  conversationId: string
  /** Our message that was rated; undefined when the client does not say. */
  replyId: string | undefined
  askerId: string
  reaction: 'like' | 'dislike'
  text: string | undefined
}

export type TeamsEvent =
  | { kind: 'question'; place: Place; question: Question }
  /** `text` is for `parseCommand`; `question` is the frame for a command that turns out to be one. */
  | { kind: 'command'; place: Place; text: string; question: Question }
  | { kind: 'dialogOpened'; place: Place; values: Record<string, unknown> }
  | { kind: 'dialogSubmitted'; place: Place; values: Record<string, unknown> }
  | { kind: 'cardAction'; place: Place; verb: string; values: Record<string, unknown> }
  | { kind: 'feedback'; feedback: Feedback }
  | { kind: 'unknownInvoke'; name: string }
  | { kind: 'ignored'; reason: string }

/** First words that make a command without the slash; anything else after "confluence" is a question about it. */
const commandWords = new Set<string>(usages.map(({ name }) => name))

/** What an authenticated activity means for us. Anything unexpected is `ignored` with the reason. */
export function parseActivity(body: unknown): TeamsEvent {
  const parsed = inboundActivity.safeParse(body)
  if (!parsed.success) return { kind: 'ignored', reason: 'malformed activity' }
  const activity = parsed.data
  const place = parsePlace(activity)
  if (place === undefined) return { kind: 'ignored', reason: 'no sender, recipient or conversation' }
  if (activity.type === 'message') return parseMessage(activity, place)
  if (activity.type === 'invoke') return parseInvoke(activity, place)
  return { kind: 'ignored', reason: activity.type }
}

function parsePlace(activity: InboundActivity): Place | undefined {
  const { conversation, from, recipient, serviceUrl } = activity
  if (conversation === undefined || from === undefined || recipient === undefined || serviceUrl === undefined) {
    return undefined
  }
  return {
    serviceUrl,
    tenantId: conversation.tenantId ?? activity.channelData?.tenant?.id ?? '',
    conversationId: conversation.id,
    conversationType: conversation.conversationType,
    // Anything that is not plainly a one-to-one chat counts as read by others.
    audience: conversation.conversationType === 'personal' ? 'direct' : 'shared',
    teamId: activity.channelData?.team?.id,
    bot: { id: recipient.id, name: recipient.name },
    person: { id: from.id, name: from.name, objectId: from.aadObjectId },
  }
}

function parseMessage(activity: InboundActivity, place: Place): TeamsEvent {
  if (activity.id === undefined) return { kind: 'ignored', reason: 'message without id' }
  if (activity.from?.role === 'bot' || place.person.id.startsWith('28:')) return { kind: 'ignored', reason: 'a bot' }
  // A private message in a channel must be answered privately, which this bot does not do: better silent than public.
  if (activity.recipient?.isTargeted === true) return { kind: 'ignored', reason: 'targeted message' }
  const mentions = listMentions(activity)
  const isMentioned = mentions.some((mention) => mention.mentionedId === place.bot.id)
  if (place.audience === 'shared' && !isMentioned) return { kind: 'ignored', reason: 'not mentioned' }

  const text = cleanText(activity.text ?? '', mentions, place.bot.id)
  const question: Question = {
    platform: 'teams',
    tenantId: place.tenantId,
    conversationId: place.conversationId,
    audience: place.audience,
    threadId: /;messageid=([^;]+)/.exec(place.conversationId)?.[1],
    messageId: activity.id,
    askerId: place.person.objectId ?? place.person.id,
    text,
  }
  const command = findCommandText(text)
  return command === undefined
    ? { kind: 'question', place, question }
    : { kind: 'command', place, text: command, question }
}

type Mention = { mentionedId: string | undefined; name: string; text: string }

function listMentions(activity: InboundActivity): Mention[] {
  return (activity.entities ?? [])
    .filter((entity) => entity.type === 'mention')
    .map((entity) => {
      const mentioned = asRecord(entity['mentioned'])
      const name = asText(mentioned['name'])
      return { mentionedId: asText(mentioned['id']), name, text: asText(entity['text']) || `<at>${name}</at>` }
    })
}

/** The typed text: our own mentions removed, other people's as their names, entities decoded, spaces made plain. */
function cleanText(text: string, mentions: Mention[], botId: string): string {
  let cleaned = text
  for (const mention of mentions) {
    cleaned = cleaned.replaceAll(mention.text, mention.mentionedId === botId ? ' ' : mention.name)
  }
  return decodeEntities(cleaned)
    .replaceAll(/[\u00a0\u2007\u202f]/g, ' ')
    .replaceAll(/[\u200b\u2060\ufeff]/g, '')
    .trim()
}

function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));/g,
    (whole, ...groups) => {
      const [decimal, hexadecimal, name] = groups as (string | undefined)[]
      if (name !== undefined) return characterEntities[name] ?? whole
      const codePoint = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
      return codePoint > 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole
    },
  )
}

/** The words after `/confluence`; undefined for a bare question. */
function findCommandText(text: string): string | undefined {
  if (text === '') return 'help'
  const [, slash, rest = ''] = /^(\/?)\s*confluence(?:\s+([\s\S]*))?$/i.exec(text) ?? []
  if (slash === undefined) return /^\/?\s*help$/i.test(text) ? 'help' : undefined
  if (rest === '') return 'help'
  const isCommandWord = commandWords.has(rest.split(/\s/, 1)[0]?.toLowerCase() ?? '')
  return slash === '/' || isCommandWord ? rest : undefined
}

function parseInvoke(activity: InboundActivity, place: Place): TeamsEvent {
  const value = asRecord(activity.value)
  switch (activity.name) {
    case 'task/fetch':
      return { kind: 'dialogOpened', place, values: asRecord(value['data']) }
    case 'task/submit':
      return { kind: 'dialogSubmitted', place, values: asRecord(value['data']) }
    case 'adaptiveCard/action': {
      const action = asRecord(value['action'])
      return { kind: 'cardAction', place, verb: asText(action['verb']), values: asRecord(action['data']) }
    }
    case 'message/submitAction':
      return parseFeedback(activity, place, value)
    default:
      return { kind: 'unknownInvoke', name: activity.name ?? '' }
  }
}

function parseFeedback(activity: InboundActivity, place: Place, value: Record<string, unknown>): TeamsEvent {
  const rating = asRecord(value['actionValue'])
  const reaction = rating['reaction']
  if (value['actionName'] !== 'feedback' || (reaction !== 'like' && reaction !== 'dislike')) {
    return { kind: 'unknownInvoke', name: 'message/submitAction' }
  }
  return {
    kind: 'feedback',
    feedback: {
      tenantId: place.tenantId,
      conversationId: place.conversationId,
      replyId: activity.replyToId,
      askerId: place.person.objectId ?? place.person.id,
      reaction,
      text: parseFeedbackText(asText(rating['feedback'])),
    },
  }
}

/** Teams sends `{"feedbackText":"…"}` as a string, the Agents Playground the bare text. */
function parseFeedbackText(feedback: string): string | undefined {
  let text = feedback
  try {
    text = asText(asRecord(JSON.parse(feedback))['feedbackText'])
  } catch {
    // Not JSON: the text itself.
  }
  return text.trim() === '' ? undefined : text.trim()
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
