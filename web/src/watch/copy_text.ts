// Whether viewers see the file as it was uploaded, and why not. Pure.
import type { Video } from '../api/types';

// What old videos have: nobody looked.
const notAnalysed = 'not_analysed';

export function copyText({ copy, renditions }: Pick<Video, 'copy' | 'renditions'>): string | null {
  if (copy.safe) return 'Shown as it was uploaded';
  const reasons = copy.reasons.filter(({ code }) => code !== notAnalysed);
  if (reasons.length === 0) return null;
  const inPart = renditions.some(({ id }) => /^[va]src/.test(id));
  const because = [...new Set(reasons.map(({ message }) => message.replace(/\.$/, '')))].join('; ');
  return `${inPart ? 'Converted in part' : 'Converted'}, because: ${because}`;
}
