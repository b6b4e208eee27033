// Who asks, as Slack itself says it. Fails closed: what Slack does not say clearly is `undefined`, which is a refusal.
import { z } from 'zod'
import type { Logger } from '../../log.ts'
import { createMemory } from '../memory.ts'
import type { Asker } from '../question.ts'
import type { SlackApi } from './web-api.ts'

/** Our app in one workspace, from `auth.test`. */
export type SlackInstallation = {
  teamId: string
  teamName?: string
  enterpriseId: string | undefined
  botId: string | undefined
  botUserId: string
}

export type SlackIdentity = {
  /**
   * A remembered answer is at most 15 minutes old; `fresh` always asks Slack, for everything that only admins may do.
   * Rejects only when `signal` aborts.
   */
  identify(userId: string, signal: AbortSignal, options?: { fresh: boolean }): Promise<Asker | undefined>
}

type Options = {
  api: SlackApi
  installation: SlackInstallation
  allowedTeams: string[]
  now: () => Date
  log: Logger
}

const memoryLimits = { lifetimeMs: 15 * 60_000, maxEntries: 10_000 }

export function createSlackIdentity({ api, installation, allowedTeams, now, log }: Options): SlackIdentity {
  const askers = createMemory<Asker>(memoryLimits)
  return {
    async identify(userId, signal, { fresh } = { fresh: false }) {
      if (fresh) askers.forget(userId)
      const known = askers.find(userId, now())
      if (known !== undefined) return known
      const asker = await fetchAsker(userId, signal)
      if (asker !== undefined) askers.remember(userId, asker, now())
      return asker
    },
  }

  async function fetchAsker(userId: string, signal: AbortSignal): Promise<Asker | undefined> {
    try {
      const response = await api.call('users.info', { user: userId }, signal)
      return parseAsker(userId, response['user'], installation, allowedTeams)
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ code: (error as { code?: string }).code, userId }, 'Slack did not say who a person is')
      return undefined
    }
  }
}

// https://docs.slack.dev/reference/objects/user-object
const slackUser = z.object({
  id: z.string(),
  team_id: z.string(),
  name: z.string().default(''),
  real_name: z.string().default(''),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_app_user: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_admin: z.boolean().default(false),
  is_owner: z.boolean().default(false),
  is_primary_owner: z.boolean().default(false),
  is_email_confirmed: z.boolean().default(false),
  enterprise_user: z.object({ enterprise_id: z.string() }).optional(),
  profile: z
    .object({ display_name: z.string().default(''), email: z.string().optional() })
    .default({ display_name: '' }),
})

type SlackUser = z.infer<typeof slackUser>

/** Pure. Undefined when the answer is about somebody else, or does not say whether the person is a guest. */
export function parseAsker(
  userId: string,
  answer: unknown,
  installation: SlackInstallation,
  allowedTeams: string[],
): Asker | undefined {
  const parsed = slackUser.safeParse(answer)
  if (!parsed.success || parsed.data.id !== userId) return undefined
  const person = parsed.data
  const kind = kindOf(person, installation, allowedTeams)
  if (kind === undefined) return undefined
  const email = person.profile.email?.trim().toLowerCase()
  return {
    platform: 'slack',
    tenantId: installation.teamId,
    userId,
    displayName: person.profile.display_name || person.real_name || person.name,
    email: person.is_email_confirmed && email !== undefined && email !== '' ? email : undefined,
    kind,
    isWorkspaceAdmin: kind === 'member' && (person.is_admin || person.is_owner || person.is_primary_owner),
  }
}

function kindOf(person: SlackUser, installation: SlackInstallation, allowedTeams: string[]): Asker['kind'] | undefined {
  if (person.is_bot || person.is_app_user || person.id === 'USLACKBOT') return 'bot'
  if (person.deleted) return 'deactivated'
  if (person.is_stranger || !isOurs(person, installation, allowedTeams)) return 'external'
  if (person.is_restricted === undefined || person.is_ultra_restricted === undefined) return undefined
  return person.is_restricted || person.is_ultra_restricted ? 'guest' : 'member'
}

/** The admin's list decides alone where there is one; else the installing workspace and its enterprise. */
function isOurs(person: SlackUser, installation: SlackInstallation, allowedTeams: string[]): boolean {
  const enterpriseId = person.enterprise_user?.enterprise_id
  if (allowedTeams.length > 0) return allowedTeams.some((team) => team === person.team_id || team === enterpriseId)
  if (person.team_id === installation.teamId) return true
  return enterpriseId !== undefined && enterpriseId === installation.enterpriseId
}
