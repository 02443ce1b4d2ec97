// Which captions somebody wants who has turned captions on. Pure.

export function preferredLanguage(
  offered: readonly string[],
  chosen: string | null,
  mine: readonly string[],
): string | undefined {
  const wanted = chosen === null ? mine : [chosen, ...mine];
  for (const language of wanted) {
    if (offered.includes(language)) return language;
    const close = offered.find((other) => mainLanguage(other) === mainLanguage(language));
    if (close !== undefined) return close;
  }
  return offered[0];
}

function mainLanguage(tag: string): string {
  return tag.split('-')[0] ?? tag;
}
