// Holds the picture that is shown while the element gets another source, so that nobody
// sees it go black for a moment.
export class FrozenPicture {
  private readonly canvas = document.createElement('canvas');

  constructor(private readonly element: HTMLVideoElement) {
    this.canvas.className = 'frozen-picture';
    this.canvas.setAttribute('aria-hidden', 'true');
  }

  freeze(): void {
    const { videoWidth, videoHeight } = this.element;
    if (videoWidth === 0) return;
    this.canvas.width = videoWidth;
    this.canvas.height = videoHeight;
    this.canvas.getContext('2d')?.drawImage(this.element, 0, 0);
    this.element.after(this.canvas);
  }

  // When the element shows a picture again.
  thawAtNextPicture(): void {
    const thaw = () => this.canvas.remove();
    if ('requestVideoFrameCallback' in this.element) this.element.requestVideoFrameCallback(thaw);
    else thaw();
  }
}
