import { describe, expect, it } from 'vitest'
import { slackUser } from '../../../sandbox/slack/workspace.ts'
import { parseAsker } from '../../../src/bots/slack/identity.ts'

const installation = { teamId: 'T0ACME', enterpriseId: 'E0ACME', botId: 'B1', botUserId: 'UBOT' }
type Traits = Parameters<typeof slackUser>[2]
const asker = (traits: Traits, allowedTeams: string[] = []) =>
  parseAsker('U1', slackUser('U1', 'Alice Member', traits), installation, allowedTeams)

describe('a person is', () => {
  it.each<[string, Traits, string]>([
    ['member', {}, 'member'],
    ['guest in several channels', { is_restricted: true }, 'guest'],
    ['guest in one channel', { is_ultra_restricted: true }, 'guest'],
    ['bot', { is_bot: true }, 'bot'],
    ['app', { is_app_user: true }, 'bot'],
    ['deleted', { deleted: true }, 'deactivated'],
    ['of another workspace', { team_id: 'T0PARTNER' }, 'external'],
    ['of another workspace and admin there', { team_id: 'T0PARTNER', is_admin: true }, 'external'],
    ['a stranger', { is_stranger: true }, 'external'],
    [
      'of another workspace of the enterprise',
      { team_id: 'T0SISTER', enterprise_user: { enterprise_id: 'E0ACME' } },
      'member',
    ],
    ['of another enterprise', { team_id: 'T0SISTER', enterprise_user: { enterprise_id: 'E0OTHER' } }, 'external'],
  ])('%s', (_name, traits, kind) => expect(asker(traits)?.kind).toBe(kind))

  it('ours when SLACK_ALLOWED_TEAMS lists the workspace or the enterprise, and only then', () => {
    expect(asker({ team_id: 'T0SISTER' }, ['T0ACME', 'T0SISTER'])?.kind).toBe('member')
    expect(asker({}, ['T0SISTER'])?.kind).toBe('external')
    const sister = { team_id: 'T0SISTER', enterprise_user: { enterprise_id: 'E0ACME' } }
    expect(asker(sister, ['E0ACME'])?.kind).toBe('member')
    expect(asker(sister, ['T0ACME'])?.kind).toBe('external')
  })

  it('nobody when Slack does not say whether they are a guest, or answers about another', () => {
    const { is_restricted: _restricted, ...rest } = slackUser('U1', 'Alice Member')
    expect(parseAsker('U1', rest, installation, [])).toBeUndefined()
    expect(parseAsker('U2', slackUser('U1', 'Alice Member'), installation, [])).toBeUndefined()
    expect(parseAsker('U1', undefined, installation, [])).toBeUndefined()
  })

  it('admin of the workspace only as a member of ours', () => {
    expect(asker({ is_admin: true })?.isWorkspaceAdmin).toBe(true)
    expect(asker({ is_owner: true })?.isWorkspaceAdmin).toBe(true)
    expect(asker({ is_primary_owner: true })?.isWorkspaceAdmin).toBe(true)
    expect(asker({ is_admin: true, team_id: 'T0PARTNER' })?.isWorkspaceAdmin).toBe(false)
    expect(asker({})?.isWorkspaceAdmin).toBe(false)
  })
})

describe('an e-mail address', () => {
  it('is lower-cased, and known only when Slack says that it is confirmed', () => {
    expect(asker({ email: ' Alice@Acme.Example ' })?.email).toBe('alice@acme.example')
    expect(asker({ is_email_confirmed: false })?.email).toBeUndefined()
    const { is_email_confirmed: _confirmed, ...rest } = slackUser('U1', 'Alice Member')
    expect(parseAsker('U1', rest, installation, [])?.email).toBeUndefined()
    expect(asker({ email: '' })?.email).toBeUndefined()
  })
})
