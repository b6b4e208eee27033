import { InvalidInputError } from '../../errors.ts'
import type { Command } from './command.ts'

/** The commands in the order in which help lists them. */
export const usages: { name: Command['name']; usage: string; description: string; adminOnly: boolean }[] = [
  { name: 'ask', usage: 'ask QUESTION', description: 'answer a question; the answer is yours alone', adminOnly: false },
  { name: 'search', usage: 'search WORDS', description: 'list the pages that fit best', adminOnly: false },
  { name: 'why', usage: 'why PAGE-LINK', description: 'say why you see a page or not', adminOnly: false },
  { name: 'connect', usage: 'connect', description: 'connect a Confluence site', adminOnly: true },
  { name: 'test', usage: 'test CONNECTION', description: 'check whether a connection still works', adminOnly: true },
  {
    name: 'sync',
    usage: 'sync [CONNECTION | SPACE | PAGE-LINK] [--full | --delete-vanished]',
    description: 'refresh now; or delete the pages that vanished',
    adminOnly: true,
  },
  {
    name: 'status',
    usage: 'status [CONNECTION]',
    description: 'show connections, spaces and their state',
    adminOnly: true,
  },
  { name: 'spaces', usage: 'spaces [CONNECTION]', description: 'list the spaces of a connection', adminOnly: true },
  {
    name: 'pages',
    usage: 'pages [FILTER]',
    description: 'list pages: failed, excluded, partial, a space, a title',
    adminOnly: true,
  },
  {
    name: 'edit',
    usage: 'edit CONNECTION',
    description: 'change what it covers, who reads it, when it syncs',
    adminOnly: true,
  },
  {
    name: 'pause',
    usage: 'pause CONNECTION',
    description: 'stop reading its site; its content stays',
    adminOnly: true,
  },
  { name: 'resume', usage: 'resume CONNECTION', description: 'go on with a paused connection', adminOnly: true },
  { name: 'reconnect', usage: 'reconnect CONNECTION', description: 'give it a new credential', adminOnly: true },
  {
    name: 'remove',
    usage: 'remove CONNECTION [--purge]',
    description: 'end it; with --purge delete its content',
    adminOnly: true,
  },
  {
    name: 'webhook',
    usage: 'webhook CONNECTION [--rotate | --off]',
    description: 'let a Data Center tell what changed; shows the secret once',
    adminOnly: true,
  },
  { name: 'audit', usage: 'audit', description: 'show who did what', adminOnly: true },
  { name: 'help', usage: 'help', description: 'show this list', adminOnly: false },
]

const namingOne = new Set(['edit', 'reconnect', 'pause', 'resume', 'remove', 'webhook'])

/**
 * What stands after `/confluence` (or the bot's name) → a command. Text that begins with no command is a question; no text
 * is `help`. Throws `InvalidInputError` with the usage when a command lacks its argument.
 */
export function parseCommand(text: string): Command {
  const words = text.replaceAll('\u00A0', ' ').trim().split(/\s+/)
  const first = (words[0] ?? '').toLowerCase()
  // Chats turn two hyphens into a dash.
  const flags = words.slice(1).filter((word) => /^[-–—]+(full|purge|delete-vanished|rotate|off)$/i.test(word))
  const has = (flag: string): boolean => flags.some((word) => word.toLowerCase().endsWith(flag))
  const rest = words.slice(1).filter((word) => !flags.includes(word))
  const argument = rest.length === 0 ? undefined : rest.join(' ')
  // A connection's name is one word: "pause between two meetings?" is a question.
  if (namingOne.has(first) && rest.length > 1) return { name: 'ask', question: text.trim() }
  switch (first) {
    case '':
    case 'help':
    case '?':
      return { name: 'help' }
    case 'connect':
      return { name: 'connect' }
    case 'sync':
      return {
        name: 'sync',
        target: unwrapLink(argument),
        full: has('full'),
        ...(has('delete-vanished') ? { deleteVanished: true } : {}),
      }
    case 'status':
      return { name: 'status', connection: argument }
    case 'spaces':
      return { name: 'spaces', connection: argument }
    case 'edit':
    case 'reconnect':
      return { name: first, connection: requireArgument(first, argument) }
    case 'pause':
    case 'resume':
      return { name: first, connection: requireArgument(first, argument) }
    case 'remove':
      return { name: 'remove', connection: requireArgument('remove', argument), purge: has('purge') }
    case 'webhook':
      return {
        name: 'webhook',
        connection: requireArgument('webhook', argument),
        change: has('off') ? 'off' : has('rotate') ? 'rotate' : 'make',
      }
    case 'pages':
      return { name: 'pages', words: rest }
    case 'audit':
      return { name: 'audit' }
    case 'test':
      return { name: 'test', connection: requireArgument('test', argument) }
    case 'why':
      return { name: 'why', pageUrl: unwrapLink(requireArgument('why', argument)) ?? '' }
    case 'search':
      return { name: 'search', words: requireArgument('search', afterFirst(text)) }
    case 'ask':
      return { name: 'ask', question: requireArgument('ask', afterFirst(text)) }
    default:
      return { name: 'ask', question: text.trim() }
  }
}

/** The rest of the line as it was typed. */
function afterFirst(text: string): string | undefined {
  const rest = text
    .replaceAll('\u00A0', ' ')
    .trim()
    .replace(/^\S+\s*/, '')
  return rest === '' ? undefined : rest
}

/** The argument as it was typed; throws `InvalidInputError` with the usage when there is none but blanks. */
export function requireArgument(name: Command['name'], argument: string | undefined): string {
  if (argument !== undefined && argument.trim() !== '') return argument
  const usage = usages.find((known) => known.name === name)?.usage ?? name
  throw new InvalidInputError('argument_missing', `Something is missing: ${usage}.`)
}

/** Slack writes links as `<https://…|text>`. */
function unwrapLink(argument: string | undefined): string | undefined {
  return argument?.replace(/^<([^|>]+)(\|[^>]*)?>$/, '$1')
}
