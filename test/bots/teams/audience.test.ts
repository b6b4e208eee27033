import { afterEach, describe, expect, test } from 'vitest'
import { type SandboxPerson, sandboxPeople, sandboxTenantId } from '../../../sandbox/teams/people.ts'
import { type Chat, channel, groupChat, personalChat, teamId } from '../../../sandbox/teams/start.ts'
import type { TeamsActions } from '../../../src/bots/teams/actions.ts'
import type { Place } from '../../../src/bots/teams/activity.ts'
import { type FetchMembers, createPermits, isInternal, listRosterIds } from '../../../src/bots/teams/audience.ts'
import { AccessDeniedError, TransientError } from '../../../src/errors.ts'
import { type TestBot, type TestBotOptions, answer, startBot } from './support.ts'

const { dana, kim, guest, outsider, anonymous } = sandboxPeople
const { signal } = new AbortController()

const inGroup: Place = {
  serviceUrl: 'https://smba.trafficmanager.net/emea/',
  tenantId: sandboxTenantId,
  conversationId: groupChat.id,
  conversationType: 'groupChat',
  audience: 'shared',
  teamId: undefined,
  bot: { id: '28:bot', name: 'Footnote' },
  person: { id: dana.id, name: dana.name, objectId: dana.aadObjectId },
}
const inChannel: Place = { ...inGroup, conversationId: channel.id, conversationType: 'channel', teamId }

const on = (members: Record<string, unknown>[]): FetchMembers => {
  return async () => ({ members, continuationToken: undefined })
}
const permits = (fetchMembers: FetchMembers) => createPermits(fetchMembers, () => new Date())

describe('a roster', () => {
  test('of members is internal, with bots among them too', () => {
    expect(isInternal([dana, kim], sandboxTenantId)).toBe(true)
    expect(isInternal([dana, { id: '28:another-bot', name: 'Polls' }], sandboxTenantId)).toBe(true)
  })

  test.each([
    ['a guest', [dana, guest]],
    ['somebody of another tenant', [outsider, dana]],
    ['somebody without an account', [dana, anonymous]],
    ['a person of whom nothing is known', [dana, {}]],
    ['a person whose tenant is not said', [dana, { ...kim, tenantId: undefined }]],
    ['bots alone', [{ id: '28:bot' }]],
    ['nobody', []],
  ])('with %s is not internal', (_what, roster) => {
    expect(isInternal(roster, sandboxTenantId)).toBe(false)
  })

  test('that is unknown is not internal', () => {
    expect(isInternal(undefined, sandboxTenantId)).toBe(false)
  })
})

test('the rosters of a channel are those of its team and its own, of a chat its own', () => {
  expect(listRosterIds(inGroup)).toEqual([groupChat.id])
  expect(listRosterIds(inChannel)).toEqual(['19:team@thread.tacv2', '19:channel@thread.tacv2'])
  expect(listRosterIds({ ...inChannel, conversationId: `${teamId};messageid=1` })).toEqual([teamId])
  expect(listRosterIds({ ...inChannel, teamId: undefined })).toEqual([])
})

