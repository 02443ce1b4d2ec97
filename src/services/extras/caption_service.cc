#include "services/extras/caption_service.h"

#include "domain/catalog/title.h"
#include "domain/timed_text/caption_parser.h"
#include "domain/timed_text/language_tag.h"
#include "domain/timed_text/webvtt.h"

namespace tritontube::extras {

namespace {

Result<std::string> LanguageOf(const std::string& text) {
  const auto language = timed_text::CanonicalLanguage(text);
  if (language) return *language;
  return Fail(ErrorCode::kInvalidArgument,
              R"("{}" is not a language tag. Use one like "en", "pt-BR" or "zh-Hans".)", text);
}

}  // namespace

async::Task<Added> CaptionService::Put(VideoId video, std::string language, std::string label,
                                       std::string file, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const std::string tag, LanguageOf(language));
  if (label.size() > kCaptionLabelBytesMax) {
    co_return Fail(ErrorCode::kInvalidArgument, "The label is longer than {} bytes.",
                   kCaptionLabelBytesMax);
  }
  TT_CO_ASSIGN_OR_RETURN(const std::vector<timed_text::Cue> cues, timed_text::ParseCaptions(file));
  TT_CO_ASSIGN_OR_RETURN(auto room, co_await ReserveExtra(with_, file.size(), deadline));
  if (!room) co_return room.error();
  const std::string clean = catalog::CleanTitle(label);
  const std::string name = clean.empty() ? timed_text::LanguageName(tag) : clean;
  const auto file_name = [tag, name](const UploadId& upload) {
    return media::CaptionFileName({.language = tag, .label = name, .version = upload.text()});
  };
  const auto commit = [this, video, tag, name, deadline](UploadId upload) {
    return with_.catalog.SetCaption(
        video, {.language = tag, .label = name, .upload = std::move(upload)}, deadline);
  };
  co_return co_await AddExtra(with_, *std::move(room), video, file_name,
                              blob::Bytes(timed_text::WriteWebVtt(cues)), commit, deadline);
}

async::Task<Result<void>> CaptionService::Remove(VideoId video, std::string language,
                                                 Deadline deadline) {
  // Captions of a language that nobody named are called "und".
  std::string tag = timed_text::CanonicalLanguage(language).value_or(language);
  co_return co_await with_.catalog.RemoveCaption(std::move(video), std::move(tag), deadline);
}

}  // namespace tritontube::extras
