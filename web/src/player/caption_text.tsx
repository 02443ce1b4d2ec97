import type { CaptionsModel } from './captions_model';
import { parseCueText, type CueNode } from './cue_text';

interface CaptionTextProps {
  readonly captions: CaptionsModel;
  // Above the control bar while that is shown.
  readonly raised: boolean;
}

export function CaptionText({ captions, raised }: CaptionTextProps) {
  const text = captions.text.value;
  if (!captions.shown.value || !text) return null;
  return (
    <p class="caption-text" data-raised={raised} data-testid="caption-text" dir="auto">
      <span>{parseCueText(text).map(render)}</span>
    </p>
  );
}

function render(node: CueNode) {
  if (typeof node === 'string') return node;
  const Tag = node.tag;
  return <Tag>{node.children.map(render)}</Tag>;
}