describe('whether an answer may be shown', () => {
  test('is not asked in a private chat', async () => {
    const asked = permits(() => Promise.reject(new Error('asked')))
    expect(await asked({ ...inGroup, conversationType: 'personal', audience: 'direct' }, signal)).toBe(true)
  })

  test('is a yes where all are members, and a no where one is not', async () => {
    expect(await permits(on([dana, kim]))(inGroup, signal)).toBe(true)
    expect(await permits(on([dana, guest]))(inGroup, signal)).toBe(false)
  })

  test('is a no in a channel whose team is not said', async () => {
    expect(await permits(on([dana]))({ ...inChannel, teamId: undefined }, signal)).toBe(false)
  })

  test.each([
    ['is refused', () => Promise.reject(new AccessDeniedError('teams_refused', 'No.'))],
    ['keeps failing', () => Promise.reject(new TransientError('teams_unavailable', 'Later.'))],
    ['is no list', async () => ({ members: undefined, continuationToken: undefined })],
  ])('is a no when the roster %s', async (_what, fetchMembers: FetchMembers) => {
    expect(await permits(fetchMembers)(inGroup, signal)).toBe(false)
  })

  test('is a yes after twenty pages of members and a no when there is one more', async () => {
    for (const [pages, expected] of [
      [20, true],
      [21, false],
    ] as const) {
      const asked: unknown[] = []
      const verdict = await permits(async (_place, page) => {
        asked.push(page)
        return { members: [dana], continuationToken: asked.length < pages ? `page-${asked.length}` : '' }
      })(inGroup, signal)
      expect(verdict).toBe(expected)
      expect(asked).toHaveLength(20)
      expect(asked[0]).toEqual({ rosterId: groupChat.id, pageSize: 500, continuationToken: undefined })
      expect(asked[19]).toEqual({ rosterId: groupChat.id, pageSize: 500, continuationToken: 'page-19' })
    }
  })

  test('is no verdict when the work was ended', async () => {
    const ended = AbortSignal.abort(new Error('the server is stopping'))
    const asked = permits(() => Promise.reject(new TransientError('teams_unreachable', 'Gone.')))
    await expect(asked(inGroup, ended)).rejects.toThrow('the server is stopping')
  })

  test('is remembered for five minutes if it is a yes, for all threads of a channel, and never if it is a no', async () => {
    let now = new Date('2026-01-01T00:00:00Z')
    let members: Record<string, unknown>[] = [dana, guest]
    let asked = 0
    const permitted = createPermits(
      async () => {
        asked++
        return { members, continuationToken: undefined }
      },
      () => now,
    )
    expect(await permitted(inGroup, signal)).toBe(false)
    members = [dana]
    expect(await permitted(inGroup, signal)).toBe(true)
    expect(asked).toBe(2)
    members = [dana, guest]
    now = new Date('2026-01-01T00:04:59Z')
    expect(await permitted(inGroup, signal)).toBe(true)
    expect(asked).toBe(2)
    expect(await permitted({ ...inGroup, conversationId: '19:another@thread.v2' }, signal)).toBe(false)
    now = new Date('2026-01-01T00:05:00Z')
    expect(await permitted(inGroup, signal)).toBe(false)
    members = [dana]
    expect(await permitted(inChannel, signal)).toBe(true)
    const before = asked
    expect(await permitted({ ...inChannel, conversationId: '19:channel@thread.tacv2;messageid=2' }, signal)).toBe(true)
    expect(asked).toBe(before)
  })
})

async function ask({ teams }: TestBot, chat: Chat, from: SandboxPerson = dana) {
  const before = teams.activities(chat.id).length
  await teams.sendMessage('How many days of leave do I get?', { chat, from })
  return teams.waitForActivity(
    chat.id,
    (activity) => activity.revision === 2 && teams.activities(chat.id).indexOf(activity) >= before,
  )
}

const rosterReads = ({ teams }: TestBot) => teams.requests.filter(({ path }) => path.includes('/pagedmembers'))
const sentBodies = ({ teams }: TestBot) => JSON.stringify(teams.requests.map(({ body }) => body))

function crowd(size: number): SandboxPerson[] {
  const people = Array.from({ length: size - 1 }, (_, n) => ({ ...kim, id: `29:${n}`, aadObjectId: `object-${n}` }))
  return [dana, ...people]
}

