import { usePageTitle } from '../ui/page_title';
import { Icon } from '../ui/icon';
import { UnfinishedUploads } from './unfinished_uploads';
import { UploadRow } from './upload_row';
import { addFiles, uploads } from './uploads';

export function UploadPage() {
  usePageTitle('Upload');
  return (
    <div class="upload-page">
      <div class="page-head">
        <h1>Upload</h1>
      </div>
      <FileChooser />
      <ul class="upload-list" aria-label="Uploads">
        {uploads.value.map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
      <UnfinishedUploads />
    </div>
  );
}

function FileChooser() {
  const take = (event: Event & { currentTarget: HTMLInputElement }) => {
    const input = event.currentTarget;
    addFiles(input.files ?? []);
    // So that choosing the same file again is a change again.
    input.value = '';
  };
  return (
    <label class="file-chooser">
      <input
        class="visually-hidden"
        type="file"
        multiple
        // Containers that browsers do not count as video are named one by one.
        accept="video/*,audio/*,.mkv,.ts,.mts,.m2ts,.avi,.flv,.mxf,.wmv"
        data-testid="upload-input"
        onChange={take}
      />
      <span class="message-icon">
        <Icon name="upload" />
      </span>
      <strong>Choose videos, or drop them anywhere</strong>
      <span>MP4, MOV, MKV, WebM, TS, AVI and more. Several at once are fine.</span>
    </label>
  );
}
