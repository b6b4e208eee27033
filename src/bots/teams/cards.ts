// Adaptive Cards 1.5 for commands: help, status, the offer to connect. Pure.
import type { CommandResult, ConnectionStatus, SpaceStatus } from '../commands/command.ts'
import type { OpenForm } from '../commands/form.ts'
import { describePartCounts } from '../commands/part-counts.ts'
import {
  describeAccess,
  describeConsent,
  describeCounts,
  describeCoverage,
  describeCredential,
  describeLastRun,
  describeLastSync,
  describeMoreFailures,
  describeNextSync,
  describeState,
  describeTest,
  describeWait,
  noticesOf,
  problemsOf,
} from '../commands/status-words.ts'
import { type Card, type CardPart, type OutboundMessage, type Place, cardContentType } from './activity.ts'
import { escapeCardText, shorten, toHref } from './markdown.ts'

/** Cards stay well below the message limit: no separate limit is documented. */
const maxCardCharacters = 12_000

export function renderCard(body: CardPart[], actions: CardPart[] = []): Card {
  return {
    type: 'AdaptiveCard',
    version: '1.5',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    body,
    ...(actions.length > 0 ? { actions } : {}),
  }
}

/** A text block; `text` is escaped unless it is our own words. */
export function textBlock(text: string, options: Record<string, unknown> = {}): CardPart {
  return { type: 'TextBlock', text: escapeCardText(text), wrap: true, ...options }
}

const title = { weight: 'Bolder', size: 'Medium' }

function attach(card: Card, summary: string): OutboundMessage {
  return { summary, attachments: [{ contentType: cardContentType, content: card }] }
}

export function renderHelpCard(commands: Extract<CommandResult, { kind: 'help' }>['commands']): OutboundMessage {
  const facts = commands.map(({ usage, description, adminOnly }) => ({
    title: escapeCardText(usage),
    value: escapeCardText(adminOnly ? `${description} (admins)` : description),
  }))
  const body = [
    textBlock('What I can do', title),
    textBlock('Ask a question in your own words, or use a command:'),
    { type: 'FactSet', facts },
  ]
  return attach(renderCard(body), 'What I can do')
}

const connectOffer = {
  heading: 'Connect a Confluence site',
  sentence: 'You need the address of the site and the credential of an account that may read the spaces.',
  command: 'connect',
}

/** In a private chat a button that opens the form; where others read along, only the way to the private chat. */
export function renderFormOffer(
  form: OpenForm | undefined,
  audience: Place['audience'],
  appId: string | undefined,
): OutboundMessage {
  const { heading, sentence, command } = form === undefined ? connectOffer : offerOf(form)
  if (audience === 'direct') {
    const data = form === undefined ? { kind: 'connect' } : { kind: form.kind, connection: form.connection }
    const body = [textBlock(heading, title), textBlock(sentence)]
    return attach(renderCard(body, [openDialog(form === undefined ? 'Connect…' : 'Open the form…', data)]), heading)
  }
  const body = [
    textBlock(heading, title),
    textBlock(
      `Credentials are never asked for where others read along. Write “/confluence ${command}” to me in a private chat.`,
    ),
  ]
  const chat = `https://teams.microsoft.com/l/chat/0/0?users=28:${appId ?? ''}`
  const actions = appId === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Open private chat', url: chat }]
  return attach(renderCard(body, actions), heading)
}

function offerOf({ kind, connection }: OpenForm) {
  const command = `${kind} ${connection}`
  return kind === 'edit'
    ? { heading: `Change ${connection}`, sentence: 'What it covers, who may read it, when it syncs.', command }
    : { heading: `Reconnect ${connection}`, sentence: 'You need a new credential for the same site.', command }
}

function openDialog(label: string, data: Record<string, unknown>): CardPart {
  return { type: 'Action.Submit', title: label, data: { msteams: { type: 'task/fetch' }, ...data } }
}

export function renderStatusCard(connections: ConnectionStatus[]): OutboundMessage {
  return attach(renderStatus(connections), 'Status of the Confluence connections')
}

export const refreshStatus = 'confluence.status'
export const purgeConnection = 'confluence.purge'

/** What cannot be undone is said before the button does it. */
export function renderConfirmation(result: Extract<CommandResult, { kind: 'confirmation' }>): OutboundMessage {
  const body = [
    textBlock(result.text, { weight: 'Bolder' }),
    ...result.details.map((detail) => textBlock(detail, { spacing: 'Small' })),
  ]
  const action = {
    type: 'Action.Execute',
    title: result.button,
    style: 'destructive',
    verb: purgeConnection,
    data: result.purge,
  }
  return attach(renderCard(body, [action]), result.text)
}

function renderStatus(connections: ConnectionStatus[]): Card {
  const only = connections.length === 1 ? connections[0]?.name : undefined
  const data = only === undefined ? {} : { connection: only }
  const refresh = { type: 'Action.Execute', title: 'Refresh', verb: refreshStatus, data }
  const body: CardPart[] = [textBlock('Confluence connections', title)]
  if (connections.length === 0)
    body.push(textBlock('Nothing is connected yet. An admin can start with “/confluence connect”.'))
  let length = 0
  let left = 0
  for (const part of connections.flatMap(renderConnection)) {
    length += JSON.stringify(part).length
    if (length <= maxCardCharacters) body.push(part)
    else left++
  }
  if (left > 0) body.push(textBlock(`… and ${left} more. “/confluence status NAME” shows one connection.`))
  return renderCard(body, [refresh])
}

function renderConnection(connection: ConnectionStatus): CardPart[] {
  const { name, url } = connection
  const consent = describeConsent(connection)
  const facts = Object.entries({
    Site: toHref(url) ?? url,
    State: describeState(connection),
    Readers: describeAccess(connection),
    Covers: describeCoverage(connection),
    Test: describeTest(connection),
    Credential: describeCredential(connection),
    'Last sync': describeLastSync(connection),
    'Next sync': describeNextSync(connection),
    ...(consent === undefined ? {} : { Accepted: consent }),
  }).map(([title, value]) => ({ title, value: escapeCardText(value) }))
  return [
    textBlock(name, { weight: 'Bolder', separator: true, spacing: 'Medium' }),
    ...noticesOf(connection).map((sentence) => textBlock(sentence, { color: 'Warning', spacing: 'Small' })),
    { type: 'FactSet', facts },
    ...connection.spaces.map((space) => renderSpace(space, connection.timezone)),
  ]
}

/** Failed pages that a card names of each space. */
const shownFailures = 3

function renderSpace(space: SpaceStatus, timezone: string): CardPart {
  const { key, name, state, progress } = space
  const done = progress === undefined ? undefined : `${progress.done} of ${progress.listed} done`
  const run = describeWait(space) ?? done
  const failures = space.failures
    .slice(0, shownFailures)
    .map((failure) => `${shorten(failure.title, 60)}: ${shorten(failure.reason, 120)}`)
  const parts = describePartCounts(space.parts).join(', ')
  const lines = [
    `${key} ${name}: ${state}${run === undefined ? '' : ` (${run})`}, ${describeCounts(space)}, ${describeLastRun(space, timezone)}`,
    ...problemsOf(space),
    parts,
    ...failures,
    describeMoreFailures(space, shownFailures) ?? '',
  ].filter((line) => line !== '')
  const color = { PENDING: 'Default', IN_PROGRESS: 'Accent', INGESTED: 'Good', ERROR: 'Attention' }[state]
  return { ...textBlock(lines.join('\n\n')), color, spacing: 'Small' }
}
