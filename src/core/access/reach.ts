// What a viewer may read, resolved once per question. Every read of content takes a Reach; only this folder makes one.
declare const resolved: unique symbol

/** The access sets that a viewer satisfies. `everything` belongs to the operator of the terminal alone (audited). */
export type Reach = ({ kind: 'everything' } | { kind: 'sets'; accessSetIds: number[] }) & { [resolved]: true }

/** For resolve-reach.ts; anybody else would grant rights that nobody has. */
export function makeReach(reach: { kind: 'everything' } | { kind: 'sets'; accessSetIds: number[] }): Reach {
  return reach as Reach
}
