/**
 * The same values, beginning somewhere else in each run: what is given up after so many of them (`step`) begins with the next
 * ones. Pure.
 */
export function takeTurns<Value>(values: Value[], step: number, runId: number): Value[] {
  const first = values.length > step ? (runId * step) % values.length : 0
  return [...values.slice(first), ...values.slice(0, first)]
}
