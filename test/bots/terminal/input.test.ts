// What people type wrong, and what they are told: the program as main.ts builds it, over a core of the test's own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findConnection, updateConnection } from '../../../src/db/queries/connections.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Flow, openFlow } from '../../support/flow.ts'
import { type Printed, runInProcess } from '../../support/program.ts'

describe.each(databaseKinds)('footnote on %s', (kind) => {
  let flow: Flow

  beforeAll(async () => {
    flow = await openFlow(kind)
  })
  afterAll(() => flow.close())

  async function footnote(...args: string[]): Promise<Printed> {
    const secrets = { CONFLUENCE_TOKEN: flow.confluence.credentials.token, WRONG: 'token-of-nobody', EMPTY: '' }
    return runInProcess({ ...flow.open, core: flow.core }, args, { secrets })
  }

  /** The code and sentence of a command that must fail; without --json the same sentence is all that is said. */
  async function failure(...args: string[]): Promise<{ code: string; message: string }> {
    const { status, stdout } = await footnote(...args, '--json')
    expect(status).toBe(1)
    const value = JSON.parse(stdout) as { error: { code: string; message: string } }
    expect(Object.keys(value)).toEqual(['error'])
    const plainly = await footnote(...args)
    expect([plainly.status, plainly.stdout]).toEqual([1, ''])
    if (args.length > 0) expect(plainly.stderr).toContain(value.error.message)
    return value.error
  }

  const value = async (...args: string[]): Promise<unknown> => JSON.parse((await footnote(...args, '--json')).stdout)
  const connectTo = (url: string, args: string[]): string[] => {
    const named = args.includes('--name') ? args : ['--name', 'a', ...args]
    return ['connect', '--url', url, '--email', flow.confluence.credentials.email, '--accept-disclaimer', ...named]
  }
  const connect = (...args: string[]): string[] => connectTo(flow.confluence.url, args)

  describe('connect', () => {
    it.each<[string, string[], string, RegExp]>([
      ['a wrong token', ['--all-spaces', '--secret-env', 'WRONG'], 'test_failed', /^Auth Failed: /],
      ['a mistyped space', ['--spaces', 'HB, ITT'], 'space_unknown', /the key ITT .* Did you mean IT\?$/],
      ['a space called by its name', ['--spaces', 'handbook'], 'space_unknown', / Did you mean HB\?$/],
      ['an unknown space', ['--spaces', 'marketing'], 'space_unknown', / It sees HB, IT\.$/],
      ['a name with a blank', ['--name', 'my wiki', '--all-spaces'], 'name_invalid', /for example acme-wiki/],
      ['a name that is too long', ['--name', 'a'.repeat(65), '--all-spaces'], 'name_invalid', /1 to 64/],
      ['a name that begins with a dash', ['--name=-a', '--name', '_a', '--all-spaces'], 'name_invalid', /begins with/],
      ['no token', ['--all-spaces', '--secret-env', 'NO_SUCH'], 'secret_missing', /^Missing Credentials: .*NO_SUCH/],
      ['an empty token', ['--all-spaces', '--secret-env', 'EMPTY'], 'secret_missing', /^Missing Credentials: .*EMPTY/],
      ['no e-mail address', ['--all-spaces', '--email', ''], 'email_missing', /^Missing Credentials: the e-mail/],
      ['no spaces', [], 'spaces_missing', /--spaces IT,HR .*--all-spaces/],
      ['an empty list of spaces', ['--spaces', ''], 'spaces_missing', /names no space: .*--all-spaces/],
      ['a list of no spaces', ['--spaces', ' , '], 'spaces_missing', /names no space: .*--all-spaces/],
      ['two kinds of spaces', ['--spaces', 'IT', '--all-spaces'], 'spaces_ambiguous', /either --spaces or/],
      ['a schedule that is none', ['--all-spaces', '--schedule', 'daily'], 'schedule_invalid', /"0 0 \* \* \*"/],
      ['no time zone', ['--all-spaces', '--timezone', 'Mars/Olympus'], 'timezone_invalid', /Europe\/Berlin/],
      ['an unknown kind of credential', ['--all-spaces', '--auth', 'magic'], 'usage', /token, pat, basic/],
    ])('says what to do about %s', async (_what, args, code, sentence) => {
      const error = await failure(...connect(...args))
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)])
      expect(error.message).not.toContain('token-of')
    })

    it.each<[string, RegExp]>([
      ['https://wiki.does-not-exist.invalid/wiki', /There is no host wiki\.does-not-exist\.invalid/],
      ['http://127.0.0.1:9/wiki', /127\.0\.0\.1/],
      ['ftp://acme.example', /https/],
      ['', /https:\/\/acme\.atlassian\.net/],
    ])('says what is wrong with the address %j', async (url, sentence) => {
      expect((await failure(...connectTo(url, ['--all-spaces']))).message).toMatch(sentence)
    })

    it('does nothing before the disclaimer is accepted, and says what it is about', async () => {
      const args = connect('--all-spaces').filter((arg) => arg !== '--accept-disclaimer')
      const error = await failure(...args)
      expect(error.code).toBe('disclaimer_not_accepted')
      expect(error.message).toMatch(/^Nothing was connected\..*--accept-disclaimer: 8 pages of 2 spaces \(HB, IT\)/)
    })

    it('kept nothing of all that', async () => {
      expect(await value('status')).toEqual([])
    })
  })

  describe('options and arguments', () => {
    it.each<[string[], RegExp]>([
      [[], /^No command was given$/],
      [['statsu'], /^unknown command 'statsu'\n\(Did you mean status\?\)$/],
      [['status', '--frob'], /^unknown option '--frob'/],
      [['status', 'a', 'b'], /^too many arguments/],
      [['ask'], /^missing required argument 'question'$/],
      [['why'], /^missing required argument 'page-url'$/],
      [['connect', '--url', 'https://acme.example'], /^required option '--name <name>' not specified$/],
      ...['0', '-1', '101', '1e9', '2.5', 'ten', 'NaN', ''].map((limit): [string[], RegExp] => [
        ['search', 'x', '--limit', limit],
        /Give a whole number from 1 to 100\.$/,
      ]),
      [['serve', '--role', 'boss'], /Allowed choices are web, worker, all\.$/],
      [['sync', '--as'], /^unknown option '--as'/],
    ])('explains %j', async (args, sentence) => {
      const { code, message } = await failure(...args)
      expect([code, message]).toEqual(['usage', expect.stringMatching(sentence)])
    })

    it.each<[string[], string]>([
      [['sync'], 'nothing_connected'],
      [['spaces', 'nobody'], 'connection_unknown'],
      [['status', 'nobody'], 'connection_unknown'],
      [['test', 'nobody'], 'connection_unknown'],
      [['remove', 'nobody'], 'connection_unknown'],
      [['ask', 'x', '--as', 'a@b.example', '--operator'], 'viewer_ambiguous'],
      [['why', 'https://elsewhere.example/x'], 'page_unknown'],
      [['help', 'nobody'], 'command_unknown'],
      [['eval', '/does/not/exist.jsonl'], 'questions_missing'],
      [['ask', ''], 'argument_missing'],
      [['ask', ' ', '\u00A0\n'], 'argument_missing'],
      [['ask', '', '--operator'], 'argument_missing'],
      [['search', ' \t'], 'argument_missing'],
    ])('explains %j with the code %s', async (args, code) => {
      const error = await failure(...args)
      expect(error.code).toBe(code)
      expect(error.message).toMatch(/^[A-Z].*\.$/)
    })

    it('helps: all commands, and each', async () => {
      const all = (await value('help')) as { command: string; usage: string }[]
      expect(all.map(({ command }) => command)).toEqual(
        expect.arrayContaining([
          'serve',
          'demo',
          'connect',
          'sync',
          'status',
          'spaces',
          'search',
          'ask',
          'why',
          'eval',
        ]),
      )
      expect(await value('help', 'search')).toMatchObject({
        usage: 'footnote search [options] <words...>',
        options: expect.arrayContaining([expect.objectContaining({ flags: '--limit <n>' })]),
      })
      expect((await footnote('help')).stdout).toMatch(/^Usage: footnote/)
      expect(await footnote('ask', '--help')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('--operator'),
      })
    })

    it('hides what went wrong inside from the result, and shows the place on stderr', async () => {
      const { status, stdout, stderr } = await footnote('demo', '--json')
      expect(status).toBe(1)
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'internal' } })
      expect(stdout).not.toContain('not in this test')
      expect(stderr).toContain('not in this test')
    })
  })

  describe('what is connected already', () => {
    beforeAll(async () => {
      await flow.connect({ spaces: 'HB' })
      await flow.work()
    })

    it.each<[string[], string, RegExp]>([
      [['--name', 'ACME', '--spaces', 'IT'], 'name_taken', /^ACME is already connected; use sync ACME/],
      [['--spaces', 'IT,hb'], 'space_taken', /^Space HB is already connected through acme; use sync HB/],
      [['--all-spaces'], 'space_taken', /^Space HB is already connected through acme; use sync HB/],
    ])('is not connected again with %j', async (args, code, sentence) => {
      const error = await failure(...connect(...args))
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)])
    })

    it('suggests a target of sync', async () => {
      expect(await failure('sync', 'acne')).toEqual({
        code: 'target_unknown',
        message: 'There is no connection and no synced space called acne. Did you mean acme?',
      })
    })

    it('takes an e-mail address as it is typed, and says when nobody has it', async () => {
      const words = ['search', 'harbour', 'office', '--as']
      const found = await footnote(...words, '  BOB.Member@Acme.Example ')
      expect([found.stderr, found.stdout]).toEqual(['', expect.stringMatching(/^1\. Harbour office \(HB\)\n/)])
      const none = await footnote(...words, 'nobody@acme.example')
      expect(none).toEqual({
        status: 0,
        stdout: 'No page that you may read fits these words.\n',
        stderr: expect.stringContaining('nobody@acme.example is known, so only shared content is searched'),
      })
    })

    it('reads a question of 20,000 characters', async () => {
      const long = 'How many days of annual leave do I have? '.repeat(500).slice(0, 20_000)
      const { stdout } = await footnote('ask', long, '--as', 'bob.member@acme.example')
      expect(stdout).toContain('thirty days of annual leave')
      expect(stdout).toContain('I read its first 4,000 characters')
    })

    it('syncs what it can, says why the rest was not, and ends with status 1', async () => {
      await flow.connect({ name: 'second', spaces: 'IT' })
      const acme = await findConnection(flow.core.database.db, 'acme')
      await updateConnection(flow.core.database.db, acme?.id ?? 0, { state: 'paused' })
      const { status, stdout, stderr } = await footnote('sync')
      await updateConnection(flow.core.database.db, acme?.id ?? 0, { state: 'active' })
      expect([status, stdout]).toEqual([1, expect.stringMatching(/^1 space queued\./)])
      expect(stderr).toMatch(/^acme is paused because its credential was refused\. .*\n$/)
      await flow.work()
    })

    it('does not let a title of the wiki steer the terminal', async () => {
      flow.confluence.editPage('5', { title: 'Parking\u001B[2J\u009B31m\u0007' })
      await footnote('sync', 'HB')
      await flow.work()
      const { stdout } = await footnote('search', 'bicycles', 'courtyard', '--operator')
      expect(stdout).toMatch(/^1\. Parking\[2J31m \(HB\)\n/)
    })
  })
})
