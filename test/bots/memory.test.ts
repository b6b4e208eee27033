import { describe, expect, it } from 'vitest'
import { createMemory } from '../../src/bots/memory.ts'

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds))
const limits = { lifetimeMs: 10_000, maxEntries: 2 }

describe('a memory', () => {
  it('finds what was remembered until its lifetime is over', () => {
    const memory = createMemory<string>(limits)
    memory.remember('a', 'first', at(0))
    expect(memory.find('a', at(9))).toBe('first')
    expect(memory.find('b', at(9))).toBeUndefined()
    expect(memory.find('a', at(10))).toBeUndefined()
  })

  it('counts the lifetime from the last time that it was told', () => {
    const memory = createMemory<string>(limits)
    memory.remember('a', 'first', at(0))
    memory.remember('a', 'second', at(5))
    expect(memory.find('a', at(14))).toBe('second')
    expect(memory.find('a', at(15))).toBeUndefined()
  })

  it('forgets what it is told to', () => {
    const memory = createMemory<string>(limits)
    memory.remember('a', 'first', at(0))
    memory.forget('a')
    expect(memory.find('a', at(0))).toBeUndefined()
  })

  it('lets what was remembered first go when it is full', () => {
    const memory = createMemory<string>(limits)
    memory.remember('a', 'old', at(0))
    memory.remember('b', 'first', at(1))
    memory.remember('a', 'new', at(2))
    memory.remember('c', 'third', at(3))
    expect(['a', 'b', 'c'].map((key) => memory.find(key, at(3)))).toEqual(['new', undefined, 'third'])
  })

  it('lets nothing go for what it knew already', () => {
    const memory = createMemory<string>(limits)
    memory.remember('a', 'first', at(0))
    memory.remember('b', 'old', at(1))
    memory.remember('b', 'new', at(2))
    expect(['a', 'b'].map((key) => memory.find(key, at(2)))).toEqual(['first', 'new'])
  })
})
