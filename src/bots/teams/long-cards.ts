// Cards that take longer than Teams waits for an invoke: the work goes on here, and the dialog asks for its card again
// with a Continue button. Only this process knows the work.
import { randomUUID } from 'node:crypto'
import { createMemory } from '../memory.ts'
import type { Asker } from '../question.ts'
import { settledWithin } from '../settled-within.ts'
import type { Card } from './activity.ts'
import { renderForm, renderWaiting } from './dialog-cards.ts'

export type LongCards = {
  /** The card, or the one that says that work goes on, with the ticket under which `resume` knows it. */
  begin(asker: Asker, card: Promise<Card>): Promise<Card>
  /** The same for work that was begun before; the empty form when it is not known as this asker's. */
  resume(asker: Asker, ticket: unknown): Promise<Card>
}

const memoryLimits = { lifetimeMs: 10 * 60_000, maxEntries: 1_000 }

export function createLongCards({ now, answerWithinMs }: { now: () => Date; answerWithinMs: number }): LongCards {
  const pending = createMemory<{ card: Promise<Card>; askerKey: string }>(memoryLimits)

  async function resume(asker: Asker, ticket: unknown): Promise<Card> {
    const work = typeof ticket === 'string' ? pending.find(ticket, now()) : undefined
    if (typeof ticket !== 'string' || work === undefined || work.askerKey !== keyOf(asker)) {
      return renderForm(
        { kind: 'connect' },
        {},
        { field: undefined, message: 'The check is not known any more. Please fill in the form again.' },
      )
    }
    const card = await settledWithin(work.card, answerWithinMs)
    if (card === undefined) return renderWaiting(ticket)
    pending.forget(ticket)
    return card
  }

  return {
    begin(asker, card) {
      const ticket = randomUUID()
      pending.remember(ticket, { card, askerKey: keyOf(asker) }, now())
      return resume(asker, ticket)
    },
    resume,
  }
}

function keyOf(asker: Asker): string {
  return `${asker.tenantId}/${asker.userId}`
}
