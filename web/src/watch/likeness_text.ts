// How like the renditions are to the original, called as the quality menu calls them. Pure.
import type { Video } from '../api/types';

export function likenessText({ renditions }: Pick<Video, 'renditions'>): string | null {
  const measured = renditions.flatMap(({ ssim, width, height }) =>
    ssim !== null && width !== null && height !== null
      ? [`${Math.min(width, height)}p ${ssim.toFixed(3)}`]
      : [],
  );
  return measured.length === 0 ? null : `Like the original (SSIM): ${measured.join(', ')}`;
}
