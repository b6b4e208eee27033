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
    usage: 'sync [CONNECTION | SPACE | PAGE-LINK] [--full]',
    description: 'refresh now',
    adminOnly: true,
  },
  {
    name: 'status',
    usage: 'status [CONNECTION]',
    description: 'show connections, spaces and their state',
    adminOnly: true,
  },
  { name: 'spaces', usage: 'spaces [CONNECTION]', description: 'list the spaces of a connection', adminOnly: true },
  { name: 'help', usage: 'help', description: 'show this list', adminOnly: false },
]

/**
 * What stands after `/confluence` (or the bot's name) → a command. Text that begins with no command is a question; no text
 * is `help`. Throws `InvalidInputError` with the usage when a command lacks its argument.
 */
export function parseCommand(text: string): Command {
  const words = text.replaceAll('\u00A0', ' ').trim().split(/\s+/)
  const first = (words[0] ?? '').toLowerCase()
  const flags = words.slice(1).filter((word) => /^[-–—]+full$/i.test(word))
  const rest = words.slice(1).filter((word) => !flags.includes(word))
  const argument = rest.length === 0 ? undefined : rest.join(' ')
  switch (first) {
    case '':
    case 'help':
    case '?':
      return { name: 'help' }
    case 'connect':
      return { name: 'connect' }
    case 'sync':
      return { name: 'sync', target: unwrapLink(argument), full: flags.length > 0 }
    case 'status':
      return { name: 'status', connection: argument }
    case 'spaces':
      return { name: 'spaces', connection: argument }
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
