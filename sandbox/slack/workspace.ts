// The people and channels of the sandbox's workspace, in Slack's own shapes.
// https://docs.slack.dev/reference/objects/user-object · …/conversation-object

export type SlackUser = {
  id: string
  team_id: string
  name: string
  real_name: string
  deleted: boolean
  is_bot: boolean
  is_app_user: boolean
  is_admin?: boolean
  is_owner?: boolean
  is_primary_owner?: boolean
  is_restricted?: boolean
  is_ultra_restricted?: boolean
  is_stranger?: boolean
  is_email_confirmed?: boolean
  enterprise_user?: { enterprise_id: string }
  profile: { display_name: string; real_name: string; email?: string }
}

export type SlackChannel = {
  id: string
  name: string
  is_channel: boolean
  is_group: boolean
  is_im: boolean
  is_private: boolean
  is_archived: boolean
  /** The app was invited. */
  is_member: boolean
  is_shared: boolean
  is_ext_shared: boolean
  is_pending_ext_shared: boolean
  /** Direct conversations: with whom. */
  user?: string
}

export type Workspace = {
  teamId: string
  teamName: string
  enterpriseId: string | undefined
  bot: { userId: string; botId: string; appId: string; name: string }
  users: SlackUser[]
  channels: SlackChannel[]
}

type UserTraits = Partial<Omit<SlackUser, 'profile'>> & { email?: string }

/** A full member with a confirmed address, unless `traits` say otherwise. */
export function slackUser(id: string, realName: string, traits: UserTraits = {}): SlackUser {
  const { email, ...rest } = traits
  const name = realName.toLowerCase().replaceAll(' ', '.')
  return {
    id,
    team_id: 'T0ACME',
    name,
    real_name: realName,
    deleted: false,
    is_bot: false,
    is_app_user: false,
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_email_confirmed: true,
    profile: { display_name: realName, real_name: realName, email: email ?? `${name}@acme.example` },
    ...rest,
  }
}

export function slackChannel(id: string, name: string, traits: Partial<SlackChannel> = {}): SlackChannel {
  return {
    id,
    name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_private: false,
    is_archived: false,
    is_member: true,
    is_shared: false,
    is_ext_shared: false,
    is_pending_ext_shared: false,
    ...traits,
  }
}

/** A small company: an admin, two members, both kinds of guest, a partner's employee, a bot, and somebody who left. */
export function exampleWorkspace(): Workspace {
  return {
    teamId: 'T0ACME',
    teamName: 'Acme',
    enterpriseId: undefined,
    bot: { userId: 'U0FOOTNOTE', botId: 'B0FOOTNOTE', appId: 'A0FOOTNOTE', name: 'footnote' },
    users: [
      slackUser('U0ADMIN', 'Ada Admin', { is_admin: true, is_owner: true }),
      slackUser('U0ALICE', 'Alice Member'),
      slackUser('U0BOB', 'Bob Member'),
      slackUser('U0GUEST', 'Gus Guest', { is_restricted: true }),
      slackUser('U0SINGLE', 'Sia Guest', { is_restricted: true, is_ultra_restricted: true }),
      slackUser('U0PARTNER', 'Pat Partner', { team_id: 'T0PARTNER', email: 'pat@partner.example' }),
      slackUser('U0ROBOT', 'Robo Bot', { is_bot: true }),
      slackUser('U0GONE', 'Gina Gone', { deleted: true }),
      slackUser('U0UNCONFIRMED', 'Una Unconfirmed', { is_email_confirmed: false }),
    ],
    channels: [
      slackChannel('C0GENERAL', 'general'),
      slackChannel('C0PRIVATE', 'private', { is_channel: false, is_group: true, is_private: true }),
      slackChannel('C0SHARED', 'with-partner', { is_shared: true, is_ext_shared: true }),
      slackChannel('C0OUTSIDE', 'not-invited', { is_member: false }),
      slackChannel('C0OLD', 'archived', { is_archived: true }),
    ],
  }
}
