// The whole window accepts files.
import { signal } from '@preact/signals';
import { navigate } from '../router';
import { addFiles } from './uploads';

export const filesHover = signal(false);

// Entering a child fires before leaving its parent: count to know what is inside.
let depth = 0;

export function startDropZone(): void {
  window.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    filesHover.value = true;
  });
  window.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) filesHover.value = false;
  });
  // Without this the browser would open the file instead of the page.
  window.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
  window.addEventListener('drop', onDrop);
}

function onDrop(event: DragEvent): void {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  filesHover.value = false;
  const files = Array.from(event.dataTransfer?.files ?? []);
  if (files.length === 0) return;
  addFiles(files);
  navigate('/upload');
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
