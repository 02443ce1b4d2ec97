import type { Video } from '../api/types';
import { comingQualities } from '../ui/video_state';
import type { CaptionsModel } from './captions_model';
import { Menu, type MenuItem } from './menu';
import type { PlayerModel } from './player_model';
import { currentQualityLabel } from './quality';
import { rateLabel, rates } from './rates';

interface QualityMenuProps {
  readonly player: PlayerModel;
  readonly video: Video;
}

export function QualityMenu({ player, video }: QualityMenuProps) {
  const coming = comingQualities(video);
  const choices = player.choices.value;
  const chosen = player.chosenHeight.value;
  const current = currentQualityLabel(choices, chosen, player.activeHeight.value);
  const auto: MenuItem = {
    key: 'auto',
    label: chosen === null && current !== 'Auto' ? `Auto (${current})` : 'Auto',
    selected: chosen === null,
    height: 'auto',
    onSelect: () => player.chooseQuality(null),
  };
  const items = choices.map(
    ({ height, label }): MenuItem => ({
      key: String(height),
      label,
      selected: chosen === height,
      height: String(height),
      onSelect: () => player.chooseQuality(height),
    }),
  );
  return (
    <Menu
      title="Quality"
      button={current}
      buttonTestId="quality-button"
      itemTestId="quality-option"
      items={[auto, ...items]}
      note={coming.length > 0 ? `More are coming: ${coming.join(', ')}` : undefined}
    />
  );
}

export function CaptionsMenu({ captions }: { captions: CaptionsModel }) {
  const active = captions.active.value;
  const off: MenuItem = {
    key: 'off',
    label: 'Off',
    selected: active === undefined,
    onSelect: () => captions.choose(null),
  };
  const items = captions.tracks.value.map(
    ({ language, label }): MenuItem => ({
      key: language,
      label,
      selected: language === active?.language,
      onSelect: () => captions.choose(language),
    }),
  );
  return (
    <Menu
      title="Captions (c)"
      button={active ? `CC ${active.language}` : 'CC off'}
      buttonTestId="captions-button"
      itemTestId="captions-option"
      items={[off, ...items]}
    />
  );
}

export function SpeedMenu({ player }: { player: PlayerModel }) {
  const items = rates.map(
    (rate): MenuItem => ({
      key: String(rate),
      label: rateLabel(rate),
      selected: player.rate.value === rate,
      onSelect: () => player.setRate(rate),
    }),
  );
  return (
    <Menu
      title="Speed"
      button={`${player.rate.value}×`}
      buttonTestId="speed-button"
      itemTestId="speed-option"
      items={items}
    />
  );
}
