import { pino } from 'pino'
import { expect, test } from 'vitest'
import { personalChat } from '../../../sandbox/teams/start.ts'
import { startBot } from './support.ts'

test('logs neither what people write nor tokens when the connector refuses', async () => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const bot = await startBot({
    log,
    actions: {
      async answerQuestion(_core, _question, reply, signal) {
        await reply.post({ kind: 'notice', text: 'a private answer' }, signal)
      },
    },
  })
  bot.teams.fail({ method: 'POST', status: 403, times: 2 })
  await bot.teams.sendMessage('a private question', { id: 'refused' })
  await bot.close()
  expect(bot.teams.activities(personalChat.id)).toEqual([])
  expect(lines.join('')).toContain('nothing could be posted')
  expect(lines.join('')).not.toMatch(/private|sandbox-/)
})
