import { useEffect } from 'preact/hooks';

export function usePageTitle(title: string | null): void {
  useEffect(() => {
    document.title = title ? `${title} · TritonTube` : 'TritonTube';
  }, [title]);
}
