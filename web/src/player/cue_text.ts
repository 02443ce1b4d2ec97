// The text of a caption: plain, with bold, italics and underlines. Pure.
//
// The server writes nothing else, and what else there may be is shown as text:
// the result is nodes, never markup.

export type CueNode = string | { readonly tag: CueTag; readonly children: readonly CueNode[] };
export type CueTag = 'b' | 'i' | 'u';

const tokenPattern = /<(\/?)([biu])>|&(amp|lt|gt|nbsp|lrm|rlm);|([^<&]+|[<&])/g;
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: '\u00a0',
  lrm: '\u200e',
  rlm: '\u200f',
};

interface Open {
  readonly tag: CueTag | null;
  readonly children: CueNode[];
}

export function parseCueText(text: string): readonly CueNode[] {
  const stack: Open[] = [{ tag: null, children: [] }];
  for (const [, slash, tag, entity, plain] of text.matchAll(tokenPattern)) {
    if (tag === undefined) append(stack, plain ?? entities[entity ?? ''] ?? '');
    else if (slash === '') stack.push({ tag: tag as CueTag, children: [] });
    else if (stack.some((open) => open.tag === tag)) closeUntil(stack, tag as CueTag);
  }
  while (stack.length > 1) closeLast(stack);
  return stack[0]?.children ?? [];
}

function closeUntil(stack: Open[], tag: CueTag): void {
  while (closeLast(stack) !== tag);
}

function closeLast(stack: Open[]): CueTag | null {
  const closed = stack.pop();
  if (!closed?.tag) return null;
  stack.at(-1)?.children.push({ tag: closed.tag, children: closed.children });
  return closed.tag;
}

// Neighbouring pieces of text become one.
function append(stack: readonly Open[], text: string): void {
  const children = stack.at(-1)?.children ?? [];
  const last = children.at(-1);
  if (typeof last === 'string') children[children.length - 1] = last + text;
  else children.push(text);
}
