#include "domain/catalog/edit.h"

#include <fmt/format.h>

#include "domain/catalog/title.h"

namespace tritontube::catalog {

namespace {

// With its length in front, so that no two lists of texts become the same.
void Append(std::string& all, std::string_view text) {
  all += fmt::format("{}:{}", text.size(), text);
}

}  // namespace

void Apply(const VideoEdit& edit, VideoRow& row) {
  if (edit.title) row.title = edit.title->empty() ? TitleFromFileName(row.file_name) : *edit.title;
  if (edit.description) row.description = *edit.description;
  if (edit.tags) row.tags = *edit.tags;
  if (edit.chapters) row.chapters = *edit.chapters;
}

std::string EditTagOf(const VideoRow& row) {
  std::string all = row.id.text();
  Append(all, row.title);
  Append(all, row.description);
  all += fmt::format("{};", row.tags.size());
  for (const std::string& tag : row.tags) Append(all, tag);
  for (const Chapter& chapter : row.chapters) {
    Append(all, fmt::format("{}", chapter.start_seconds));
    Append(all, chapter.title);
  }
  return blob::DigestOf(blob::Bytes(std::move(all))).ToHex();
}

}  // namespace tritontube::catalog
