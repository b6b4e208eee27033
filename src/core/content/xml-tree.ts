import type { XmlElement, XmlNode } from './parse-xml.ts'

export function childNamed(element: XmlElement, name: string): XmlElement | undefined {
  return childElements(element).find((child) => child.name === name)
}

export function childElements(element: XmlElement): XmlElement[] {
  return element.children.filter((child): child is XmlElement => typeof child !== 'string')
}

/** The first element below, at any depth, whose name is among those given. */
export function findBelow(element: XmlElement, ...names: string[]): XmlElement | undefined {
  for (const child of childElements(element)) {
    const found = names.includes(child.name) ? child : findBelow(child, ...names)
    if (found !== undefined) return found
  }
  return undefined
}

/** All text below, exactly as it stands. */
export function rawText(node: XmlNode): string {
  return typeof node === 'string' ? node : node.children.map(rawText).join('')
}

/**
 * What a damaged page lets stand inside an element that it forgot to end: children that do not belong there by name, and
 * text. Nothing on a well-formed page.
 */
export function childrenBut(element: XmlElement, expected: RegExp): XmlNode[] {
  return element.children.filter((child) =>
    typeof child === 'string' ? child.trim() !== '' : !expected.test(child.name),
  )
}
