import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aVideo } from '../store/video_fixture';
import { copyText } from './copy_text';

const reason = (code: string, message: string) => ({ code, message });
const refused = (...reasons: { code: string; message: string }[]) =>
  aVideo({ copy: { safe: false, reasons } });

test('a file that is shown as it is says so', () => {
  assert.equal(copyText(aVideo({ copy: { safe: true, reasons: [] } })), 'Shown as it was uploaded');
});

test('every reason against it is named once', () => {
  const video = refused(
    reason('edit_list', 'the edit list cuts off the end'),
    reason('timing', 'a sample has no data.'),
    reason('timing', 'a sample has no data.'),
  );
  assert.equal(
    copyText(video),
    'Converted, because: the edit list cuts off the end; a sample has no data',
  );
});

test('when one track is shown as it is, only a part was converted', () => {
  const source = { id: 'vsrc', kind: 'video' as const, codec: null, width: null, height: null, bandwidth: null, ssim: null, state: 'ready' as const };
  const video = { ...refused(reason('codec', 'AC-3 sound')), renditions: [source] };
  assert.equal(copyText(video), 'Converted in part, because: AC-3 sound');
});

test('nothing is said where nobody looked', () => {
  assert.equal(copyText(refused(reason('not_analysed', 'not examined'))), null);
});
