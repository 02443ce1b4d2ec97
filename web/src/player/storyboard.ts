// The pictures shown above the seek bar: a WebVTT file that names tiles of sprite
// sheets ("storyboard-1.jpg#xywh=160,90,160,90"). Pure.

export interface Tile {
  readonly from: number;
  readonly until: number;
  readonly url: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const cuePattern = /([\d:.]+)\s+-->\s+([\d:.]+)[^\n]*\n([^#\n]+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;

export function parseStoryboard(text: string, base: string): readonly Tile[] {
  return Array.from(text.replace(/\r/g, '').matchAll(cuePattern), (match) => {
    const [, from = '', until = '', file = '', ...box] = match;
    const [x = 0, y = 0, width = 0, height = 0] = box.map(Number);
    const url = new URL(file.trim(), base).href;
    return { from: secondsOf(from), until: secondsOf(until), url, x, y, width, height };
  });
}

export function tileAt(tiles: readonly Tile[], seconds: number): Tile | undefined {
  return tiles.find(({ from, until }) => from <= seconds && seconds < until);
}

// "01:02:03.500" or "02:03.500".
function secondsOf(timestamp: string): number {
  return timestamp.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
