import { render } from 'preact';
import { App } from './app';
import { preloadPlayer } from './player/lazy_player';
import { route, startRouter } from './router';
import { startStore } from './store/store';
import { startDropZone } from './upload/drop_zone';

startRouter();
startStore();
if (route.value.page !== 'embed') startDropZone();
// The engine is large: ask for it before we know whether the video is playable.
if (route.value.page === 'watch' || route.value.page === 'embed') preloadPlayer();

const root = document.getElementById('app');
if (root) render(<App />, root);
