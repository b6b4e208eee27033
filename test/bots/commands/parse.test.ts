import { describe, expect, it } from 'vitest'
import type { Command } from '../../../src/bots/commands/command.ts'
import { parseCommand, usages } from '../../../src/bots/commands/parse.ts'
import { InvalidInputError } from '../../../src/errors.ts'

const sync = (target: string | undefined, full = false): Command => ({ name: 'sync', target, full })

describe('parseCommand', () => {
  it.each<[string, Command]>([
    ['', { name: 'help' }],
    ['   ', { name: 'help' }],
    ['help', { name: 'help' }],
    ['HELP', { name: 'help' }],
    ['?', { name: 'help' }],
    ['connect', { name: 'connect' }],
    ['connect acme', { name: 'connect' }],
    ['sync', sync(undefined)],
    ['sync IT', sync('IT')],
    ['Sync  acme-wiki ', sync('acme-wiki')],
    ['sync --full', sync(undefined, true)],
    ['sync IT --full', sync('IT', true)],
    ['sync --FULL IT', sync('IT', true)],
    ['sync IT —full', sync('IT', true)],
    ['sync IT –full', sync('IT', true)],
    ['sync\u00A0IT\u00A0--full', sync('IT', true)],
    ['sync <https://acme.example/wiki/spaces/IT>', sync('https://acme.example/wiki/spaces/IT')],
    [
      'sync <https://acme.example/wiki/spaces/IT/pages/7|Lost badges and more> --full',
      sync('https://acme.example/wiki/spaces/IT/pages/7', true),
    ],
    ['status', { name: 'status', connection: undefined }],
    ['status acme', { name: 'status', connection: 'acme' }],
    ['spaces', { name: 'spaces', connection: undefined }],
    ['spaces acme', { name: 'spaces', connection: 'acme' }],
    ['test acme', { name: 'test', connection: 'acme' }],
    ['sync IT --delete-vanished', { ...sync('IT'), deleteVanished: true } as Command],
    ['sync IT —delete-vanished', { ...sync('IT'), deleteVanished: true } as Command],
    ['edit acme', { name: 'edit', connection: 'acme' }],
    ['Reconnect acme', { name: 'reconnect', connection: 'acme' }],
    ['pause acme', { name: 'pause', connection: 'acme' }],
    ['resume acme', { name: 'resume', connection: 'acme' }],
    ['remove acme', { name: 'remove', connection: 'acme', purge: false }],
    ['remove acme –purge', { name: 'remove', connection: 'acme', purge: true }],
    ['pages', { name: 'pages', words: [] }],
    ['pages failed IT', { name: 'pages', words: ['failed', 'IT'] }],
    ['audit', { name: 'audit' }],
    ['why https://acme.example/wiki/x', { name: 'why', pageUrl: 'https://acme.example/wiki/x' }],
    ['why <https://acme.example/wiki/x|A page>', { name: 'why', pageUrl: 'https://acme.example/wiki/x' }],
    ['search lost  badge', { name: 'search', words: 'lost  badge' }],
    ['search --full throttle', { name: 'search', words: '--full throttle' }],
    ['ask how do I\nrenew it?', { name: 'ask', question: 'how do I\nrenew it?' }],
    ['ask\u00A0why?', { name: 'ask', question: 'why?' }],
  ])('reads %j', (text, command) => {
    expect(parseCommand(text)).toEqual(command)
  })

  it.each([
    'How many days of leave do I have?',
    'syncing the phone with the calendar',
    'synchronise now',
    'helpdesk opening hours',
    'whyever not',
    'pause between two meetings?',
    'remove the toner of a printer',
    'webhook for the build?',
    'Ask: who knows?',
    '--full',
    '<https://acme.example/wiki/x>',
    '/sync IT',
  ])('takes %j for a question', (text) => {
    expect(parseCommand(` ${text} `)).toEqual({ name: 'ask', question: text })
  })

  it.each([
    'test',
    'edit',
    'pause',
    'resume',
    'reconnect',
    'remove',
    'remove --purge',
    'webhook --off',
    'why',
    'search',
    'ask',
    'ask  ',
    'search\u00A0',
    'why ',
  ])('says what is missing in %j, with the usage', (text) => {
    const name = text.trim().split(' ')[0] ?? ''
    expect(() => parseCommand(text)).toThrow(InvalidInputError)
    expect(() => parseCommand(text)).toThrow(new RegExp(`^Something is missing: ${name} [A-Z]`))
  })

  it('knows every command that help lists', () => {
    for (const { name, usage } of usages) {
      expect(usage.startsWith(name)).toBe(true)
      expect(parseCommand(`${name} something`).name).toBe(name)
    }
  })
})
