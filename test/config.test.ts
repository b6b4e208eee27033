import { describe, expect, it } from 'vitest'
import { loadConfig, variables } from '../src/config.ts'
import { InvalidInputError } from '../src/errors.ts'

const secret = 'hunter2-do-not-print'

/** A value that each kind of variable refuses; all of them hold the secret. */
const refused: Record<string, string> = {
  PORT: secret,
  FOOTNOTE_PUBLIC_URL: `ftp://${secret}`,
  SLACK_API_URL: `not an address ${secret}`,
  MICROSOFT_APP_TYPE: secret,
  MICROSOFT_OPENID_METADATA_URL: `file:///${secret}`,
  MICROSOFT_LOGIN_URL: secret,
  FOOTNOTE_TEAMS_DEV: secret,
  ANTHROPIC_BASE_URL: `javascript:${secret}`,
  ATLASSIAN_API_URL: secret,
  FOOTNOTE_ALLOW_LOOPBACK: secret,
  ATLASSIAN_AUTH_URL: secret,
  FOOTNOTE_SITE_CONCURRENCY: secret,
  FOOTNOTE_LEASE_SECONDS: secret,
  FOOTNOTE_ATTACHMENT_MAX_MB: secret,
  LOG_LEVEL: secret,
}

function failureOf(environment: Record<string, string>): InvalidInputError {
  try {
    loadConfig(environment)
  } catch (error) {
    if (error instanceof InvalidInputError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('loadConfig', () => {
  it('works with nothing set', () => {
    const config = loadConfig({})
    expect([config.DATABASE_URL, config.ANTHROPIC_API_KEY, config.LOG_LEVEL]).toEqual([undefined, undefined, undefined])
    expect(config).toMatchObject({
      FOOTNOTE_DATA_DIR: './data',
      HOST: '127.0.0.1',
      PORT: 3000,
      FOOTNOTE_ADMINS: [],
      FOOTNOTE_ALLOW_LOOPBACK: false,
    })
  })

  it.each(Object.entries(refused))('names %s when its value cannot be used, and never the value', (name, value) => {
    const error = failureOf({ [name]: value })
    expect(error).toMatchObject({ code: 'config_invalid', field: name })
    expect(error.message).toMatch(new RegExp(`^${name} cannot be used: .+\\.$`))
    expect(JSON.stringify([error, error.message, error.stack, error.cause])).not.toContain(secret)
  })

  it.each([
    [{ LOG_LEVEL: 'loud' }, 'write one of silent, fatal, error, warn, info, debug, trace'],
    [{ FOOTNOTE_ALLOW_LOOPBACK: 'yes' }, 'write 1 for yes or 0 for no'],
    [{ MICROSOFT_APP_TYPE: 'Other' }, 'write one of SingleTenant, MultiTenant, UserAssignedMSI'],
    [{ FOOTNOTE_PUBLIC_URL: 'ftp://x' }, 'write an address that begins with https:// or http://'],
  ])('says what to write instead of %o', (environment, advice) => {
    const [name] = Object.keys(environment)
    expect(failureOf(environment).message).toBe(`${name} cannot be used: ${advice}.`)
  })

  it('can refuse every variable that has a form', () => {
    const anything = 'a value without any form'
    const formed = Object.keys(variables.shape).filter((name) => {
      try {
        loadConfig({ [name]: anything })
        return false
      } catch {
        return true
      }
    })
    expect(formed.toSorted()).toEqual(Object.keys(refused).toSorted())
  })

  it.each(['-1', '65536', '80.5', 'abc'])('refuses the port %s', (port) => {
    expect(failureOf({ PORT: port })).toMatchObject({
      field: 'PORT',
      message: 'PORT cannot be used: write a whole number from 0 to 65535, such as 3000.',
    })
  })

  it('takes an empty variable for an unset one', () => {
    const empty = Object.fromEntries(Object.keys(variables.shape).map((name) => [name, '']))
    expect(loadConfig(empty)).toEqual(loadConfig({}))
  })

  it('reads lists, flags and addresses as people type them', () => {
    expect(
      loadConfig({
        FOOTNOTE_ADMINS: ' ada@acme.example , ,U0BOB,',
        SLACK_ALLOWED_TEAMS: 'T1',
        FOOTNOTE_ALLOW_LOOPBACK: '1',
        FOOTNOTE_TEAMS_DEV: '0',
        ANTHROPIC_BASE_URL: 'https://proxy.example/anthropic//',
        PORT: '0',
      }),
    ).toMatchObject({
      FOOTNOTE_ADMINS: ['ada@acme.example', 'U0BOB'],
      SLACK_ALLOWED_TEAMS: ['T1'],
      FOOTNOTE_ALLOW_LOOPBACK: true,
      FOOTNOTE_TEAMS_DEV: false,
      ANTHROPIC_BASE_URL: 'https://proxy.example/anthropic',
      PORT: 0,
    })
  })

  it('ignores variables that are not its own', () => {
    expect(loadConfig({ HOME: '/home/ada' })).not.toHaveProperty('HOME')
  })
})
