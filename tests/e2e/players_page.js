// Runs in the page of players.mjs: the three engines that play in a browser, behind one face.
/* global shaka, dashjs, Hls */
const video = document.querySelector('video');
const state = { errors: [], heights: [], engine: null };
window.state = state;
const complain = (what) => state.errors.push(String(what));
video.addEventListener('error', () => complain(`video: ${video.error?.message}`));
video.addEventListener('resize', () => state.heights.push(video.videoHeight));

const withoutRules = Object.fromEntries(
  ['throughputRule', 'bolaRule', 'insufficientBufferRule', 'switchHistoryRule', 'droppedFramesRule', 'abandonRequestsRule']
    .map((rule) => [rule, { active: false }]));

// What dash.js asks before it asks for a segment: another quality than the last one's.
function anotherEachTime(player) {
  let last;
  player.on(dashjs.MediaPlayer.events.FRAGMENT_LOADING_STARTED, ({ request }) => {
    if (request.mediaType === 'video' && request.type === 'MediaSegment') last = request;
  });
  function AnotherEachTime() {
    return {
      getSwitchRequest(rules) {
        const answer = dashjs.FactoryMaker.getClassFactoryByName('SwitchRequest')(this.context).create();
        if (rules.getMediaInfo().type !== 'video' || !last) return answer;
        // A change behind the last segment would have dash.js wait for one more, and never end.
        if (last.startTime + last.duration > video.duration - 0.5) return answer;
        const all = rules.getAbrController().getPossibleVoRepresentations(rules.getMediaInfo());
        answer.representation = all[(all.findIndex(({ id }) => id === last.representation.id) + 1) % all.length];
        answer.reason = { name: 'another each time' };
        return answer;
      },
    };
  }
  AnotherEachTime.__dashjs_factory_name = 'AnotherEachTime';
  return dashjs.FactoryMaker.getClassFactory(AnotherEachTime);
}

// Another quality for every segment, when `switching` says so.
const engines = {
  async shaka(address, switching) {
    const player = new shaka.Player();
    await player.attach(video);
    player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: 600, bufferBehind: 600, rebufferingGoal: 1 } });
    player.addEventListener('error', ({ detail }) => complain(`shaka ${detail.code} ${detail.data}`));
    await player.load(address, 0);
    if (switching) {
      player.addEventListener('segmentappended', ({ contentType }) => {
        if (contentType !== 'video') return;
        const tracks = player.getVariantTracks();
        const other = tracks.find(({ active }) => !active);
        if (!other) return;
        player.selectVariantTrack(other, false);
      });
    }
    return { isGrowing: () => player.isLive() || player.isInProgress() };
  },
  async hls(address, switching) {
    const player = new Hls({ maxBufferLength: 600, maxMaxBufferLength: 600, backBufferLength: Infinity, startPosition: 0, startLevel: 0 });
    player.on(Hls.Events.ERROR, (_, { type, details, fatal }) => {
      // Waiting for what is not there yet is not an error of the stream, nor is giving up a request because of a seek.
      if (fatal || !['bufferStalledError', 'aborted'].includes(details)) complain(`hls ${type} ${details}`);
    });
    if (switching) {
      player.on(Hls.Events.FRAG_LOADED, (_, { frag }) => {
        if (frag.type !== 'main' || player.levels.length < 2) return;
        player.loadLevel = (frag.level + 1) % player.levels.length;
      });
    }
    player.attachMedia(video);
    player.loadSource(address);
    await new Promise((resolve) => player.once(Hls.Events.LEVEL_LOADED, resolve));
    return { isGrowing: () => player.levels.some(({ details }) => details?.live) };
  },
  async dash(address, switching) {
    const player = dashjs.MediaPlayer().create();
    player.updateSettings({ streaming: {
      abr: { autoSwitchBitrate: { video: switching, audio: false }, rules: withoutRules },
      // Little ahead, because what is asked for already is not asked for again in another quality.
      buffer: { fastSwitchEnabled: false, bufferTimeDefault: 6, bufferTimeAtTopQuality: 6, bufferTimeAtTopQualityLongForm: 6,
        bufferToKeep: 600, bufferPruningInterval: 600 },
    } });
    player.on(dashjs.MediaPlayer.events.ERROR, ({ error }) => complain(`dash ${error?.code} ${error?.message}`));
    if (switching) player.addABRCustomRule('qualitySwitchRules', 'AnotherEachTime', anotherEachTime(player));
    player.initialize(video, `${address}#t=0`, false);
    await new Promise((resolve) => player.on(dashjs.MediaPlayer.events.STREAM_INITIALIZED, resolve));
    return { isGrowing: () => player.isDynamic() };
  },
};

window.load = async (name, address, switching) => {
  video.muted = true;
  state.engine = await engines[name](address, switching);
};
window.ranges = () => Array.from({ length: video.buffered.length }, (_, i) => [video.buffered.start(i), video.buffered.end(i)]);
window.describe = () => {
  const { currentTime, playbackRate, paused, ended, seeking, readyState } = video;
  return { currentTime, playbackRate, paused, ended, seeking, readyState, ranges: window.ranges(), errors: state.errors };
};
