// The addresses and the code that people pass on. Pure.
import type { Video } from '../api/types';
import { watchPath } from '../routes';

const widthOfEmbed = 640;

export function watchUrl(origin: string, id: string): string {
  return origin + watchPath(id);
}

export function embedCode(origin: string, { id, title, width, height }: Video): string {
  const source = `${origin}/embed/${encodeURIComponent(id)}`;
  const shape = width && height ? height / width : 9 / 16;
  return (
    `<iframe src="${source}" width="${widthOfEmbed}" height="${Math.round(widthOfEmbed * shape)}" ` +
    `title="${escapeAttribute(title)}" style="border:0" ` +
    `allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`
  );
}

function escapeAttribute(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/"/g, '&quot;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
