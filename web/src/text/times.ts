// Finds times in what people write: "0:00 Intro", "see 1:02:03".

export interface TextPart {
  readonly text: string;
  readonly seconds?: number;
}

// Hours are optional, minutes and seconds below 60 behind a larger unit.
const time = /(?<![\d:.])(?:(\d{1,3}):([0-5]\d)|(\d{1,3})):([0-5]\d)(?![\d:])/g;

// The parts join to the text. A time beyond `duration` is text: it is no place in the video.
export function splitTimes(text: string, duration: number | null): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const found of text.matchAll(time)) {
    const [match, hours, minutes, onlyMinutes, seconds] = found;
    const total =
      Number(hours ?? 0) * 3600 + Number(minutes ?? onlyMinutes ?? 0) * 60 + Number(seconds);
    if (duration !== null && total >= duration) continue;
    if (found.index > end) parts.push({ text: text.slice(end, found.index) });
    parts.push({ text: match, seconds: total });
    end = found.index + match.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}
