// What a person types about a video, and how it fits with what others have changed meanwhile.
//
// Pure: the dialog holds the values.
import type { Video, VideoEdit } from '../api/types';

export interface EditDraft {
  readonly title: string;
  readonly description: string;
  // As they are typed: "cats, dogs".
  readonly tags: string;
}

export type EditField = keyof EditDraft;

export const fieldNames: Record<EditField, string> = {
  title: 'title',
  description: 'description',
  tags: 'tags',
};

export function draftOf(video: Video): EditDraft {
  return { title: video.title, description: video.description, tags: video.tags.join(', ') };
}

export function tagsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

// Whatever differs from `base`, and nothing else: another field may have another editor.
export function patchOf(base: EditDraft, draft: EditDraft): VideoEdit {
  return {
    ...(draft.title !== base.title && { title: draft.title }),
    ...(draft.description !== base.description && { description: draft.description }),
    ...(draft.tags !== base.tags && { tags: tagsOf(draft.tags) }),
  };
}

export interface Merged {
  // The draft with what only they have changed.
  readonly draft: EditDraft;
  // What both have changed, each in their own way.
  readonly conflicts: readonly EditField[];
}

export function merge(base: EditDraft, draft: EditDraft, theirs: EditDraft): Merged {
  const fields: readonly EditField[] = ['title', 'description', 'tags'];
  const conflicts = fields.filter(
    (field) =>
      draft[field] !== base[field] &&
      theirs[field] !== base[field] &&
      theirs[field] !== draft[field],
  );
  const kept = (field: EditField) => (draft[field] === base[field] ? theirs[field] : draft[field]);
  return {
    draft: { title: kept('title'), description: kept('description'), tags: kept('tags') },
    conflicts,
  };
}