describe('over HTTP', () => {
  const channelId = '19:channel@thread.tacv2'
  const notice =
    'People from outside this organisation may read along here, so I do not answer here. Ask me in a private chat.'
  /** Of the answer, its citations and its sources. */
  const content = /25 days|Page 1|Sentence number|wiki\.example\.com/

  let bot: TestBot | undefined
  afterEach(async () => {
    await bot?.close()
    bot = undefined
  })

  const answering: Partial<TeamsActions> = {
    async answerQuestion(_core, _question, reply, aborted) {
      const replyId = await reply.post({ kind: 'working' }, aborted)
      await reply.update(replyId, { kind: 'answer', answer: answer(), questionId: 'q' }, aborted)
    },
  }

  async function start(options: TestBotOptions = {}): Promise<TestBot> {
    bot = await startBot({ actions: answering, ...options })
    return bot
  }

  test.each([
    ['a guest', guest],
    ['somebody of another organisation', outsider],
    ['somebody without an account', anonymous],
  ])('a group chat with %s gets a notice and nothing of the answer', async (_what, person) => {
    const started = await start()
    started.teams.setRoster(groupChat.id, [dana, kim, person])
    expect((await ask(started, groupChat))['text']).toBe(notice)
    expect(rosterReads(started)).toHaveLength(1)
    expect(sentBodies(started)).toContain('Looking in Confluence')
    expect(sentBodies(started)).not.toMatch(content)
  })

  test.each([
    ['its team', teamId],
    ['the channel itself, which is shared', channelId],
  ])('a channel with a guest in %s gets a notice and nothing of the answer', async (_what, rosterId) => {
    const started = await start()
    started.teams.setRoster(rosterId, [dana, guest])
    expect((await ask(started, channel))['text']).toBe(notice)
    expect(sentBodies(started)).not.toMatch(content)
  })

  test.each([groupChat, channel])('where all are members the answer is shown: $kind', async (chat) => {
    const started = await start()
    started.teams.setRoster(chat.id.replace(/;.*$/, ''), [dana, kim])
    const shown = await ask(started, chat)
    expect(shown['text']).toContain('You get 25 days [1]')
    expect(rosterReads(started)).not.toHaveLength(0)
    const before = rosterReads(started).length
    expect((await ask(started, chat, kim))['text']).toContain('You get 25 days [1]')
    expect(rosterReads(started)).toHaveLength(before)
  })

  test('a roster that cannot be read makes a notice, and is asked for again next time', async () => {
    const started = await start()
    started.teams.fail({ path: '/pagedmembers', status: 403, code: 'BotNotInConversationRoster' })
    expect((await ask(started, groupChat))['text']).toBe(notice)
    expect(sentBodies(started)).not.toMatch(content)
    expect((await ask(started, groupChat))['text']).toContain('You get 25 days [1]')
  })

  test('a second page that cannot be read makes a notice', async () => {
    const started = await start()
    started.teams.setRoster(groupChat.id, crowd(501))
    started.teams.fail({ path: 'continuationToken', status: 404 })
    expect((await ask(started, groupChat))['text']).toBe(notice)
    expect(sentBodies(started)).not.toMatch(content)
  })

  test('the whole roster counts, not its first page', async () => {
    const started = await start()
    started.teams.setRoster(teamId, [...crowd(1_000), guest])
    expect((await ask(started, channel))['text']).toBe(notice)
    const path = `/v3/conversations/${encodeURIComponent(teamId)}/pagedmembers?pageSize=500`
    expect(rosterReads(started).map((request) => request.path)).toEqual([
      path,
      `${path}&continuationToken=from-500`,
      `${path}&continuationToken=from-1000`,
    ])
    expect(sentBodies(started)).not.toMatch(content)
    started.teams.setRoster(teamId, crowd(1_001))
    expect((await ask(started, channel))['text']).toContain('You get 25 days [1]')
  })

  test('a guest who joins while the answer is looked for keeps it back', async () => {
    const started = await start({
      actions: {
        async answerQuestion(_core, _question, reply, aborted) {
          const replyId = await reply.post({ kind: 'working' }, aborted)
          bot?.teams.setRoster(groupChat.id, [dana, guest])
          await reply.update(replyId, { kind: 'answer', answer: answer(), questionId: 'q' }, aborted)
        },
      },
    })
    started.teams.setRoster(groupChat.id, [dana])
    expect((await ask(started, groupChat))['text']).toBe(notice)
  })

  test('an abstention with its nearest pages is kept back too', async () => {
    const nearest = [{ title: 'Page 1', url: 'https://wiki.example.com/1' }]
    const started = await start({
      actions: {
        async answerQuestion(_core, _question, reply, aborted) {
          const replyId = await reply.post({ kind: 'working' }, aborted)
          const abstention = answer({ kind: 'abstention', citations: [], nearest: nearest as never })
          await reply.update(replyId, { kind: 'answer', answer: abstention, questionId: 'q' }, aborted)
        },
      },
    })
    started.teams.setRoster(groupChat.id, [dana, guest])
    expect((await ask(started, groupChat))['text']).toBe(notice)
    expect(sentBodies(started)).not.toMatch(content)
  })

  test('a private chat is answered without a look at any roster', async () => {
    const started = await start()
    started.teams.fail({ path: '/pagedmembers', status: 403, times: 9 })
    expect((await ask(started, personalChat))['text']).toContain('You get 25 days [1]')
    expect(rosterReads(started)).toEqual([])
  })
})
