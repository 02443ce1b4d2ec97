// What a caption file's name says of its language: "film.en.srt", "film.pt-BR.vtt". Pure.
export function languageOfFileName(name: string): string | null {
  return /\.([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\.(?:vtt|srt)$/i.exec(name)?.[1] ?? null;
}
