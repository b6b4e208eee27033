// The whole of it on loopback: a sandbox Confluence, the real core with its queue and workers, a real server, and whatever
// bots the environment configures. Nothing is connected yet.
import type { FastifyInstance } from 'fastify'
import { createSlackApp } from '../../src/bots/slack/app.ts'
import { createTeamsApp } from '../../src/bots/teams/app.ts'
import type { Messenger } from '../../src/core/connections/notice-people.ts'
import { createServer } from '../../src/web/server.ts'
import type { DatabaseKind } from '../support/database.ts'
import { type Flow, openFlow } from '../support/flow.ts'

export type Footnote = {
  flow: Flow
  /** Where it listens. */
  url: string
  /** How its bots reach people who asked nothing just now. */
  messengers: Messenger[]
  close: () => Promise<void>
}

export async function startFootnote(kind: DatabaseKind, environment: Record<string, string>): Promise<Footnote> {
  const flow = await openFlow(kind, { environment })
  const { core } = flow.open
  const workers = await flow.open.startWorkers(2)
  const bots = [await createSlackApp(core), await createTeamsApp(core)].filter((bot) => bot !== undefined)
  const server: FastifyInstance = await createServer(core, bots)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  return {
    flow,
    url,
    messengers: bots,
    close: async () => {
      for (const bot of bots) await bot.stop()
      server.server.closeAllConnections()
      await server.close()
      await workers.stop()
      await flow.close()
    },
  }
}

/** The value as soon as there is one; `what` says in the failure what did not come. */
export async function waitFor<T>(find: () => T | undefined, what: string, timeoutMs = 15_000): Promise<T> {
  const endsAt = performance.now() + timeoutMs
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    if (performance.now() > endsAt) throw new Error(`Waited too long for ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
