/** Requests at a time where there is one for each; the site's pacer decides how many it really gets. */
const askedAtATime = 16

/** One request for each, some at a time; answers in the order of what was asked. */
export async function askEach<Asked, Answer>(
  asked: Iterable<Asked>,
  ask: (one: Asked) => Promise<Answer>,
): Promise<Answer[]> {
  const waiting = [...asked]
  const answers: Answer[] = []
  for (let batch = waiting.splice(0, askedAtATime); batch.length > 0; batch = waiting.splice(0, askedAtATime))
    answers.push(...(await Promise.all(batch.map(ask))))
  return answers
}
